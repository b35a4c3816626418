package cmd

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"gaetrain/loaders"
	"gaetrain/loaders/files"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/measure"
)

// printedItems is the number of items with the highest scores that are printed.
const printedItems = 10

// detectedItems is the JSON object that detect prints.
type detectedItems struct {
	Run        string             `json:"run"`
	Checkpoint string             `json:"checkpoint"`
	Epoch      int                `json:"epoch"`
	Dataset    string             `json:"dataset"`
	Items      int                `json:"items"`
	Trained    []string           `json:"trained_classes,omitempty"` // none: all
	Normal     string             `json:"normal"`
	NormalSize int                `json:"normal_items"`
	Scores     []measure.Detected `json:"scores"`
}

// report writes the scores and the pictures, and prints the results.
func (d *detection) report() error {
	if err := writeNew(d.files()...); err != nil {
		return err
	}
	drawn, err := d.draw()
	if err != nil {
		return err
	}
	w := d.cli.App.Writer
	if d.JSON {
		return printJSON(w, detectedItems{
			d.Run, d.Checkpoint, d.model.Epoch, d.of, d.items.Len(), d.model.Info.Data.Trained, d.calibration.Normal, d.calibration.Items, d.found,
		})
	}
	if err := d.print(w); err != nil {
		return err
	}
	printf(w, "\nscores in %s\n", fileNames(d.Out, d.endings))
	for _, path := range drawn {
		printf(w, "picture in %s\n", path)
	}
	return nil
}

// files are the files of the scores.
func (d *detection) files() []files.File {
	ctx, scores := d.cli.Context, d.scoreColumns()
	table := loaders.Table{Rows: d.items.Len(), Columns: append(itemColumns(d.items, d.Split, d.classes), scores...)}
	return formatFiles(ctx, d.Out, d.endings, table, func(path string) files.File { return npyFile(ctx, path, d.array(), len(scores)) })
}

// scoreColumns are three columns for each score: its values, the p-values, and 1 for flagged
// items.
func (d *detection) scoreColumns() (columns []loaders.Column) {
	for _, f := range d.found {
		before := ""
		if len(d.found) > 1 {
			before = f.Score + "_"
		}
		columns = append(columns,
			loaders.Float64Column(f.Score, 8, func(i int) float64 { return f.Values[i] }),
			loaders.Float64Column(before+"p_value", 6, func(i int) float64 { return f.PValues[i] }),
			loaders.IntegerColumn(before+"flagged", func(i int) int { return flag(f, i) }),
		)
	}
	return columns
}

// array has the values of the columns of the scores, N×3S.
func (d *detection) array() (values []float32) {
	for i := range d.items.Len() {
		for _, f := range d.found {
			values = append(values, float32(f.Values[i]), float32(f.PValues[i]), float32(flag(f, i)))
		}
	}
	return values
}

// flag is 1 if an item is flagged, or else 0.
func flag(f measure.Detected, item int) int {
	if f.Flag(item) {
		return 1
	}
	return 0
}

// print prints the tables.
func (d *detection) print(w io.Writer) error {
	printf(w, "items   %d of %s%s\n", d.items.Len(), d.of, d.composition())
	printf(w, "normal  %d of %s\n\n", d.calibration.Items, d.calibration.Normal)
	if err := table(w, d.thresholds()...); err != nil {
		return err
	}
	if d.anomaly != nil {
		printf(w, "\n")
		if err := table(w, d.separations()...); err != nil {
			return err
		}
		printf(w, "\n")
		if err := table(w, d.byClass()...); err != nil {
			return err
		}
	}
	printf(w, "\n")
	return table(w, d.highest()...)
}

// composition says how many of the items are anomalies, if that is known.
func (d *detection) composition() string {
	if d.anomaly == nil {
		return ""
	}
	s := d.found[0].Labelled
	return fmt.Sprintf(": %d normal, %s", s.Normal, manyAnomalies(s.Anomalies))
}

func manyAnomalies(n int) string {
	if n == 1 {
		return "1 anomaly"
	}
	return fmt.Sprint(n, " anomalies")
}

