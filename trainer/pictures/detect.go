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

// DrawRanked draws items beside their reconstructions and the absolute errors into the
// pictures of a run, under a name that no earlier picture has. A model that cannot
// reconstruct draws only the items. It returns the path.
func DrawRanked(ctx context.Context, dir, title string, model *trainer.Trained, split loaders.Split, ranked ...Ranked) (string, error) {
	var groups []viz.HeatGroup
	for _, r := range ranked {
		some := split.Select(r.Items)
		if !model.HasEncoder() || model.IsClassifier() {
			images, err := pixels(some)
			if err != nil {
				return "", err
			}
			groups = append(groups, viz.HeatGroup{Rows: []viz.Row{{Label: r.Name, Images: images, Captions: r.Scores}}})
			continue
		}
		pairs, err := model.Treated(trainer.Treatment{}).Reconstruct(ctx, some)
		if err != nil {
			return "", err
		}
		errors := make([]float32, len(pairs.Original))
		for i, v := range pairs.Original {
			errors[i] = float32(math.Abs(float64(v - pairs.Reconstruction[i])))
		}
		groups = append(groups, viz.HeatGroup{
			Rows: []viz.Row{
				{Label: r.Name, Images: drawable(pairs.Original, some.Shape), Captions: r.Classes},
				{Label: "reconstruction", Images: drawable(pairs.Reconstruction, some.Shape)},
			},
			Heat: viz.Row{Label: "absolute error, and score", Images: drawable(errors, some.Shape), Captions: r.Scores},
		})
	}
	path, err := inFolder(dir, unused(dir, "anomalies", ".png")+".png")
	if err != nil {
		return "", err
	}
	return path, write(path, viz.HeatGrid(title, columns, "absolute error of a pixel, from 0 to the largest one", groups...))
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
	a := viz.Lines{Title: title + ": ROC curves", XLabel: "share of the normal items that are flagged", YLabel: "share of the anomalies that are flagged (recall)"}
	b := viz.Lines{Title: title + ": precision–recall curves", XLabel: "share of the anomalies that are flagged (recall)", YLabel: "share of the flagged items that are anomalies (precision)"}
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
