package pictures

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gaetrain/loaders"
	"gaetrain/loaders/files"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/viz"
)

// Points is a scatter plot of codes.
type Points struct {
	Title          string
	XLabel, YLabel string
	Places         evaluate.Matrix // N×2
	Labels         []loaders.Label // nil: one colour
	Classes        []string
	Note           string // below the points
}

// ComponentLabels are the labels of axes that show the first two principal components of
// codes, with their shares of the variance.
func ComponentLabels(shares [2]float64) (x, y string) {
	return fmt.Sprintf("first principal component of the codes, %.0f %% of the variance", 100*shares[0]),
		fmt.Sprintf("second principal component, %.0f %% of the variance", 100*shares[1])
}

// Draw draws the points among the pictures of a run, as PNG and SVG under a name that
// no earlier picture has, and returns the path of the PNG.
func (p Points) Draw(dir, name string) (string, error) {
	s := viz.Scatter{Title: p.Title, XLabel: p.XLabel, YLabel: p.YLabel, Classes: p.Labels, Names: p.Classes, Note: p.Note}
	for i := range p.Places.Rows {
		s.X, s.Y = append(s.X, float64(p.Places.Row(i)[0])), append(s.Y, float64(p.Places.Row(i)[1]))
	}
	return drawFigure(dir, unused(dir, name, ".svg", ".png"), s)
}

// figure is a picture of package viz that can be drawn as SVG and as PNG.
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

// inFolder makes the folder of the pictures of a run, and returns the path of a picture.
func inFolder(dir, name string) (string, error) {
	run := trainer.Run{Dir: dir}
	return run.Path(folder, name), asRun(os.MkdirAll(run.Path(folder), 0o755))
}

// unused returns name or, if a picture of the run has this name, name-2 and so on.
func unused(dir, name string, endings ...string) string {
	run := trainer.Run{Dir: dir}
	return filepath.Base(files.Unused(run.Path(folder, name), endings...))
}
