// Package pictures draws a run during training and when it is finished. It connects the
// training loop with package viz.
package pictures

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/viz"
)

const (
	folder  = "pictures"
	columns = 8           // few, so that pictures can be read on small screens
	fixed   = 4 * columns // images that are drawn every epoch
)

// About describes a model in the report, beyond what the run records.
type About struct {
	Summary  string // one line
	Idea     string // a paragraph
	Citation string
	Command  string // the command that repeats the run
	// PCA returns the number of principal components that the model of a finished run
	// is compared with, and their squared error per pixel on the test images. Without
	// it, or for 0 components, there is no comparison.
	PCA func(ctx context.Context) (components int, mse float64, err error)
}

// Hook draws reconstructions of the same test images every few epochs, as the
// configuration says. At the end it draws curves, filters and the animation, and writes
// the report. The expression graph is drawn at the start.
func Hook(about About) trainer.Hook {
	return trainer.Hook{
		Name: "pictures",
		Start: func(ctx context.Context, l *trainer.Loop) error {
			if l.Config.Pictures == 0 || l.Resumed {
				return nil
			}
			if err := drawGraph(l); err != nil {
				return err
			}
			if err := drawAugmented(l); err != nil {
				return err
			}
			return drawEpoch(ctx, l, 0)
		},
		Epoch: func(ctx context.Context, l *trainer.Loop) error {
			if !DueNow(l) {
				return nil
			}
			return drawEpoch(ctx, l, l.Position.Epoch+1)
		},
		Stop: func(ctx context.Context, l *trainer.Loop) error { return summarise(ctx, l, about, true) },
		End: func(ctx context.Context, l *trainer.Loop) error {
			if model := l.Trained(); model.Classifies() {
				if _, err := classify(ctx, model, l.Run.Dir, l.Data); err != nil {
					return err
				}
			}
			return summarise(ctx, l, about, false)
		},
	}
}

// DueNow reports whether the epoch that has just ended has pictures. The last epoch of a stage
// always has them.
func DueNow(l *trainer.Loop) bool {
	epoch := l.Position.Epoch + 1
	return l.Config.Pictures > 0 && (Due(epoch, l.Config.Pictures) || epoch == l.Stage.Epochs || l.Position.Stopped)
}

// Due reports whether an epoch is drawn. Of the epochs that are multiples of every, the
// first 32 are drawn, then every second one up to 64, every fourth one up to 128, and so
// on. A model changes less in later epochs, and a long run must not fill the disk.
func Due(epoch, every int) bool {
	const all = 32
	number, step := epoch/every, 1
	for most := all; number > most; most *= 2 {
		step *= 2
	}
	return epoch%every == 0 && number%step == 0
}

// summarise draws the pictures of the whole run, up to the present epoch. If it must be
// brief, the report leaves out what takes longer.
func summarise(ctx context.Context, l *trainer.Loop, about About, brief bool) error {
	if l.Config.Pictures == 0 {
		return nil
	}
	list := []func(context.Context, *trainer.Loop) error{drawFilters, drawFeatures, drawDivergence, drawCurves, drawManifold, drawAnalogies, animateEpochs}
	if !l.Trained().Shape().IsImage() {
		list = []func(context.Context, *trainer.Loop) error{drawFeatureErrors, drawCodes, drawDivergence, drawCurves, animateEpochs}
	}
	for _, draw := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := draw(ctx, l); err != nil {
			return err
		}
	}
	return writeReport(ctx, l, about, brief)
}

// drawEpoch draws the pictures of an epoch.
func drawEpoch(ctx context.Context, l *trainer.Loop, epoch int) error {
	if err := drawReconstructions(ctx, l, epoch); err != nil {
		return err
	}
	return drawSamples(ctx, l, epoch)
}

// Heading begins the titles of the pictures of a run with the name of its folder,
// because several runs can have the same model and data.
func Heading(run, model, data string) string {
	if path, err := filepath.Abs(run); err == nil {
		run = path // because "." has no name
	}
	return fmt.Sprintf("%s: %s on %s", filepath.Base(run), model, data)
}

func heading(l *trainer.Loop) string { return Heading(l.Run.Dir, l.Config.Model, l.Data.Name) }

// epochTitle is the title of a picture of an epoch.
func epochTitle(l *trainer.Loop, epoch int) string {
	title := fmt.Sprintf("%s, epoch %d", heading(l), epoch)
	if len(l.Stages) > 1 {
		title += ", stage " + l.Stage.Name
	}
	return title
}

// Kinds of pictures that are drawn every epoch.
const (
	reconstructions = "reconstructions"
	samples         = "samples"
)

// frame names the picture of an epoch, in the order of stages and epochs.
func frame(l *trainer.Loop, kind string, epoch int) string {
	f := Frame{Kind: kind}
	if len(l.Stages) > 1 {
		f.Number, f.Stage = l.Position.Stage+1, l.Stage.Name
	}
	return fmt.Sprintf("%s-%04d.png", f.Series(), epoch)
}

// drawable returns images as they are drawn. The second frame of a pair is below the
// first.
func drawable(pixels []float32, s loaders.Shape) viz.Images {
	frames := s.Frames()
	images := viz.Images{Pixels: pixels, Channels: s.Channels / frames, Height: frames * s.Height, Width: s.Width, Frames: frames}
	if frames == 1 || images.Channels == 1 { // the planes are already in order
		return images
	}
	images.Pixels = make([]float32, 0, len(pixels))
	for pair := range slices.Chunk(pixels, s.Size()) {
		for channel := range images.Channels {
			for plane := channel; plane < s.Channels; plane += images.Channels {
				area := s.Height * s.Width
				images.Pixels = append(images.Pixels, pair[plane*area:(plane+1)*area]...)
			}
		}
	}
	return images
}
