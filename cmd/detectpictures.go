package cmd

import (
	"cmp"
	"fmt"
	"slices"

	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
	"gaetrain/viz"
)

// drawnClasses is the number of classes that have curves of their own.
const drawnClasses = 5

// draw draws the pictures into the run folder, and returns their paths.
func (d *detection) draw() (paths []string, err error) {
	if d.Draw == 0 || d.items.Len() == 0 {
		return nil, nil
	}
	add := func(path string, err error) error {
		paths = append(paths, path)
		return err
	}
	if paths, err = d.drawItems(); err != nil {
		return nil, err
	}
	for _, f := range d.found {
		if err := add(d.drawHistogram(f)); err != nil {
			return nil, err
		}
	}
	if d.anomaly == nil {
		return paths, nil
	}
	title := fmt.Sprintf("%s, %s", d.title(), d.of)
	roc, precision, err := pictures.DrawCurves(d.Run, title, d.curves())
	return append(paths, roc, precision), err
}

// drawItems draws the items with the highest and the lowest scores.
func (d *detection) drawItems() ([]string, error) {
	f := d.ordered()[0]
	order := f.Order()
	highest := order[:min(d.Draw, len(order))]
	lowest := slices.Clone(order[len(order)-len(highest):])
	slices.Reverse(lowest)
	ranked := func(name string, items []int) pictures.Ranked {
		r := pictures.Ranked{Name: name, Items: items}
		for _, i := range items {
			r.Scores = append(r.Scores, fmt.Sprintf("%.4g", f.Values[i]))
			if d.items.Labels != nil {
				r.Classes = append(r.Classes, d.classOf(i))
			}
		}
		return r
	}
	title := fmt.Sprintf("%s: scores %s of %d items of %s", d.title(), f.Score, len(order), d.of)
	return pictures.Anomalies{
		Title: title, Model: d.model, Split: d.items, Items: []pictures.Ranked{ranked("highest scores", highest), ranked("lowest scores", lowest)},
	}.Draw(d.cli.Context, d.Run)
}

// drawHistogram draws the distribution of one score.
func (d *detection) drawHistogram(f measure.Detected) (string, error) {
	groups := []viz.Group{{Name: fmt.Sprintf("normal, held out (%d)", d.calibration.Items), Values: d.calibration.Scores[f.Score]}}
	if d.anomaly == nil {
		groups = append(groups, viz.Group{Name: fmt.Sprintf("tested (%d)", len(f.Values)), Values: f.Values})
	} else {
		normal, odd := viz.Group{}, viz.Group{}
		for i, v := range f.Values {
			if d.anomaly[i] {
				odd.Values = append(odd.Values, v)
			} else {
				normal.Values = append(normal.Values, v)
			}
		}
		normal.Name, odd.Name = fmt.Sprintf("tested, normal (%d)", len(normal.Values)), fmt.Sprintf("tested, anomalies (%d)", len(odd.Values))
		groups = append(groups, normal, odd)
	}
	return pictures.Scored{
		Title: fmt.Sprintf("%s: scores of %s", d.title(), d.of), Score: f.Score, Unit: measure.ScoreUnit(f.Score), Threshold: f.Threshold, Groups: groups,
	}.Draw(d.Run)
}

// curves are those of all anomalies: of each score or, for a single score, also of the
// classes with the lowest AUROC.
func (d *detection) curves() (curves []pictures.Curve) {
	for _, f := range d.ordered() {
		curves = append(curves, pictures.Curve{
			Name: f.Score, ROC: fmt.Sprintf(": AUROC %.4f", f.Labelled.AUROC), Precision: fmt.Sprintf(": average %.4f", f.Labelled.AveragePrecision), Points: f.Labelled.Curve,
		})
	}
	if len(d.found) > 1 {
		return curves
	}
	classes := slices.DeleteFunc(slices.Clone(d.found[0].Labelled.Classes), func(c measure.ClassDetection) bool { return c.AUROC == nil })
	if len(classes) < 2 {
		return curves
	}
	slices.SortStableFunc(classes, func(a, b measure.ClassDetection) int { return cmp.Compare(*a.AUROC, *b.AUROC) })
	for _, c := range classes[:min(drawnClasses, len(classes))] {
		curves = append(curves, pictures.Curve{Name: c.Class, ROC: fmt.Sprintf(": %.4f", *c.AUROC), Points: c.Curve})
	}
	return curves
}
