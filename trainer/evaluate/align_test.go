package evaluate

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// spread returns observations whose directions have clearly different variances.
func spread(rows, columns int) Matrix {
	m := random(rows, columns, 3)
	for i := range m.Values {
		m.Values[i] *= float32(columns - i%columns)
	}
	return m
}

// TestAlign makes decoders of known singular vectors.
func TestAlign(t *testing.T) {
	const d, l = 9, 3
	p, err := NewPCA(t.Context(), spread(400, d), l)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		basis   func(components *mat.Dense) // changes a copy of the components
		code    []float64                   // L×L: factor of the basis
		cosines []float64
		angles  []float64
	}{
		{"components in order", func(*mat.Dense) {}, []float64{0, 3, 0, -2, 0, 0, 0, 0, 1}, []float64{1, 1, 1}, []float64{0, 0, 0}},
		{"wrong order", func(*mat.Dense) {}, []float64{1, 0, 0, 0, 2, 0, 0, 0, 3}, []float64{0, 1, 0}, []float64{0, 0, 0}},
		{"one direction outside", func(c *mat.Dense) { turn(c, 2, 30) }, []float64{3, 0, 0, 0, 2, 0, 0, 0, 1}, []float64{1, 1, math.Sqrt(3) / 2}, []float64{0, 0, 30}},
	} {
		var w, basis mat.Dense
		basis.CloneFrom(p.Components)
		c.basis(&basis)
		w.Mul(&basis, mat.NewDense(l, l, c.code))
		a, err := p.Align(t.Context(), &w)
		if err != nil {
			t.Fatal(err)
		}
		for i := range l {
			if math.Abs(a.Cosines[i]-c.cosines[i]) > 1e-9 || math.Abs(a.Angles[i]-c.angles[i]) > 1e-5 || a.Singular[i] != a.Singular[0] && a.Singular[i] > a.Singular[i-1] {
				t.Errorf("%s: %+v, want cosines %v, angles %v", c.name, a, c.cosines, c.angles)
			}
			if product := mat.Dot(a.Vectors.ColView(i), p.Components.ColView(i)); product < -1e-9 {
				t.Errorf("%s: vector %d points away from its component: %g", c.name, i, product)
			}
		}
	}
	if _, err := p.Align(t.Context(), mat.NewDense(d, l+1, nil)); !isInput(err) {
		t.Errorf("the error for a decoder of another size is %v", err)
	}
}

// turn turns a column by degrees towards a direction outside all columns.
func turn(m *mat.Dense, column int, degrees float64) {
	d, _ := m.Dims()
	outside := mat.NewVecDense(d, nil)
	for i := range d {
		outside.SetVec(i, 1)
	}
	_, columns := m.Dims()
	for j := range columns {
		outside.AddScaledVec(outside, -mat.Dot(outside, m.ColView(j)), m.ColView(j))
	}
	outside.ScaleVec(math.Sin(degrees*math.Pi/180)/mat.Norm(outside, 2), outside)
	to := m.ColView(column).(*mat.VecDense)
	to.AddScaledVec(outside, math.Cos(degrees*math.Pi/180), to)
}

// TestErrors compares the errors with the variances of the data.
func TestErrors(t *testing.T) {
	x := spread(300, 8)
	p, err := NewPCA(t.Context(), x, 3)
	if err != nil {
		t.Fatal(err)
	}
	mean, components, err := p.Errors(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	scale := float64(x.Rows-1) / float64(x.Rows*x.Columns)
	left := p.Total
	for _, v := range p.Variance {
		left -= v
	}
	if want := p.Total * scale; math.Abs(mean-want) > 1e-5*want {
		t.Errorf("the error around the mean is %g, want %g", mean, want)
	}
	if want := left * scale; math.Abs(components-want) > 1e-4*want {
		t.Errorf("the error of the components is %g, want %g", components, want)
	}
}