// thresholds are the lines of the table of thresholds.
func (d *detection) thresholds() [][]string {
	rows := [][]string{{"score", "threshold", "flagged", "share", "false alarms expected (95 % interval)"}}
	for _, f := range d.found {
		rows = append(rows, []string{
			f.Score, fmt.Sprintf("%.6g", f.Threshold), fmt.Sprint(f.Flagged), percent(float64(f.Flagged) / float64(max(1, d.items.Len()))),
			fmt.Sprintf("at most %.4g %% (%s)", 100*f.FalseAlarms, percentInterval(f.Expected)),
		})
	}
	return rows
}

// percentInterval is an interval of shares in percent.
func percentInterval(i evaluate.Interval) string {
	return fmt.Sprintf("%.2f to %.2f %%", 100*i.Low, 100*i.High)
}

// separations are the lines of the table of labelled items, the highest AUROC first.
func (d *detection) separations() [][]string {
	rows := [][]string{{"score", "AUROC", "average precision", "F1 at threshold", "FPR at 95 % recall", "false alarms", "recall"}}
	row := func(name string, s measure.Separated) []string {
		shares := func(v float64, i evaluate.Interval) string {
			return fmt.Sprintf("%s (%s)", percent(v), percentInterval(i))
		}
		return []string{
			name, estimated(s.AUROC, s.Intervals.AUROC), estimated(s.AveragePrecision, s.Intervals.AveragePrecision), estimated(s.F1, s.Intervals.F1),
			estimated(s.FPR95, s.Intervals.FPR95), shares(s.FalseAlarms, s.Intervals.FalseAlarms), shares(s.Recall, s.Intervals.Recall),
		}
	}
	for _, f := range d.ordered() {
		rows = append(rows, row(f.Score, f.Labelled.Separated))
	}
	for _, f := range d.ordered() {
		if f.Labelled.Halves != nil {
			rows = append(rows, row(f.Score+", halves of normal items", *f.Labelled.Halves))
		}
	}
	return rows
}

// estimated is a figure with its interval.
func estimated(v float64, i evaluate.Interval) string {
	return fmt.Sprintf("%.4f (%.4f to %.4f)", v, i.Low, i.High)
}

// ordered returns the results, those with the highest AUROC first.
func (d *detection) ordered() []measure.Detected {
	ordered := slices.Clone(d.found)
	if d.anomaly != nil {
		slices.SortStableFunc(ordered, func(a, b measure.Detected) int { return cmp.Compare(b.Labelled.AUROC, a.Labelled.AUROC) })
	}
	return ordered
}

// byClass are the lines of the table of classes. Of several scores, each has a column with
// the AUROC.
func (d *detection) byClass() [][]string {
	ordered := d.ordered()
	best := ordered[0]
	rows := [][]string{{"class", "", "items", "flagged by " + best.Score}}
	for _, f := range ordered {
		rows[0] = append(rows[0], "AUROC, "+f.Score)
	}
	for i, c := range best.Labelled.Classes {
		kind := "normal"
		if c.Anomaly {
			kind = "anomaly"
		}
		row := []string{c.Class, kind, fmt.Sprint(c.Items), fmt.Sprintf("%s (%s)", percent(float64(c.Flagged)/float64(c.Items)), percentInterval(c.FlaggedInterval))}
		for _, f := range ordered {
			cell := "–"
			if of := f.Labelled.Classes[i]; of.AUROC != nil {
				cell = estimated(*of.AUROC, *of.AUROCInterval)
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	return rows
}

// highest are the lines of the table of the items with the highest scores.
func (d *detection) highest() [][]string {
	f := d.ordered()[0]
	rows := [][]string{{"highest " + f.Score, "class", "score", "p-value", "flagged"}}
	for _, i := range f.Order()[:min(printedItems, d.items.Len())] {
		flagged := "no"
		if f.Flag(i) {
			flagged = "yes"
		}
		rows = append(rows, []string{d.nameOf(i), d.classOf(i), fmt.Sprintf("%.6g", f.Values[i]), fmt.Sprintf("%.4g", f.PValues[i]), flagged})
	}
	if d.items.Labels == nil {
		for i := range rows {
			rows[i] = slices.Delete(rows[i], 1, 2)
		}
	}
	return rows
}

// nameOf is the path of an item, or its index in the data.
func (d *detection) nameOf(i int) string {
	if d.items.Names != nil {
		return d.items.Names[i]
	}
	return fmt.Sprint("item ", d.items.Position(i))
}

func (d *detection) classOf(i int) string {
	if d.items.Labels == nil {
		return ""
	}
	return d.classes[d.items.Labels[i]]
}
