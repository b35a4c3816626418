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
	Images      int                   `json:"images"` // of each set
	Neighbours  int                   `json:"neighbours"`
	Classes     []string              `json:"classes"`
	Sets        []measure.AssessedSet `json:"sets"`
}

// print prints a table of the sets and one of the classes.
func (r judged) print(w io.Writer, words func(string) string) error {
	printf(w, "%d samples, with codes from %s\n", r.Images, r.Codes)
	printf(w, "classifier %s: %d features", r.Judge, r.Features)
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
	for i, rows := range r.classes() {
		if i > 0 {
			printf(w, "\n")
		}
		if err := table(w, append(worded(words, rows[:1]), rows[1:]...)...); err != nil { // the names of classes stay as they are
			return err
		}
	}
	return nil
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
	format string
	of     func(s measure.AssessedSet) *float64 // nil: the set does not have the figure
}

// judgements lists the figures in the order of the table.
func judgements() []judgement {
	overlap := func(of func(*evaluate.Overlap) *float64) func(measure.AssessedSet) *float64 {
		return func(s measure.AssessedSet) *float64 {
			if s.Overlap == nil {
				return nil
			}
			return of(s.Overlap)
		}
	}
	list := []judgement{
		{"frechet", "lower", "%.4g", func(s measure.AssessedSet) *float64 { return s.Frechet }},
		{"kernel_distance", "near 0", "%.3g", func(s measure.AssessedSet) *float64 { return s.Kernel }},
		{"two_sample_accuracy", "near 0.5", "%.4f", func(s measure.AssessedSet) *float64 { return s.TwoSample }},
		{"precision", "higher", "%.4f", overlap(func(o *evaluate.Overlap) *float64 { return &o.Precision })},
		{"recall", "higher", "%.4f", overlap(func(o *evaluate.Overlap) *float64 { return &o.Recall })},
		{"density", "near 1", "%.4f", overlap(func(o *evaluate.Overlap) *float64 { return &o.Density })},
		{"coverage", "higher", "%.4f", overlap(func(o *evaluate.Overlap) *float64 { return &o.Coverage })},
		{"class_kl", "lower", "%.4f", func(s measure.AssessedSet) *float64 { return s.ClassDivergence }},
		{"confidence", "near that of test images", "%.4f", func(s measure.AssessedSet) *float64 { return &s.Confidence }},
		{"accuracy", "near that of test images", "%.4f", func(s measure.AssessedSet) *float64 {
			if s.Correct == nil {
				return nil
			}
			return &s.Accuracy
		}},
	}
	for m, name := range measure.Nearnesses {
		list = append(list, judgement{measure.NearestIn(name), "near that of test images", "%.4g", func(s measure.AssessedSet) *float64 {
			if s.Nearest == nil {
				return nil
			}
			return &s.Nearest[m]
		}})
	}
	return list
}

// text returns the figure of a set with its standard error.
func (j judgement) text(s measure.AssessedSet) string {
	value := j.of(s)
	if value == nil {
		return "–"
	}
	text := fmt.Sprintf(j.format, *value)
	if u, ok := s.Uncertainties[j.name]; ok {
		text += fmt.Sprintf(" ± %.1g", u.StandardError)
	}
	return text
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
			row = append(row, j.text(s))
		}
		rows = append(rows, append(row, j.better))
	}
	return rows
}

// classes are the tables of the classes: the shares of predicted classes and, for samples of
// requested classes, how often the predicted class is the requested one.
func (r judged) classes() [][][]string {
	shares, accuracies := [][]string{{"predicted class"}}, [][]string{{"accuracy by class"}}
	for _, s := range r.Sets {
		shares[0], accuracies[0] = append(shares[0], s.Set), append(accuracies[0], s.Set)
	}
	for class, name := range r.Classes {
		share, accuracy := []string{name}, []string{name}
		for _, s := range r.Sets {
			share = append(share, percentWithError(s.Shares.Shares[class], s.Uncertainties[measure.ShareOf(name)]))
			cell := "–"
			if s.Correct != nil && s.Correct.Classes[class] != nil {
				cell = percentWithError(*s.Correct.Classes[class], s.Uncertainties[measure.AccuracyOf(name)])
			}
			accuracy = append(accuracy, cell)
		}
		shares, accuracies = append(shares, share), append(accuracies, accuracy)
	}
	if r.Sets[0].Correct == nil {
		return [][][]string{shares}
	}
	return [][][]string{shares, accuracies}
}

// percentWithError is a share in percent with its standard error.
func percentWithError(share float64, u evaluate.Uncertainty) string {
	return fmt.Sprintf("%.2f ± %.2f %%", 100*share, 100*u.StandardError)
}
