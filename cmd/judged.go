package cmd

import (
	"fmt"
	"io"

	"gaetrain/trainer/evaluate"
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
	if err := table(w, worded(words, r.rows())...); err != nil {
		return err
	}
	printf(w, "\n")
	for _, s := range r.Sets {
		if s.Known != nil && *s.Known > 0 {
			printf(w, "%s: the classifier was trained on %d of these %d, so their frechet differs from that of unseen %s\n\n", words(s.Set), *s.Known, r.Images, words("images"))
		}
	}
	classes := r.classes()
	return table(w, append(worded(words, classes[:1]), classes[1:]...)...) // the names of classes stay as they are
}

// worded returns rows in words that fit the data.
func worded(words func(string) string, rows [][]string) [][]string {
	for _, row := range rows {
		for i, text := range row {
			row[i] = words(text)
		}
	}
	return rows
}

// judgement is a figure of the sets, in a row of the table.
type judgement struct {
	name   string
	better string // which values are better
	of     func(s measure.AssessedSet) string
}

// judgements lists the figures in the order of the table.
func judgements() []judgement {
	number := func(format string, value *float64) string {
		if value == nil {
			return "–"
		}
		return fmt.Sprintf(format, *value)
	}
	overlap := func(of func(*evaluate.Overlap) float64) func(measure.AssessedSet) string {
		return func(s measure.AssessedSet) string {
			if s.Overlap == nil {
				return "–"
			}
			return fmt.Sprintf("%.4f", of(s.Overlap))
		}
	}
	list := []judgement{
		{"frechet", "lower", func(s measure.AssessedSet) string { return number("%.4g", s.Frechet) }},
		{"precision", "higher", overlap(func(o *evaluate.Overlap) float64 { return o.Precision })},
		{"recall", "higher", overlap(func(o *evaluate.Overlap) float64 { return o.Recall })},
		{"density", "near 1", overlap(func(o *evaluate.Overlap) float64 { return o.Density })},
		{"coverage", "higher", overlap(func(o *evaluate.Overlap) float64 { return o.Coverage })},
		{"class_kl", "lower", func(s measure.AssessedSet) string { return number("%.4f", s.ClassDivergence) }},
		{"confidence", "near that of test images", func(s measure.AssessedSet) string { return fmt.Sprintf("%.4f", s.Confidence) }},
	}
	for m, name := range measure.Nearnesses {
		list = append(list, judgement{"nearest, in " + name, "near that of test images", func(s measure.AssessedSet) string {
			if s.Nearest == nil {
				return "–"
			}
			return fmt.Sprintf("%.4g", s.Nearest[m])
		}})
	}
	return list
}

// rows are the lines of the table of figures.
func (r judged) rows() [][]string {
	rows := [][]string{{""}}
	for _, s := range r.Sets {
		rows[0] = append(rows[0], s.Set)
	}
	rows[0] = append(rows[0], "better")
	for _, j := range judgements() {
		row := []string{j.name}
		for _, s := range r.Sets {
			row = append(row, j.of(s))
		}
		rows = append(rows, append(row, j.better))
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
