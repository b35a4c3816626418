package pictures

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/viz"
)

const (
	manifold        = "manifold"
	manifoldSide    = 20 // images along each value of a code, at most
	manifoldClasses = 32 // grids of a conditional model, at most
	manifoldColumns = 5  // of these grids
)

// Manifold is a picture of the decoded grid of a 2-D latent space, or of one grid for each
// class.
type Manifold struct {
	Title string
	View  View
	// Classes are the names of the classes of a conditional model; nil: there is one grid.
	Classes []string
	// Fitted says that codes come from a Gaussian that is fitted to the codes of training
	// images, instead of N(0, I).
	Fitted bool
	// Decode decodes codes (N×2) that are given as samples of N(0, I), for the class with
	// an index of Classes.
	Decode func(codes []float32, class int) ([]float32, error)
}

// drawManifold draws the decoded grid of a 2-D latent space if the model has a prior. A
// conditional model has a grid for each class.
func drawManifold(ctx context.Context, l *trainer.Loop) error {
	model := l.Trained()
	if !model.HasNormalPrior() || model.CodeSize() != 2 {
		return nil
	}
	m := Manifold{Title: heading(l) + ": decoded grid of the 2-D latent space", View: ViewOf(model), Decode: func(codes []float32, class int) ([]float32, error) {
		if !model.Conditional() {
			return model.Decode(ctx, codes, nil)
		}
		return model.Decode(ctx, codes, slices.Repeat([]loaders.Label{loaders.Label(class)}, len(codes)/2))
	}}
	if model.Conditional() {
		m.Title, m.Classes = m.Title+" for each class", l.Data.Classes
	}
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
	if m.Classes != nil {
		return m.grids()
	}
	side := m.side(1)
	grid, err := m.grid(side, 0)
	if err != nil {
		return nil, err
	}
	p := viz.Plane{Title: m.Title, XLabel: "first value of the code", YLabel: "second value of the code", Picture: grid, Ticks: normalTicks()}
	if m.Fitted {
		p.XLabel, p.YLabel = "first principal component of the codes, in standard deviations", "second principal component of the codes, in standard deviations"
	}
	p.Notes = []string{gridNote(side) + " The share below a tick is its quantile."}
	return p.Image(), nil
}

// grids draws the grid of each class.
func (m Manifold) grids() (image.Image, error) {
	shown := m.Classes[:min(len(m.Classes), manifoldClasses)]
	columns := min(len(shown), manifoldColumns)
	side := m.side(columns)
	row := viz.Row{Captions: shown}
	for class := range shown {
		grid, err := m.grid(side, class)
		if err != nil {
			return nil, err
		}
		pixels := append(row.Images.Pixels, grid.Pixels...)
		row.Images, row.Images.Pixels = grid, pixels
	}
	notes := []string{gridNote(side) + " The first value increases to the right, the second upwards."}
	if len(shown) < len(m.Classes) {
		notes = append(notes, fmt.Sprintf("The first %d of %d classes are shown.", len(shown), len(m.Classes)))
	}
	return viz.Sheet{Title: m.Title, Columns: columns, Rows: []viz.Row{row}, Notes: notes}.Image(), nil
}

// side is the number of images along each value of a code, if the given number of grids
// are side by side.
func (m Manifold) side(grids int) int {
	const most = 1400 // pixels of a row of images
	return max(4, min(manifoldSide/min(2, grids), most/grids/max(1, m.View.Shape.Width)))
}

// quantile is the value of row or column i of a grid.
func quantile(i, side int) float64 {
	return math.Sqrt2 * math.Erfinv(2*(float64(i)+0.5)/float64(side)-1)
}

// grid decodes the grid of a class as one image.
func (m Manifold) grid(side, class int) (viz.Images, error) {
	var codes []float32
	for y := range side {
		for x := range side {
			codes = append(codes, float32(quantile(x, side)), float32(quantile(side-1-y, side)))
		}
	}
	images, err := m.Decode(codes, class)
	if err != nil {
		return viz.Images{}, err
	}
	return mosaic(m.View.drawable(images), side), nil
}

func gridNote(side int) string {
	return fmt.Sprintf("Both values are from %s to %s: %d evenly spaced quantiles of N(0, 1), from %.3g %% to %.3g %%. So each image stands for the same share of samples.",
		decimals(quantile(0, side), 2), decimals(quantile(side-1, side), 2), side, 50/float64(side), 100-50/float64(side))
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
