package pictures

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/viz"
)

// Ranked are some items of a split with their captions.
type Ranked struct {
	Name    string // such as "highest scores"
	Items   []int
	Classes []string // of each item; nil: none
	Scores  []string // of each item
}

// mostRanked is the number of items of each group that a picture shows.
const mostRanked = columns

// Anomalies is a picture of the items with the highest and the lowest scores.
type Anomalies struct {
	Title string
	Model *trainer.Trained
	Split loaders.Split
	Items []Ranked // the highest scores first
}

// Draw draws items beside their reconstructions and the absolute errors into the pictures
// of a run, under names that no earlier pictures have. A model that cannot reconstruct
// draws only the items. For rows of numbers, it draws the items with the highest scores as
// curves, and the error of each feature over these items. It returns the paths.
func (a Anomalies) Draw(ctx context.Context, dir string) (paths []string, err error) {
	view, reconstructs := ViewOf(a.Model), a.Model.HasEncoder() && !a.Model.IsClassifier()
	path, err := inFolder(dir, unused(dir, "anomalies", ".png")+".png")
	if err != nil {
		return nil, err
	}
	if !view.Shape.IsImage() {
		return a.drawRows(ctx, dir, path, view, reconstructs)
	}
	sheet := viz.Sheet{Title: a.Title, Columns: mostRanked, Scale: "absolute error of a pixel"}
	for _, r := range a.Items {
		some := a.Split.Select(r.Items)
		if !reconstructs {
			values, err := pixels(some)
			if err != nil {
				return nil, err
			}
			sheet.Rows = append(sheet.Rows, viz.Row{Label: r.Name, Images: view.drawable(values), Captions: r.Scores})
			continue
		}
		pairs, err := a.Model.Treated(trainer.Treatment{}).Reconstruct(ctx, some)
		if err != nil {
			return nil, err
		}
		sheet.Rows = append(sheet.Rows,
			viz.Row{Label: r.Name, Images: view.drawable(pairs.Original), Captions: r.Classes},
			viz.Row{Label: "reconstruction", Images: view.drawable(pairs.Reconstruction)},
			viz.Row{Label: "absolute error, and score", Images: drawable(differences(pairs), some.Shape), Colours: viz.Heat, Captions: r.Scores})
	}
	return []string{path}, write(path, sheet.Image())
}

func differences(pairs trainer.Reconstructed) []float32 {
	errors := make([]float32, len(pairs.Original))
	for i, v := range pairs.Original {
		errors[i] = float32(math.Abs(float64(v - pairs.Reconstruction[i])))
	}
	return errors
}

// drawRows draws the first group of items.
func (a Anomalies) drawRows(ctx context.Context, dir, path string, view View, reconstructs bool) ([]string, error) {
	first := a.Items[0]
	some := a.Split.Select(first.Items)
	names := make([]string, len(first.Items))
	for i := range names {
		names[i] = "score " + first.Scores[i]
		if first.Classes != nil {
			names[i] = first.Classes[i] + ", " + names[i]
		}
	}
	rows := []Row{{Label: "row"}}
	if !reconstructs {
		values, err := pixels(some)
		rows[0].Values = values
		if err != nil {
			return nil, err
		}
		return []string{path}, write(path, view.columns(a.Title, mostRanked, names, rows...))
	}
	model := a.Model.Treated(trainer.Treatment{})
	pairs, err := model.Reconstruct(ctx, some)
	if err != nil {
		return nil, err
	}
	rows[0].Values = pairs.Original
	rows = append(rows, Row{Label: "reconstruction", Values: pairs.Reconstruction})
	if err := write(path, view.columns(a.Title, mostRanked, names, rows...)); err != nil {
		return nil, err
	}
	if view.Data.Features == nil {
		return []string{path}, nil
	}
	all, err := model.FeatureErrors(ctx, some)
	if err != nil {
		return nil, err
	}
	title := fmt.Sprintf("Error by feature of the %d rows with the highest scores", some.Len())
	bars, err := drawFigure(dir, unused(dir, "anomalies-features", ".svg", ".png"), ranking(title, view.Data, all))
	return []string{path, bars}, err
}

// Scored is a histogram of scores.
type Scored struct {
	Title, Score, Unit string
	Threshold          float64
	Groups             []viz.Group
}

// Draw draws the histogram into the pictures of a run, and returns the path of the PNG.
func (s Scored) Draw(dir string) (string, error) {
	label := "score " + s.Score
	if s.Unit != "" {
		label += ", " + s.Unit
	}
	h := viz.Histogram{Title: s.Title, XLabel: label, Groups: s.Groups, Mark: viz.Mark{X: s.Threshold, Label: fmt.Sprintf("threshold %.4g", s.Threshold)}}
	return drawFigure(dir, unused(dir, "scores-"+s.Score, ".svg", ".png"), h)
}

// Curve are the operating points of one detector.
type Curve struct {
	Name           string
	ROC, Precision string // added to the name in the legend of each picture, such as "(0.93)"
	Points         []evaluate.OperatingPoint
}

// DrawCurves draws ROC curves and precision–recall curves into the pictures of a run.
// It returns the paths of the PNG files.
func DrawCurves(dir, title string, curves []Curve) (roc, precision string, err error) {
	a := viz.Lines{Title: title + ": ROC curves and AUROC", XLabel: "share of the normal items that are flagged", YLabel: "share of the anomalies that are flagged (recall)"}
	b := viz.Lines{Title: title + ": precision–recall curves and average precision", XLabel: "share of the anomalies that are flagged (recall)", YLabel: "share of the flagged items that are anomalies (precision)"}
	for _, c := range curves {
		points := thinned(c.Points)
		first, second := viz.Line{Name: c.Name + c.ROC, X: []float64{0}, Y: []float64{0}}, viz.Line{Name: c.Name + c.Precision}
		for _, p := range points {
			first.X, first.Y = append(first.X, p.FalsePositiveRate), append(first.Y, p.Recall)
			second.X, second.Y = append(second.X, p.Recall), append(second.Y, p.Precision)
		}
		a.Lines, b.Lines = append(a.Lines, first), append(b.Lines, second)
	}
	if roc, err = drawFigure(dir, unused(dir, "roc", ".svg", ".png"), a); err != nil {
		return "", "", err
	}
	precision, err = drawFigure(dir, unused(dir, "precision-recall", ".svg", ".png"), b)
	return roc, precision, err
}

// thinned leaves out points of a curve that differ from the one before by less than a
// pixel.
func thinned(points []evaluate.OperatingPoint) []evaluate.OperatingPoint {
	const step = 1.0 / 1000
	kept := points[:min(1, len(points)):min(1, len(points))]
	for i, p := range points {
		last := kept[len(kept)-1]
		if i == len(points)-1 || math.Abs(p.Recall-last.Recall) >= step || math.Abs(p.FalsePositiveRate-last.FalsePositiveRate) >= step || math.Abs(p.Precision-last.Precision) >= step {
			kept = append(kept, p)
		}
	}
	return slices.Clip(kept)
}
