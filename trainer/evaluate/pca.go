package evaluate

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"gaetrain/graph/kernel"
)

// PCA are the L directions in which observations vary most (Pearson 1901): the
// eigenvectors of their covariance with the largest eigenvalues. No other linear
// code of size L has a smaller squared error.
type PCA struct {
	Mean       []float64  // D
	Components *mat.Dense // D×L with orthonormal columns; the largest entry of each is positive
	Variance   []float64  // L: explained by each component, largest first
	Total      float64    // total variance of all D directions

	components []float32 // Components, D×L, for products
}

// NewPCA finds the principal components of x (N×D), 1 ≤ components ≤ D.
// Variances are divided by N−1. x is read twice. Memory is D², or N·D + N² if N is smaller.
// Errors wrap ErrInput or are those of the context or of the store of images.
func NewPCA(ctx context.Context, x Observations, components int) (*PCA, error) {
	if err := x.check(); err != nil {
		return nil, err
	}
	rows, d := x.size()
	if components < 1 || components > d {
		return nil, fmt.Errorf("%w: %d components of %d values; hint: from 1 to the number of values", ErrInput, components, d)
	}
	mean, err := meanRow(ctx, x)
	if err != nil {
		return nil, err
	}
	p := &PCA{Mean: mean, Components: mat.NewDense(d, components, nil)}
	if components < rows && rows < d {
		if done, err := p.fewRows(ctx, x, components); done || err != nil {
			return p, err
		}
	}
	if err := fits("a PCA", d, 5); err != nil {
		return nil, err
	}
	covariance, err := covariance(ctx, x, p.Mean)
	if err != nil {
		return nil, err
	}
	p.Total = mat.Trace(covariance)
	values, vectors, err := eigenOf(ctx, covariance, true) // smallest first
	if err != nil {
		return nil, err
	}
	for l := range components {
		from := d - 1 - l
		p.Variance = append(p.Variance, max(values[from], 0))
		p.Components.SetCol(l, mat.Col(nil, from, vectors))
	}
	p.orient()
	return p, nil
}

// covariance returns the covariance D×D of x around its mean.
func covariance(ctx context.Context, x Observations, mean []float64) (*mat.SymDense, error) {
	half, err := newCovariances(ctx, x, mean)
	if err != nil {
		return nil, err
	}
	_, d := x.size()
	whole := mat.NewSymDense(d, nil)
	half.each(func(i, j int, v float64) { whole.SetSym(i, j, v) })
	return whole, nil
}

// bandRows is the number of rows of a band. Smaller bands compute less below the diagonal
// in vain, but products of few rows are slower.
const bandRows = 128

// covariances are the entries i ≤ j of a covariance D×D. Band b has the columns from
// b·bandRows on of the next bandRows rows.
type covariances struct {
	columns int
	bands   [][]float64
}

// newCovariances computes the covariance of x around its mean. Products of a block of rows
// are summed in float32, and blocks in float64.
func newCovariances(ctx context.Context, x Observations, mean []float64) (covariances, error) {
	rows, d := x.size()
	c := covariances{columns: d}
	for from := 0; from < d; from += bandRows {
		c.bands = append(c.bands, make([]float64, min(bandRows, d-from)*(d-from)))
	}
	centred, product := newMatrix(min(blockRows, rows), d), make([]float32, min(bandRows, d)*d)
	err := x.read(ctx, func(_ int, block Matrix) {
		centred.minus(block, mean)
		for b, band := range c.bands {
			from := b * bandRows
			width, values := d-from, centred.Values[from:]
			kernel.Gemm(true, false, len(band)/width, width, block.Rows, 1, values, d, values, d, 0, product, width)
			parallel(len(band), 4096, func(from, to int) {
				part := band[from:to]
				for i, v := range product[from:to] {
					part[i] += float64(v)
				}
			})
		}
	})
	for _, band := range c.bands {
		for i := range band {
			band[i] /= float64(max(rows-1, 1))
		}
	}
	return c, err
}

// each calls do with the entries i ≤ j.
func (c covariances) each(do func(i, j int, v float64)) {
	for b, band := range c.bands {
		from := b * bandRows
		width := c.columns - from
		for i := range len(band) / width {
			for j := i; j < width; j++ {
				do(from+i, from+j, band[i*width+j])
			}
		}
	}
}

// orient sets the signs of the components, which the decomposition does not determine.
func (p *PCA) orient() {
	d, l := p.Components.Dims()
	for j := range l {
		column := mat.Col(nil, j, p.Components)
		largest := 0.0
		for _, v := range column {
			if math.Abs(v) > math.Abs(largest) {
				largest = v
			}
		}
		for i, v := range column {
			p.Components.Set(i, j, math.Copysign(1, largest)*v)
		}
	}
	p.components = make([]float32, d*l)
	for i, v := range p.Components.RawMatrix().Data {
		p.components[i] = float32(v)
	}
}

// Transform returns the codes N×L of x (N×D): z = (x − mean)·Components.
func (p *PCA) Transform(x Matrix) Matrix {
	d, l := p.Components.Dims()
	codes, centred := newMatrix(x.Rows, l), newMatrix(min(blockRows, x.Rows), d)
	for from, block := range x.blocks() {
		centred.minus(block, p.Mean)
		kernel.Gemm(false, false, block.Rows, l, d, 1, centred.Values, d, p.components, l, 0, codes.Values[from*l:], l)
	}
	return codes
}

// Inverse returns the reconstructions N×D of codes z (N×L): x̂ = z·Componentsᵀ + mean.
func (p *PCA) Inverse(z Matrix) Matrix {
	d, l := p.Components.Dims()
	mean := make([]float32, d)
	for j, v := range p.Mean {
		mean[j] = float32(v)
	}
	x := newMatrix(z.Rows, d)
	kernel.Affine(kernel.Float32, kernel.Linear, true, z.Rows, d, l, z.Values, p.components, mean, x.Values)
	return x
}

// Draw returns samples (N×D) of the Gaussian that has the mean of the data and its
// variances along the components: x = mean + Components·√Variance ⊙ ε
// (noise ε: N×L, standard normal numbers).
func (p *PCA) Draw(noise Matrix) Matrix {
	codes := newMatrix(noise.Rows, noise.Columns)
	for i := range noise.Rows {
		row := codes.Row(i)
		for j, v := range noise.Row(i) {
			row[j] = float32(math.Sqrt(p.Variance[j])) * v
		}
	}
	return p.Inverse(codes)
}

// Share is the share of the variance of the data that component i explains; 0 for data
// that are all equal.
func (p *PCA) Share(i int) float64 { return p.Variance[i] / max(p.Total, math.SmallestNonzeroFloat64) }

// Deviation is the standard deviation of value d that the components explain.
func (p *PCA) Deviation(d int) float64 {
	var variance float64
	for j, v := range p.Variance {
		c := p.Components.At(d, j)
		variance += c * c * v
	}
	return math.Sqrt(variance)
}
