package evaluate

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
)

const streamSubspace noise.Stream = 31

const (
	oversampling   = 16   // directions in addition to the components
	subspaceSteps  = 60   // maximum
	subspaceChange = 5e-4 // the iteration stops when a step gains less than this share of the variance outside
)

// PCAError returns the squared error per value with which the principal components of
// train (N×D) reconstruct test (M×D), as [PCA.Errors] does, for fewer components than
// D. It iterates a subspace (Halko 2011) instead of decomposing the covariance: this
// is many times faster, and the result agrees to 0.1 %. Errors are those of NewPCA.
func PCAError(ctx context.Context, train, test Observations, components int) (float64, error) {
	if err := train.check(); err != nil {
		return 0, err
	}
	_, d := train.size()
	if components < 1 || components >= d {
		return 0, fmt.Errorf("%w: %d components of %d values; hint: at least 1, and fewer than values", ErrInput, components, d)
	}
	if rows, columns := test.size(); columns != d || rows == 0 {
		return 0, fmt.Errorf("%w: %d×%d test values for PCA on %d columns", ErrInput, rows, columns, d)
	}
	mean, err := meanRow(ctx, train)
	if err != nil {
		return 0, err
	}
	s, err := newSubspace(ctx, train, mean, components)
	if err != nil {
		return 0, err
	}
	if err := s.iterate(ctx); err != nil {
		return 0, err
	}
	if err := s.principal(ctx, components); err != nil {
		return 0, err
	}
	return s.error(ctx, test, mean)
}

// subspace is an estimate of the span of the principal components.
type subspace struct {
	basis   Matrix  // B×D, orthonormal rows
	centred *Matrix // N×D; nil if the covariance is smaller
	product Matrix  // of the basis and the covariance, B×D
	scores  Matrix  // B×N, with centred

	covariance []float32 // D×D
	total      float64   // variance of all directions
}

func newSubspace(ctx context.Context, x Observations, mean []float64, components int) (*subspace, error) {
	rows, d := x.size()
	b := min(components+oversampling, d)
	s := &subspace{basis: newMatrix(b, d), product: newMatrix(b, d)}
	noise.Normal(s.basis.Values, noise.Key{Stream: streamSubspace})
	s.basis.orthonormalise()
	if rows < d {
		centred, err := centredRows(ctx, x, mean)
		s.centred, s.scores, s.total = &centred, newMatrix(b, rows), dot(centred.Values, centred.Values)
		return s, err
	}
	if err := fits("a PCA", d, 2); err != nil {
		return nil, err
	}
	half, err := newCovariances(ctx, x, mean)
	if err != nil {
		return nil, err
	}
	s.covariance = make([]float32, d*d)
	half.each(func(i, j int, v float64) {
		s.covariance[i*d+j], s.covariance[j*d+i] = float32(v), float32(v)
		if i == j {
			s.total += v
		}
	})
	return s, nil
}

// multiply computes the product, up to a factor, and returns the variance in the
// subspace.
func (s *subspace) multiply() (variance float64) {
	b, d := s.basis.Rows, s.basis.Columns
	if s.centred != nil {
		n := s.centred.Rows
		kernel.Gemm(false, true, b, n, d, 1, s.basis.Values, d, s.centred.Values, d, 0, s.scores.Values, n)
		kernel.Gemm(false, false, b, d, n, 1, s.scores.Values, n, s.centred.Values, d, 0, s.product.Values, d)
	} else {
		kernel.Gemm(false, false, b, d, d, 1, s.basis.Values, d, s.covariance, d, 0, s.product.Values, d)
	}
	for i := range b {
		variance += dot(s.basis.Row(i), s.product.Row(i))
	}
	return variance
}

// iterate multiplies the basis with the covariance until the variance in its span no
// longer grows.
func (s *subspace) iterate(ctx context.Context) error {
	before := 0.0
	for range subspaceSteps {
		if err := ctx.Err(); err != nil {
			return err
		}
		variance := s.multiply()
		if variance-before <= subspaceChange*(s.total-variance) {
			return nil
		}
		before = variance
		copy(s.basis.Values, s.product.Values)
		s.basis.orthonormalise()
	}
	s.multiply()
	return nil
}

