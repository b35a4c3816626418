package cmd

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"gaetrain/loaders/files"
	"gaetrain/trainer/sweep"
	"gaetrain/viz"
)

// summary holds the results of a study by run, encoder and labels.
type summary struct {
	Rows     []summaryRow `json:"rows"`
	Outcomes []outcome    `json:"outcomes"`
}

type summaryRow struct {
	Run     string  `json:"run"`
	Encoder string  `json:"encoder"`
	Labels  int     `json:"labels"` // 0: all
	Images  int     `json:"images"` // labelled, including the validation set
	Seeds   int     `json:"seeds"`
	Mean    float64 `json:"mean"`   // accuracy
	Spread  float64 `json:"spread"` // standard deviation over the seeds
}

func summarise(outcomes []outcome) summary {
	s := summary{Outcomes: outcomes}
	accuracies, images := make(map[job][]float64), make(map[job]int)
	var order []job
	for _, o := range outcomes {
		key := o.job
		key.Seed = 0
		if accuracies[key] == nil {
			order = append(order, key)
		}
		accuracies[key], images[key] = append(accuracies[key], o.Accuracy), o.Images
	}
	for _, key := range order {
		over := sweep.StatisticOf(accuracies[key])
		s.Rows = append(s.Rows, summaryRow{key.Run, key.Encoder, key.Labels, images[key], over.Count, over.Mean, over.Spread})
	}
	return s
}

func (s summary) write(dir string) error {
	curves := s.curves()
	return writeTogether(
		files.File{Path: filepath.Join(dir, "study.json"), Fill: func(w io.Writer) error { return printJSON(w, s) }},
		files.File{Path: filepath.Join(dir, "study.svg"), Fill: curves.SVG}, files.File{Path: filepath.Join(dir, "study.png"), Fill: curves.PNG},
	)
}

// curves draws the accuracy of each encoder of each run against the number of
// labels. The value 0, which stands for all, is drawn at the number of images.
func (s summary) curves() viz.Lines {
	figure := viz.Lines{Title: "Accuracy against the number of labels", XLabel: "number of labels", YLabel: "accuracy on the test set, %", LogX: true}
	for _, r := range s.Rows {
		name := s.column(r)
		i := slices.IndexFunc(figure.Lines, func(l viz.Line) bool { return l.Name == name })
		if i < 0 {
			i = len(figure.Lines)
			figure.Lines = append(figure.Lines, viz.Line{Name: name})
		}
		l := &figure.Lines[i]
		l.X, l.Y, l.Spread = append(l.X, float64(r.Images)), append(l.Y, 100*r.Mean), append(l.Spread, 100*r.Spread)
	}
	return figure
}

// column names a row's curve and its column of the table: the encoder and, if there are
// several runs, the run.
func (s summary) column(r summaryRow) string {
	if slices.ContainsFunc(s.Rows, func(other summaryRow) bool { return other.Run != r.Run }) {
		return r.Encoder + " " + filepath.Base(r.Run)
	}
	return r.Encoder
}

// print writes a table with a row for each number of labels and a column for
// each encoder of each run.
func (s summary) print(w io.Writer, dir string) error {
	var columns, labels []string
	cells := make(map[[2]string]string)
	for _, r := range s.Rows {
		column, row := s.column(r), labelCount(r.Labels)
		if !slices.Contains(columns, column) {
			columns = append(columns, column)
		}
		if !slices.Contains(labels, row) {
			labels = append(labels, row)
		}
		cells[[2]string{row, column}] = r.accuracy()
	}
	rows := [][]string{append([]string{"labels"}, columns...)}
	for _, row := range labels {
		line := []string{row}
		for _, column := range columns {
			line = append(line, cells[[2]string{row, column}])
		}
		rows = append(rows, line)
	}
	what := "mean and standard deviation over the seeds"
	if len(s.Rows) > 0 && s.Rows[0].Seeds == 1 {
		what = "one seed, so no standard deviation"
	}
	printf(w, "accuracy on the test set (%s)\nthe runs, study.json and study.png are in %s\n\n", what, dir)
	return table(w, rows...)
}

// accuracy is the mean in percent, with the spread if there are several seeds.
func (r summaryRow) accuracy() string {
	if r.Seeds == 1 {
		return fmt.Sprintf("%.2f %%", 100*r.Mean)
	}
	return fmt.Sprintf("%.2f ± %.2f %%", 100*r.Mean, 100*r.Spread)
}

func labelCount(labels int) string {
	if labels == 0 {
		return "all"
	}
	return fmt.Sprint(labels)
}
