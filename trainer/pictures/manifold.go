package pictures

import (
	"context"
	"fmt"
	"image"
	"math"

	"gaetrain/trainer"
	"gaetrain/viz"
)

const (
	manifold     = "manifold"
	manifoldSide = 20 // images along each value of a code, at most
)

// Manifold is a picture of the decoded grid of a 2-D latent space.
type Manifold struct {
	Title string
	View  View
	// Fitted says that codes come from a Gaussian that is fitted to the codes of training
	// images, instead of N(0, I).
	Fitted bool
	// Decode decodes codes (N×2) that are given as samples of N(0, I).
	Decode func(codes []float32) ([]float32, error)
}

// drawManifold draws the decoded grid of a 2-D latent space if the model has a prior.
func drawManifold(ctx context.Context, l *trainer.Loop) error {
	model := l.Trained()
	if !model.HasPrior() || model.CodeSize() != 2 || model.Classes() > 0 { // a conditional model has a grid for each class
		return nil
	}
	m := Manifold{Title: heading(l) + ": decoded grid of the 2-D latent space", View: ViewOf(model), Decode: func(codes []float32) ([]float32, error) {
		return model.Decode(ctx, codes, nil)
	}}
	img, err := m.Image()
	if err != nil {
		return err
	}
	return write(l.Run.Path(folder, manifold+".png"), img)
}

// Draw draws the grid into the pictures of a run, under a name that no earlier picture
// has. It returns the path.
func (m Manifold) Draw(dir string) (string, error) {
	img, err := m.Image()
	if err != nil {
		return "", err
	}
	path, err := inFolder(dir, unused(dir, manifold, ".png")+".png")
	if err != nil {
		return "", err
	}
	return path, write(path, img)
}

// Image draws the decoded images of a grid of codes at evenly spaced quantiles of N(0, I),
// so each image represents the same share of samples. The first value increases to the
// right, the second upwards.
func (m Manifold) Image() (image.Image, error) {
	const most = 1400 // pixels of a row of images
	side := max(4, min(manifoldSide, most/max(1, m.View.Shape.Width)))
	quantile := func(i int) float64 { return math.Sqrt2 * math.Erfinv(2*(float64(i)+0.5)/float64(side)-1) }
	var codes []float32
	for y := range side {
		for x := range side {
			codes = append(codes, float32(quantile(x)), float32(quantile(side-1-y)))
		}
	}
	images, err := m.Decode(codes)
	if err != nil {
		return nil, err
	}
	p := viz.Plane{Title: m.Title, XLabel: "first value of the code", YLabel: "second value of the code", Picture: mosaic(m.View.drawable(images), side), Ticks: normalTicks()}
	if m.Fitted {
		p.XLabel, p.YLabel = "first principal component of the codes, in standard deviations", "second principal component of the codes, in standard deviations"
	}
	p.Notes = []string{fmt.Sprintf("Both values are from %s to %s: %d evenly spaced quantiles of N(0, 1), from %.3g %% to %.3g %%. So each image stands for the same share of samples. The share below a tick is its quantile.",
		decimals(quantile(0), 2), decimals(quantile(side-1), 2), side, 50/float64(side), 100-50/float64(side))}
	return p.Image(), nil
}

// normalTicks are ticks at values of N(0, 1) on an axis of its quantiles.
func normalTicks() (ticks []viz.Tick) {
	for _, z := range []float64{-2, -1, -0.5, 0, 0.5, 1, 2} {
		at := (1 + math.Erf(z/math.Sqrt2)) / 2
		name := decimals(z, 1)
		if z == math.Trunc(z) {
			name = decimals(z, 0)
		}
		ticks = append(ticks, viz.Tick{At: at, Name: name, Note: fmt.Sprintf("%.0f %%", 100*at)})
	}
	return ticks
}

// mosaic joins images into one image without gaps. Each row has the given number of
// images.
func mosaic(m viz.Images, columns int) viz.Images {
	rows := m.Len() / columns
	whole := viz.Images{Channels: m.Channels, Height: rows * m.Height, Width: columns * m.Width}
	whole.Pixels = make([]float32, m.Channels*whole.Height*whole.Width)
	for i := range rows * columns {
		for line := range m.Channels * m.Height {
			channel, y := line/m.Height, line%m.Height
			at := (channel*whole.Height+i/columns*m.Height+y)*whole.Width + i%columns*m.Width
			copy(whole.Pixels[at:at+m.Width], m.Pixels[(i*m.Channels*m.Height+line)*m.Width:])
		}
	}
	return whole
}