// principal rotates the basis to its principal directions, and keeps the first ones.
func (s *subspace) principal(ctx context.Context, components int) error {
	b, d := s.basis.Rows, s.basis.Columns
	within := mat.NewSymDense(b, nil)
	for i := range b {
		for j := i; j < b; j++ {
			within.SetSym(i, j, dot(s.basis.Row(i), s.product.Row(j)))
		}
	}
	_, vectors, err := eigenOf(ctx, within, true) // smallest first
	if err != nil {
		return err
	}
	turned := newMatrix(components, d)
	for k := range components {
		row := turned.Row(k)
		for i := range b {
			kernel.Axpy(float32(vectors.At(i, b-1-k)), s.basis.Row(i), row)
		}
	}
	s.basis = turned
	return nil
}

// error is the mean squared error per value of x − mean outside the subspace.
func (s *subspace) error(ctx context.Context, x Observations, mean []float64) (float64, error) {
	rows, _ := x.size()
	l, d := s.basis.Rows, s.basis.Columns
	centred, codes := newMatrix(min(blockRows, rows), d), newMatrix(min(blockRows, rows), l)
	left := 0.0
	err := x.read(ctx, func(_ int, block Matrix) {
		centred.minus(block, mean)
		kernel.Gemm(false, true, block.Rows, l, d, 1, centred.Values, d, s.basis.Values, d, 0, codes.Values, l)
		for i := range block.Rows {
			left += dot(centred.Row(i), centred.Row(i)) - dot(codes.Row(i), codes.Row(i))
		}
	})
	return math.Max(left, 0) / float64(rows) / float64(d), err
}

// orthonormalise makes the rows of m orthonormal (Gram–Schmidt, twice for accuracy).
// Rows that depend linearly on earlier rows become 0.
func (m Matrix) orthonormalise() {
	for i := range m.Rows {
		row := m.Row(i)
		size := math.Sqrt(dot(row, row))
		for range 2 {
			for j := range i {
				other := m.Row(j)
				kernel.Axpy(-float32(dot(row, other)), other, row)
			}
		}
		left := math.Sqrt(dot(row, row))
		if left <= 1e-5*size {
			clear(row)
			continue
		}
		kernel.Scale(float32(1/left), row)
	}
}

// dot has four sums, because each addition waits for the one before it.
func dot(a, b []float32) float64 {
	var sums [4]float64
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		sums[0] += float64(a[i]) * float64(b[i])
		sums[1] += float64(a[i+1]) * float64(b[i+1])
		sums[2] += float64(a[i+2]) * float64(b[i+2])
		sums[3] += float64(a[i+3]) * float64(b[i+3])
	}
	for ; i < len(a); i++ {
		sums[0] += float64(a[i]) * float64(b[i])
	}
	return sums[0] + sums[1] + (sums[2] + sums[3])
}

// AgainstPCA says how a squared error compares with the error of PCA with the given
// number of components, such as "25 % higher than PCA with 3 components (0.008)". It
// returns "" if that error is 0.
func AgainstPCA(mse float64, components int, linear float64) string {
	if linear == 0 {
		return ""
	}
	pca := fmt.Sprintf("PCA with %d components (%.4g)", components, linear)
	ratio := mse / linear
	switch share := math.Round(100 * (ratio - 1)); {
	case ratio >= 1000:
		return "more than 1,000 times that of " + pca
	case share >= 100:
		return fmt.Sprintf("%.1f times that of %s", ratio, pca)
	case share < 0:
		return fmt.Sprintf("%.0f %% lower than %s", -share, pca)
	case share > 0:
		return fmt.Sprintf("%.0f %% higher than %s", share, pca)
	}
	return "within 0.5 % of " + pca
}
