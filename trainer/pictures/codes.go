package pictures

import (
	"context"
	"fmt"
	"io"
	"os"

	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/viz"
)

// Codes are the codes of images, to be drawn as points.
type Codes struct {
	Title   string // of the model and the images
	Values  evaluate.Matrix
	Labels  []uint8 // nil: one colour
	Classes []string
}

// Draw draws codes of two values into a run folder as they are, and longer ones
// by their first two principal components and by t-SNE, each as PNG and SVG. It
// returns the paths of the PNGs.
func (c Codes) Draw(ctx context.Context, dir string, tsne evaluate.TSNE) (paths []string, err error) {
	draw := func(name, how, xlabel, ylabel string, places evaluate.Matrix) error {
		s := viz.Scatter{Title: c.Title + ", " + how, XLabel: xlabel, YLabel: ylabel, Classes: c.Labels, Names: c.Classes}
		for i := range places.Rows {
			s.X, s.Y = append(s.X, float64(places.Row(i)[0])), append(s.Y, float64(places.Row(i)[1]))
		}
		path, err := drawFigure(dir, name, s)
		paths = append(paths, path)
		return err
	}
	if c.Values.Columns == 2 {
		return paths, draw("codes", "the codes themselves", "first value", "second value", c.Values)
	}
	if c.Values.Columns > 2 {
		pca, err := evaluate.NewPCA(c.Values, 2)
		if err != nil {
			return nil, err
		}
		how := fmt.Sprintf("principal components (%.0f %% of the variance)", 100*(pca.Variance[0]+pca.Variance[1])/max(pca.Total, 1e-300))
		if err := draw("codes-pca", how, "first component", "second component", pca.Transform(c.Values)); err != nil {
			return nil, err
		}
	}
	places, _, err := tsne.Embed(ctx, c.Values)
	if err != nil {
		return nil, err
	}
	return paths, draw("codes-tsne", "t-SNE", "", "", places)
}

// figure is a picture of package viz that can be drawn both ways.
type figure interface {
	SVG(io.Writer) error
	PNG(io.Writer) error
}

// drawFigure draws a figure among the pictures of a run, as PNG and SVG, and
// returns the path of the PNG.
func drawFigure(dir, name string, f figure) (string, error) {
	vector, err := inFolder(dir, name+".svg")
	if err != nil {
		return "", err
	}
	if err := writeFile(vector, f.SVG); err != nil {
		return "", err
	}
	path, err := inFolder(dir, name+".png")
	if err != nil {
		return "", err
	}
	return path, writeFile(path, f.PNG)
}

// inFolder returns the path of a picture of a run, in a folder that is there.
func inFolder(dir, name string) (string, error) {
	run := trainer.Run{Dir: dir}
	return run.Path(folder, name), asRun(os.MkdirAll(run.Path(folder), 0o755))
}
