package pictures

import (
	"image"

	"gaetrain/loaders"
	"gaetrain/trainer/compression"
	"gaetrain/viz"
)

// Rates draws the error of coders against their bytes per image, into the pictures of
// a run. It returns the path of the PNG. Lossless coders are left out, because the axis
// of the error is logarithmic.
func Rates(dir, title string, v View, points []compression.Point) (string, error) {
	l := viz.Lines{Title: title, XLabel: v.Shape.Words("bytes per image"), YLabel: v.Shape.Words("squared error per pixel"), LogX: true, LogY: true}
	for _, p := range points {
		if n := len(l.Lines); n == 0 || l.Lines[n-1].Name != p.Coder {
			if p.MSE == 0 {
				continue
			}
			l.Lines = append(l.Lines, viz.Line{Name: p.Coder})
		}
		last := &l.Lines[len(l.Lines)-1]
		last.X, last.Y = append(last.X, p.Bytes), append(last.Y, p.MSE)
	}
	return drawFigure(dir, unused(dir, "rate-distortion", ".svg", ".png"), l)
}

// Files returns the images of a split as pictures that can be written to files.
func Files(v View, s loaders.Split) ([]image.Image, error) {
	images, err := pixels(s)
	return asPictures(v.drawable(images)), err
}

// Decoded returns images N×D as pictures that can be written to files.
func Decoded(v View, values []float32) []image.Image { return asPictures(v.drawable(values)) }

func asPictures(m viz.Images) []image.Image {
	all := make([]image.Image, m.Len())
	for i := range all {
		all[i] = m.At(i)
	}
	return all
}
