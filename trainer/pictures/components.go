package pictures

import (
	"gonum.org/v1/gonum/mat"

	"gaetrain/loaders"
	"gaetrain/viz"
)

// DrawComponents draws principal components D×L as images into the pictures of a run.
// The left singular vectors of a linear decoder are drawn below them (nil for none).
func DrawComponents(dir, title string, shape loaders.Shape, components, vectors *mat.Dense) error {
	rows := []viz.Row{{Label: "principal components", Images: columnsOf(components, shape)}}
	if vectors != nil {
		rows = append(rows, viz.Row{Label: "left singular vectors of the decoder", Images: columnsOf(vectors, shape)})
	}
	path, err := inFolder(dir, "components.png")
	if err != nil {
		return err
	}
	return write(path, viz.FilterRows(title, 0, rows...))
}

// columnsOf shows the columns of a matrix D×L as images.
func columnsOf(vectors *mat.Dense, shape loaders.Shape) viz.Images {
	m := viz.Images{Channels: shape.Channels, Height: shape.Height, Width: shape.Width}
	for _, v := range mat.DenseCopyOf(vectors.T()).RawMatrix().Data {
		m.Pixels = append(m.Pixels, float32(v))
	}
	return m
}
