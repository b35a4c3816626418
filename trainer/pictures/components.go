package pictures

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"gaetrain/viz"
)

// DrawComponents draws principal components D×L as images, or as curves, into the
// pictures of a run. The left singular vectors of a linear decoder are drawn below them
// (nil for none).
func DrawComponents(dir, title string, v View, components, vectors *mat.Dense) error {
	path, err := inFolder(dir, "components.png")
	if err != nil {
		return err
	}
	rows := []Row{{Label: "principal components", Values: columnsOf(components)}}
	if vectors != nil {
		rows = append(rows, Row{Label: "left singular vectors of the decoder", Values: columnsOf(vectors)})
	}
	if v.Shape.IsImage() {
		s := View{Shape: v.Shape}.sheet(title, columns, rows...)
		for i := range s.Rows {
			s.Rows[i].Colours = viz.Weights
		}
		return write(path, s.Image())
	}
	_, count := components.Dims()
	names := make([]string, count)
	for i := range names {
		names[i] = fmt.Sprintf("component %d", i+1)
	}
	v.Data.Scaling = nil // the values of a direction have no unit
	return write(path, v.columns(title, 0, names, rows...))
}

// columnsOf returns the columns of a matrix D×L, one after the other.
func columnsOf(vectors *mat.Dense) (values []float32) {
	for _, v := range mat.DenseCopyOf(vectors.T()).RawMatrix().Data {
		values = append(values, float32(v))
	}
	return values
}
