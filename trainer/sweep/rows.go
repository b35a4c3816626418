package sweep

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
)

// Rows is a table of text. The first row is the heading.
type Rows [][]string

// CSV writes the table in the format of RFC 4180.
func (r Rows) CSV(w io.Writer) error { return csv.NewWriter(w).WriteAll(r) }

// Markdown writes the table in Markdown.
func (r Rows) Markdown(w io.Writer) error {
	var text strings.Builder
	escape := strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ")
	for i, row := range r {
		for _, cell := range row {
			text.WriteString("| " + escape.Replace(cell) + " ")
		}
		text.WriteString("|\n")
		if i == 0 {
			text.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// JSON writes a list of objects, whose keys are the headings.
func (r Rows) JSON(w io.Writer) error {
	list := []map[string]string{}
	for _, row := range r[1:] {
		object := make(map[string]string)
		for i, cell := range row {
			object[r[0][i]] = cell
		}
		list = append(list, object)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(list)
}
