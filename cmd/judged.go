package cmd

import (
	"fmt"
	"io"

	"gaetrain/trainer/measure"
)

// judged is the content of judge.json.
type judged struct {
	Run         string                `json:"run"`
	Checkpoint  string                `json:"checkpoint"`
	Epoch       int                   `json:"epoch"`
	Dataset     string                `json:"dataset"`
	Codes       string                `json:"codes"` // the distribution of the codes of the samples
	Seed        uint64                `json:"seed"`
	Temperature float64               `json:"temperature"`
	Judge       string                `json:"judge"`
	Features    int                   `json:"features"`
	Accuracy    float64               `json:"judge_accuracy,omitempty"` // on the test images; 0 without labels
	Images      int                   `json:"images"`                   // of each set
	Neighbours  int                   `json:"neighbours"`
	Classes     []string              `json:"classes"`
	Sets        []measure.AssessedSet `json:"sets"`
}

// print prints a table of the sets and one of the classes.
func (r judged) print(w io.Writer, words func(string) string) error {
	printf(w, "%d samples, with codes from %s\n", r.Images, r.Codes)
	printf(w, "classifier %s: %d features", r.Judge, r.Features)
	if r.Accuracy != 0 {
		printf(w, ", accuracy %s on the test %s", percent(r.Accuracy), words("images"))
	}
	printf(w, "\n\n")
	rows := worded(words, r.rows())
	for _, row := range rows {
		row[0] = words(row[0]) // the set
	}
	if err := table(w, rows...); err != nil {
		return err
	}
	printf(w, "\n")
	for _, s := range r.Sets {
		if s.Known != nil && *s.Known > 0 {
			printf(w, "%s: the classifier was trained on %d of these %d, so their frechet differs from that of unseen %s\n\n", words(s.Set), *s.Known, r.Images, words("images"))
		}
	}
	return table(w, worded(words, r.classes())...)
}

// worded returns the rows of a table with other words in the header.
func worded(words func(string) string, rows [][]string) [][]string {
	for j, name := range rows[0] {
		rows[0][j] = words(name)
	}
	return rows
}

// rows are the lines of the table of sets.
func (r judged) rows() [][]string {
	rows := [][]string{{"", "frechet", "precision", "recall", "density", "coverage", "class_kl", "confidence", "nearest: pixels", "features"}}
	number := func(format string, value *float64) string {
		if value == nil {
			return "–"
		}
		return fmt.Sprintf(format, *value)
	}
	for _, s := range r.Sets {
		row := []string{s.Set, number("%.4g", s.Frechet)}
		if o := s.Overlap; o != nil {
			for _, value := range []float64{o.Precision, o.Recall, o.Density, o.Coverage} {
				row = append(row, fmt.Sprintf("%.4f", value))
			}
		} else {
			row = append(row, "–", "–", "–", "–")
		}
		row = append(row, number("%.4f", s.ClassDivergence), fmt.Sprintf("%.4f", s.Confidence))
		for m := range measure.Nearnesses {
			if s.Nearest == nil {
				row = append(row, "–")
				continue
			}
			row = append(row, fmt.Sprintf("%.4g", s.Nearest[m]))
		}
		rows = append(rows, row)
	}
	return rows
}

// classes are the lines of the table of classes.
func (r judged) classes() [][]string {
	rows := [][]string{{"class"}}
	for _, s := range r.Sets {
		rows[0] = append(rows[0], s.Set)
	}
	for class, name := range r.Classes {
		row := []string{name}
		for _, s := range r.Sets {
			row = append(row, percent(s.Shares.Shares[class]))
		}
		rows = append(rows, row)
	}
	return rows
}
