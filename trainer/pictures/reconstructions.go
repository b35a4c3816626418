package pictures

import (
	"context"
	"fmt"
	"image"
	"path/filepath"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/viz"
)

// Reconstructions is a picture of items above their reconstructions. Corrupted inputs, if
// there are any, are drawn between them.
type Reconstructions struct {
	Title      string
	View       View
	Pairs      trainer.Reconstructed
	Of         loaders.Split // the items, in the same order
	Classes    []string      // by label
	Difference bool          // draw what reconstructions and images differ by; only for images
}

// Image draws the picture. Below each image is its class, or the name of its file, and
// below each reconstruction its squared error per pixel.
func (r Reconstructions) Image() image.Image {
	names, errors := ItemNames(r.Of, r.Classes), errorTexts(r.Pairs.MSE)
	rows := []Row{{Label: "original", Values: r.Pairs.Original, Captions: itemCaptions(r.Of, r.Classes)}}
	if r.Pairs.Input != nil {
		rows = append(rows, Row{Label: "corrupted", Values: r.Pairs.Input})
	}
	rows = append(rows, Row{Label: "reconstruction", Values: r.Pairs.Reconstruction, Captions: errors})
	if !r.View.Shape.IsImage() {
		for i := range names {
			names[i] += ", mse " + errors[i]
		}
		return r.View.columns(r.Title, columns, names, rows...)
	}
	sheet := r.View.sheet(r.Title, columns, rows...)
	sheet.Notes = []string{"The number below a reconstruction is its squared error per pixel (mse)."}
	if r.Difference {
		sheet.Rows[len(sheet.Rows)-1].Captions = nil
		sheet.Rows = append(sheet.Rows, viz.Row{Label: "difference", Images: drawable(subtract(r.Pairs), r.View.Shape), Colours: viz.Signed, Captions: errors})
		sheet.Scale = "difference: reconstruction minus original, for all images on one scale"
		if shape := r.View.Shape; shape.Channels > shape.Frames() {
			sheet.Scale += ", mean of the colours"
		}
		sheet.Notes[0] = "The number below a difference is the squared error per pixel (mse)."
	}
	return sheet.Image()
}

// subtract returns reconstructions minus originals.
func subtract(pairs trainer.Reconstructed) []float32 {
	values := make([]float32, len(pairs.Original))
	for i, v := range pairs.Original {
		values[i] = pairs.Reconstruction[i] - v
	}
	return values
}

// errorTexts are errors with three digits.
func errorTexts(errors []float64) []string {
	texts := make([]string, len(errors))
	for i, e := range errors {
		texts[i] = fmt.Sprintf("%.3g", e)
	}
	return texts
}

// ItemNames names the items of a split by their positions and their classes.
func ItemNames(s loaders.Split, classes []string) []string {
	names := make([]string, s.Len())
	for i := range names {
		names[i] = s.Shape.Words(fmt.Sprintf("image %d", s.Position(i)))
		if class := classOf(s, classes, i); class != "" {
			names[i] += ": " + class
		}
	}
	return names
}

// itemCaptions are the classes of items, or the names of their files if they have no
// classes; nil for items that have neither.
func itemCaptions(s loaders.Split, classes []string) []string {
	captions, some := make([]string, s.Len()), false
	for i := range captions {
		captions[i] = classOf(s, classes, i)
		if captions[i] == "" && s.Names != nil {
			captions[i] = filepath.Base(s.Names[i])
		}
		some = some || captions[i] != ""
	}
	if !some {
		return nil
	}
	return captions
}

// classOf is the class of an item; "" without one.
func classOf(s loaders.Split, classes []string, i int) string {
	if s.Labels == nil || int(s.Labels[i]) >= len(classes) {
		return ""
	}
	return classes[s.Labels[i]]
}

// drawReconstructions draws images above their reconstructions. The images are
// spread evenly over the test images.
func drawReconstructions(ctx context.Context, l *trainer.Loop, epoch int) error {
	if !l.Trained().HasEncoder() {
		return nil // a generator has no reconstructions
	}
	some := fixedItems(l.Data.Test)
	pairs, err := l.Reconstruct(ctx, some)
	if err != nil {
		return err
	}
	if err := writeReconstructed(l, epoch, pairs); err != nil {
		return err
	}
	picture := Reconstructions{Title: epochTitle(l, epoch), View: ViewOf(l.Trained()), Pairs: pairs, Of: some, Classes: l.Data.Classes}
	return write(l.Run.Path(folder, frame(l, reconstructions, epoch)), picture.Image())
}
