package evaluate

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// random returns an N×D matrix of correlated normal numbers with a mean that is
// not zero.
func random(rows, columns int, seed uint64) Matrix {
	r := rand.New(rand.NewPCG(seed, 0))
	m := newMatrix(rows, columns)
	for i := range rows {
		row, common := m.Row(i), r.NormFloat64()
		for j := range row {
			row[j] = float32(3 + common*float64(j%3) + r.NormFloat64()*float64(j+1)/4)
		}
	}
	return m
}

func (m Matrix) dense() *mat.Dense {
	values := make([]float64, len(m.Values))
	for i, v := range m.Values {
		values[i] = float64(v)
	}
	return mat.NewDense(m.Rows, m.Columns, values)
}

// TestPCA compares with the PCA of gonum, which decomposes the matrix in float64.
func TestPCA(t *testing.T) {
	for _, shape := range [][2]int{{700, 12}, {9, 12}, {60, 300}} {
		x := random(shape[0], shape[1], 1)
		const size = 4
		p, err := NewPCA(t.Context(), x, size)
		if err != nil {
			t.Fatal(err)
		}
		var want stat.PC
		if !want.PrincipalComponents(x.dense(), nil) {
			t.Fatal("gonum finds no components")
		}
		var vectors mat.Dense
		want.VectorsTo(&vectors)
		for l, v := range want.VarsTo(nil)[:size] {
			if math.Abs(p.Variance[l]/v-1) > 1e-5 {
				t.Errorf("%v: component %d explains %g, want %g", shape, l, p.Variance[l], v)
			}
			if dot := mat.Dot(p.Components.ColView(l), vectors.ColView(l)); math.Abs(math.Abs(dot)-1) > 1e-5 {
				t.Errorf("%v: component %d has the cosine %g to the component of gonum", shape, l, dot)
			}
		}
	}
}

// TestPCAOfEqualRows has fewer directions with variance than components. The components are
// orthonormal nevertheless, and explain all variance.
func TestPCAOfEqualRows(t *testing.T) {
	x := random(10, 12, 4)
	for i := range 5 {
		copy(x.Row(2*i), x.Row(2*i+1))
	}
	p, err := NewPCA(t.Context(), x, 7)
	if err != nil {
		t.Fatal(err)
	}
	var products mat.Dense
	products.Mul(p.Components.T(), p.Components)
	if !mat.EqualApprox(&products, mat.NewDiagDense(7, []float64{1, 1, 1, 1, 1, 1, 1}), 1e-6) {
		t.Errorf("the components are not orthonormal: %v", mat.Formatted(&products))
	}
	if sum := floats.Sum(p.Variance); math.Abs(sum-p.Total) > 1e-5*p.Total {
		t.Errorf("the components explain %g of %g", sum, p.Total)
	}
}

// TestPCAInverse checks that the squared error of reconstructions is the variance
// that is not explained, and 0 if all components are kept.
func TestPCAInverse(t *testing.T) {
	x := random(700, 12, 2)
	for _, size := range []int{1, 5, 12} {
		p, err := NewPCA(t.Context(), x, size)
		if err != nil {
			t.Fatal(err)
		}
		back := p.Inverse(p.Transform(x))
		got, want := 0.0, p.Total
		for i, v := range back.Values {
			got += math.Pow(float64(v)-float64(x.Values[i]), 2)
		}
		for _, v := range p.Variance {
			want -= v
		}
		if got /= float64(x.Rows - 1); math.Abs(got-want) > 1e-5*p.Total {
			t.Errorf("%d components: squared error %g, want %g", size, got, want)
		}
	}
}

func TestPCARefuses(t *testing.T) {
	x := random(5, 3, 3)
	bad := random(5, 3, 3)
	bad.Values[7] = float32(math.NaN())
	for name, c := range map[string]struct {
		x    Matrix
		size int
	}{"no size": {x, 0}, "too many": {x, 4}, "no rows": {Matrix{Columns: 3}, 1}, "not finite": {bad, 1}, "short": {Matrix{9, 3, x.Values}, 1}} {
		if _, err := NewPCA(t.Context(), c.x, c.size); !isInput(err) {
			t.Errorf("%s: error %v, want one that wraps ErrInput", name, err)
		}
	}
}

// TestPCADraw checks that samples have the moments of the data.
func TestPCADraw(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 9))
	x, noise := newMatrix(4000, 3), newMatrix(20000, 3)
	for i := range x.Rows {
		a, b, c := random.NormFloat64(), random.NormFloat64(), random.NormFloat64()
		copy(x.Row(i), []float32{float32(1 + 2*a), float32(a + 0.5*b), float32(-3 + 0.1*c)})
	}
	for i := range noise.Values {
		noise.Values[i] = float32(random.NormFloat64())
	}
	p, err := NewPCA(t.Context(), x, 3)
	if err != nil {
		t.Fatal(err)
	}
	wantMean, want, err := Moments(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	mean, covariance, err := Moments(t.Context(), p.Draw(noise))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if math.Abs(mean[i]-wantMean[i]) > 0.05 || math.Abs(p.Deviation(i)-math.Sqrt(want.At(i, i))) > 1e-4 {
			t.Errorf("mean %d is %g, deviation %g; want %g and %g", i, mean[i], p.Deviation(i), wantMean[i], math.Sqrt(want.At(i, i)))
		}
		for j := range 3 {
			if math.Abs(covariance.At(i, j)-want.At(i, j)) > 0.1 {
				t.Errorf("covariance %d,%d is %g, want %g", i, j, covariance.At(i, j), want.At(i, j))
			}
		}
	}
}
