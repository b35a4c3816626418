package page

import (
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gaetrain/viz/plain"
)

// ErrPicture reports a picture of a report that is neither PNG, GIF, JPEG nor SVG.
var ErrPicture = errors.New("unknown kind of picture")

// Report is a page about a run. Empty fields and lists are not on the page.
type Report struct {
	Title         string // such as "vae on fashion-mnist"
	Subtitle      string
	Summary       string   // a paragraph about the model
	Citation      string   // of the paper that describes the model
	Warnings      []string // shown before the figures
	Figures       []Figure
	Tables        []Table
	Configuration []Setting
	Pictures      []Picture
	Attribution   []string // a line for each data set or work whose licence requires one
	Command       string   // that reproduces the run
	Created       time.Time
	Version       string // of the program
}

// Figure is one number of the result.
type Figure struct {
	Name        string // such as "reconstruction"
	Value       string // as it is shown, such as "228.4"
	Unit        string // such as "nats per image"
	Explanation string
}

// Table is a list of values with the names of its columns. The first column names the rows.
type Table struct {
	Title  string
	Header []string
	Rows   [][]string
}

// Setting is one resolved value of the configuration.
type Setting struct {
	Key, Value string
	Origin     string // such as "flag", "environment", "file" or "default"
}

// Picture is a PNG, GIF, JPEG or SVG that is put into the page itself.
type Picture struct {
	Title   string
	Caption string
	Alt     string // for those who cannot see it; the title when empty
	Path    string // of the file, read when Data is empty
	Data    []byte
}

//go:embed report.html.tmpl
var reportSource string

var reportTemplate = sync.OnceValue(func() *template.Template {
	functions := template.FuncMap{"style": func() template.CSS { return template.CSS(StyleSheet) }}
	return template.Must(template.New("report").Funcs(functions).Parse(reportSource))
})

// HTML writes a self-contained page without scripts. Pictures are part of the page. It has a light and a dark scheme. The
// same report gives the same bytes. Errors are those of reading pictures, ErrPicture, and those of w.
func (r Report) HTML(w io.Writer) error {
	page := reportPage{Report: r}
	for _, p := range r.Pictures {
		source, err := p.dataURI()
		if err != nil {
			return err
		}
		page.Inlined = append(page.Inlined, inlinedPicture{p, source})
	}
	visible := plain.NewWriter(w) // names must not reverse or hide the text around them
	return errors.Join(reportTemplate().Execute(visible, page), visible.Flush())
}

// reportPage is the data of the template.
type reportPage struct {
	Report
	Inlined []inlinedPicture
}

// CreatedText is the time of creation in UTC for readers, empty when unknown.
func (p reportPage) CreatedText() string {
	if p.Created.IsZero() {
		return ""
	}
	return p.Created.UTC().Format("2 January 2006, 15:04 UTC")
}

// CreatedAttribute is the time of creation for machines.
func (p reportPage) CreatedAttribute() string { return p.Created.UTC().Format(time.RFC3339) }

type inlinedPicture struct {
	Picture
	Source template.URL
}

// Anchor is a name for links to the picture.
func (p inlinedPicture) Anchor() string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(p.Title), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}), "-")
}

// AltText describes the picture.
func (p inlinedPicture) AltText() string {
	if p.Alt != "" {
		return p.Alt
	}
	return p.Title
}

// dataURI reads the picture and encodes it with the type that its first bytes show. Browsers run no scripts of
// an SVG that is shown as an image.
func (p Picture) dataURI() (template.URL, error) {
	data, name := p.Data, p.Title
	if len(data) == 0 {
		var err error
		if data, err = os.ReadFile(p.Path); err != nil {
			return "", fmt.Errorf("picture %q: %w", p.Title, err)
		}
		name = filepath.Base(p.Path)
	}
	kind := http.DetectContentType(data)
	switch {
	case kind == "image/png", kind == "image/gif", kind == "image/jpeg":
	case strings.Contains(string(data[:min(len(data), 1024)]), "<svg"):
		kind = "image/svg+xml"
	default:
		return "", fmt.Errorf("picture %q: %w: want PNG, GIF, JPEG or SVG", name, ErrPicture)
	}
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(data)), nil
}
