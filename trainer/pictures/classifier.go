package pictures

import (
	"context"
	"fmt"
	"slices"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/viz"
)

const classificationFile = "classification.json"

// Classification holds the results of a classifier on the test images, with the weights
// of its best epoch, or with the last ones if the model reconstructs images too.
type Classification struct {
	Accuracy  float64            `json:"accuracy"`
	Classes   []string           `json:"classes"`
	Confusion evaluate.Confusion `json:"confusion"` // rows: true class, columns: predicted class
}

// Classifier draws, at the end of a classifier's training, curves, the
// confusion matrix and the worst mistakes, and writes classification.json. If
// training is stopped, it draws only the graph and the curves.
func Classifier(find trainer.Find, about About) trainer.Hook {
	summarise := func(ctx context.Context, l *trainer.Loop, brief bool) error {
		if l.Config.Pictures == 0 {
			return nil
		}
		if err := drawGraph(l); err != nil {
			return err
		}
		if err := drawAugmented(l); err != nil {
			return err
		}
		if err := drawCurves(ctx, l); err != nil {
			return err
		}
		return writeReport(ctx, l, about, brief)
	}
	return trainer.Hook{
		Name: "classifier",
		Stop: func(ctx context.Context, l *trainer.Loop) error { return summarise(ctx, l, true) },
		End: func(ctx context.Context, l *trainer.Loop) error {
			if _, err := Classify(ctx, find, l.Run.Dir, l.Data); err != nil {
				return err
			}
			return summarise(ctx, l, false)
		},
	}
}

// Classify classifies the test images with the selected weights of a run. It writes
// the results to the run folder, and draws them there unless the run has no pictures.
func Classify(ctx context.Context, find trainer.Find, dir string, data *loaders.Dataset) (Classification, error) {
	model, err := trainer.OpenSelected(find, dir)
	if err != nil {
		return Classification{}, err
	}
	return classify(ctx, model, dir, data)
}

// classify is Classify for a model with the weights to use.
func classify(ctx context.Context, model *trainer.Trained, dir string, data *loaders.Dataset) (c Classification, err error) {
	scores, _, err := model.Classify(ctx, data.Test)
	if err != nil {
		return c, err
	}
	classes := len(data.Classes)
	predicted := evaluate.Classes(scores, classes)
	confusion, err := evaluate.Confuse(classes, data.Test.Labels, predicted)
	if err != nil {
		return c, fmt.Errorf("%w: %w", loaders.ErrData, err)
	}
	c = Classification{confusion.Accuracy(), data.Classes, confusion}
	run := trainer.Run{Dir: dir}
	if err := run.WriteSealed(classificationFile, c); err != nil || model.Config.Pictures == 0 {
		return c, err
	}
	title := fmt.Sprintf("Confusion matrix of %d test %s of %s: accuracy %.2f %%", data.Test.Len(), data.Test.Shape.Words("images"), data.Name, 100*c.Accuracy)
	if err := write(run.Path(folder, "confusion.png"), viz.Confusion(title, data.Classes, confusion)); err != nil {
		return c, err
	}
	rows, err := worst(data, confusion, scores, predicted)
	if err != nil {
		return c, err
	}
	return c, write(run.Path(folder, "mistakes.png"), ViewOf(model).lines("Wrong predictions with the highest confidence, for the pairs of classes that are confused most",
		mistakeColumns, viz.Alike, rows...))
}

// ReadClassification reads the file that Classify has written. Errors wrap
// trainer.ErrRun. If the file does not exist, they also wrap fs.ErrNotExist.
func ReadClassification(dir string) (c Classification, err error) {
	run := trainer.Run{Dir: dir}
	if err = run.ReadSealed(classificationFile, &c); err == nil && !c.consistent() {
		err = fmt.Errorf("%w: %s: it is not a table of images by class and prediction", trainer.ErrRun, run.Path(classificationFile))
	}
	return c, err
}

// consistent reports whether the confusion matrix has a row and a column for each class.
func (c Classification) consistent() bool {
	for _, row := range c.Confusion {
		if len(row) != len(c.Classes) || slices.ContainsFunc(row, func(n int) bool { return n < 0 }) {
			return false
		}
	}
	return len(c.Confusion) == len(c.Classes)
}

const (
	mistakeRows    = 10
	mistakeColumns = 10
)

// worst returns a row of images for each of the pairs of classes that were confused
// most. In each row, the wrong predictions with the highest confidence come first.
func worst(data *loaders.Dataset, confusion evaluate.Confusion, scores []float32, predicted []int) (rows []Row, err error) {
	classes := len(confusion)
	for _, m := range confusion.Mistakes() {
		if len(rows) == mistakeRows {
			break
		}
		var images []int
		for i, label := range data.Test.Labels {
			if int(label) == m.Class && predicted[i] == m.Predicted {
				images = append(images, i)
			}
		}
		margin := func(i int) float32 { return scores[i*classes+m.Predicted] - scores[i*classes+m.Class] }
		slices.SortStableFunc(images, func(a, b int) int {
			switch ma, mb := margin(a), margin(b); {
			case ma > mb:
				return -1
			case ma < mb:
				return 1
			}
			return 0
		})
		row := Row{Label: fmt.Sprintf("%s predicted as %s, %d times", data.Classes[m.Class], data.Classes[m.Predicted], m.Count)}
		if row.Values, err = pixels(data.Test.Select(images[:min(mistakeColumns, len(images))])); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// pixels returns the values N×D of the images of a split.
func pixels(s loaders.Split) ([]float32, error) {
	m, err := evaluate.Pixels(s)
	return m.Values, err
}
