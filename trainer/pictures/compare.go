package pictures

import (
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/viz"
)

// ComparedRun is one of the runs that a picture compares.
type ComparedRun struct {
	Name          string
	Stage         string                // the stage that trained the model
	Records       []trainer.Record      // of the run
	Reconstructed trainer.Reconstructed // of the images
}

// Comparison draws several runs on the same images.
type Comparison struct {
	Title  string
	View   View
	Images loaders.Split
	Runs   []ComparedRun
	Losses bool // the losses have the same objective, so they can be compared
}

// Draw draws two pictures into a folder: the images above their reconstructions by
// each run, and the errors of the runs on the test images in every epoch. If the losses
// can be compared, a third picture shows them. It returns the paths of the PNGs.
func (c Comparison) Draw(dir string) (paths []string, err error) {
	if err := asRun(os.MkdirAll(dir, 0o755)); err != nil {
		return nil, err
	}
	paths = append(paths, filepath.Join(dir, "reconstructions.png"))
	rows, err := c.rows()
	if err != nil {
		return nil, err
	}
	if err := write(paths[0], c.image(rows)); err != nil {
		return nil, err
	}
	curves := map[string]viz.Lines{"mse": c.curves(c.View.Shape.Words("squared error per pixel of the test images"), func(r trainer.Record) float64 { return r.MSE })}
	names := []string{"mse"}
	if c.Losses {
		curves["loss"] = c.curves(c.View.Shape.Words("loss of the test images"), func(r trainer.Record) float64 { return r.Loss })
		names = append(names, "loss")
	}
	for _, name := range names {
		if err := writeFile(filepath.Join(dir, name+".svg"), curves[name].SVG); err != nil {
			return nil, err
		}
		path := filepath.Join(dir, name+".png")
		if err := writeFile(path, curves[name].PNG); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// image draws the images above their reconstructions.
func (c Comparison) image(rows []Row) image.Image {
	if !c.View.Shape.IsImage() {
		return c.View.columns(c.Title, columns, ItemNames(c.Images, nil), rows...)
	}
	s := c.View.sheet(c.Title, columns, rows...)
	s.Notes = []string{fmt.Sprintf("mse: mean squared error per pixel of the %d images that are shown, not of the whole test set. The picture mse.png has that of the test set.", c.Images.Len())}
	return s.Image()
}

// rows returns the images and their reconstructions by each run. If a run corrupts its
// inputs, they are above its reconstructions.
func (c Comparison) rows() ([]Row, error) {
	originals, err := pixels(c.Images)
	rows := []Row{{Label: "original", Values: originals}}
	for _, r := range c.Runs {
		if r.Reconstructed.Input != nil {
			rows = append(rows, Row{Label: r.Name + ", input", Values: r.Reconstructed.Input})
		}
		label := fmt.Sprintf("%s: mse %.5f of the %s shown", r.Name, r.MSE(), c.View.Shape.Words("images"))
		rows = append(rows, Row{Label: label, Values: r.Reconstructed.Reconstruction})
	}
	return rows, err
}

// MSE is the squared error per pixel of the images.
func (r ComparedRun) MSE() (mean float64) {
	for _, e := range r.Reconstructed.MSE {
		mean += e / float64(len(r.Reconstructed.MSE))
	}
	return mean
}

// curves returns a figure of every epoch in the last stage of each run. Earlier stages
// may reconstruct codes, so they only shift the numbers of the epochs.
func (c Comparison) curves(what string, figure func(trainer.Record) float64) viz.Lines {
	l := viz.Lines{Title: c.Title, XLabel: "epoch", YLabel: what}
	low, high := math.Inf(1), 0.0
	for _, r := range c.Runs {
		line, before := viz.Line{Name: r.Name}, 0
		for _, record := range r.Records {
			switch {
			case record.Stage != r.Stage && record.Split == "train":
				before++
			case record.Stage == r.Stage && record.Split == "test":
				value := figure(record)
				line.X, line.Y = append(line.X, float64(before+record.Epoch)), append(line.Y, value)
				low, high = min(low, value), max(high, value)
			}
		}
		l.Lines = append(l.Lines, line)
	}
	l.LogY = low > 0 && high > 10*low
	return l
}
