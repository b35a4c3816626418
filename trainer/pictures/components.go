package pictures

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"gaetrain/viz"
)

// DrawComponents draws principal components D×L as images, or as curves, into the
// pictures of a run, with their shares of the variance (L). The left singular vectors of a
// linear decoder are drawn below them (nil for none).
func DrawComponents(dir, title string, v View, components, vectors *mat.Dense, shares []float64) error {
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
		for _, share := range shares {
			s.Rows[0].Captions = append(s.Rows[0].Captions, percentOf(share))
		}
		s.Scale = "each direction scaled by its largest magnitude"
		s.Notes = []string{"The number below a component is its share of the variance of the training images."}
		return write(path, s.Image())
	}
	_, count := components.Dims()
	names := make([]string, count)
	for i := range names {
		names[i] = fmt.Sprintf("component %d", i+1)
		if i < len(shares) {
			names[i] += fmt.Sprintf(", %s of the variance", percentOf(shares[i]))
		}
	}
	v.Data.Scaling = nil // the values of a direction have no unit
	return write(path, v.columns(title, 0, names, rows...))
}

// percentOf is a share with two digits.
func percentOf(share float64) string { return fmt.Sprintf("%.2g %%", 100*share) }

// columnsOf returns the columns of a matrix D×L, one after the other.
func columnsOf(vectors *mat.Dense) (values []float32) {
	for _, v := range mat.DenseCopyOf(vectors.T()).RawMatrix().Data {
		values = append(values, float32(v))
	}
	return values
}
