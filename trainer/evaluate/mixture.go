package evaluate

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"gaetrain/graph/kernel"
)

// MixtureOptions are the options of NewMixture. Only Clusters is required.
type MixtureOptions struct {
	Clusters   int
	Full       bool   // full covariances; false: diagonal covariances
	Restarts   int    // of k-means, from which the fit starts; 0: 10
	Batch      int    // observations per step of k-means; 0: all
	Iterations int    // maximum; 0: 200
	Seed       uint64 // of k-means
}

// Mixture is a mixture of K Gaussians, p(x) = Σ_k Weights_k N(x; Means_k, Σ_k).
type Mixture struct {
	Weights       []float64 // K
	Means         Matrix    // K×D
	Clusters      []int     // N: the most probable component of each observation
	LogLikelihood float64   // per observation, in nats
	BIC           float64   // −2 log-likelihood + parameters · log N (Schwarz 1978): smaller is better
	Iterations    int
}

const (
	mixtureTolerance = 1e-3 // nats per observation: a smaller gain ends the fit
	varianceFloor    = 1e-6 // relative to the mean variance, added to each variance, so that no component shrinks to a point
)

// NewMixture fits a mixture to x (N×D) by expectation maximisation (Dempster
// 1977) with all probabilities as logarithms, from the clusters of k-means.
// Errors wrap ErrInput or the context's.
func NewMixture(ctx context.Context, x Matrix, o MixtureOptions) (*Mixture, error) {
	if o.Iterations < 0 {
		return nil, fmt.Errorf("%w: %d iterations; hint: 0 or more", ErrInput, o.Iterations)
	}
	if err := fits("a mixture with full covariances", x.Columns, 3+o.Clusters); o.Full && err != nil {
		return nil, err
	}
	start, err := NewKMeans(ctx, x, KMeansOptions{Clusters: o.Clusters, Restarts: o.Restarts, Batch: o.Batch, Seed: o.Seed})
	if err != nil {
		return nil, err
	}
	if o.Iterations == 0 {
		o.Iterations = 200
	}
	m := &mixtureSearch{x: x, full: o.Full, floor: varianceFloor*x.spread()/float64(x.Rows*x.Columns) + math.SmallestNonzeroFloat32}
	m.shares, m.components = newMatrix(x.Rows, o.Clusters), make([]component, o.Clusters)
	for i, c := range start.Clusters {
		m.shares.Row(i)[c] = 1
	}
	likelihood, iterations := math.Inf(-1), 0
	for iterations < o.Iterations {
		iterations++
		if err := m.maximise(ctx); err != nil {
			return nil, err
		}
		before := likelihood
		if likelihood, err = m.expect(ctx); err != nil {
			return nil, err
		}
		if likelihood-before < mixtureTolerance {
			break
		}
	}
	return m.result(likelihood, iterations), nil
}

// mixtureSearch alternates between updates of the components and of their shares in
// the observations.
type mixtureSearch struct {
	x          Matrix
	full       bool
	floor      float64
	shares     Matrix // N×K: p(k|x), each row sums to 1
	components []component
}

// component is a weighted Gaussian. whiten transforms deviations from its mean into
// values with the covariance I.
type component struct {
	mean      []float64 // D
	logWeight float64
	logScale  float64   // log |whiten| − D/2·log 2π
	whiten    []float32 // D×D, upper triangular; for a diagonal covariance its diagonal (D)
}

// expect computes the shares, and returns the log-likelihood per observation.
func (m *mixtureSearch) expect(ctx context.Context) (float64, error) {
	likelihoods := make([]float64, m.x.Rows)
	parallel(m.x.Rows, blockRows, func(from, to int) {
		for offset, block := range m.x.Slice(from, to).blocks() {
			if ctx.Err() != nil {
				return
			}
			m.expectBlock(from+offset, block, likelihoods[from+offset:])
		}
	})
	return floats.Sum(likelihoods) / float64(m.x.Rows), ctx.Err()
}

func (m *mixtureSearch) expectBlock(first int, block Matrix, likelihoods []float64) {
	k := len(m.components)
	logs := make([]float64, block.Rows*k)
	deviations, whitened := newMatrix(block.Rows, block.Columns), newMatrix(block.Rows, block.Columns)
	for c, component := range m.components {
		deviations.minus(block, component.mean)
		component.whitened(whitened, deviations)
		for i := range block.Rows {
			logs[i*k+c] = component.logWeight + component.logScale - kernel.SumSquares(whitened.Row(i))/2
		}
	}
	for i := range block.Rows {
		row := logs[i*k : (i+1)*k]
		likelihoods[i] = floats.LogSumExp(row)
		for c, v := range row {
			m.shares.Row(first + i)[c] = float32(math.Exp(v - likelihoods[i]))
		}
	}
}

// whitened writes deviations·whiten into dst (N×D).
func (c component) whitened(dst, deviations Matrix) {
	n, d := deviations.Rows, deviations.Columns
	if len(c.whiten) > d {
		kernel.Gemm(false, false, n, d, d, 1, deviations.Values, d, c.whiten, d, 0, dst.Values, d)
		return
	}
	for i := range n {
		kernel.Multiply(dst.Row(i), deviations.Row(i), c.whiten)
	}
}

// maximise fits the components to their shares.
func (m *mixtureSearch) maximise(ctx context.Context) error {
	k := len(m.components)
	errs := make([]error, k)
	parallel(k, 1, func(from, to int) {
		for c := from; c < to; c++ {
			if errs[c] = ctx.Err(); errs[c] == nil {
				m.components[c], errs[c] = m.fit(c)
			}
		}
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// fit returns component c with the highest likelihood of the observations, which are
// weighted by its shares.
func (m *mixtureSearch) fit(c int) (component, error) {
	d := m.x.Columns
	total, mean := 0.0, make([]float64, d)
	for i := range m.x.Rows {
		share := float64(m.shares.Row(i)[c])
		if share == 0 {
			continue
		}
		total += share
		for j, v := range m.x.Row(i) {
			mean[j] += share * float64(v)
		}
	}
	total = max(total, math.SmallestNonzeroFloat32)
	floats.Scale(1/total, mean)
	g := component{mean: mean, logWeight: math.Log(total / float64(m.x.Rows)), logScale: -float64(d) / 2 * math.Log(2*math.Pi)}
	if m.full {
		return g, g.whitenFull(m.covariance(c, mean, total))
	}
	for _, v := range m.variance(c, mean, total) {
		g.whiten = append(g.whiten, float32(1/math.Sqrt(v)))
		g.logScale -= math.Log(v) / 2
	}
	return g, nil
}

// variance returns the variance of each value in a component of diagonal
// covariance.
func (m *mixtureSearch) variance(c int, mean []float64, total float64) []float64 {
	variance := make([]float64, m.x.Columns)
	for i := range m.x.Rows {
		if share := float64(m.shares.Row(i)[c]); share > 0 {
			for j, v := range m.x.Row(i) {
				deviation := float64(v) - mean[j]
				variance[j] += share * deviation * deviation
			}
		}
	}
	for j := range variance {
		variance[j] = variance[j]/total + m.floor
	}
	return variance
}

// covariance returns the covariance D×D of a component.
func (m *mixtureSearch) covariance(c int, mean []float64, total float64) *mat.SymDense {
	d := m.x.Columns
	sum, product := make([]float64, d*d), make([]float32, d*d)
	weighted := newMatrix(min(blockRows, m.x.Rows), d)
	for from, block := range m.x.blocks() {
		weighted.minus(block, mean)
		for i := range block.Rows {
			kernel.Scale(float32(math.Sqrt(float64(m.shares.Row(from + i)[c]))), weighted.Row(i))
		}
		kernel.Gemm(true, false, d, d, block.Rows, 1, weighted.Values, d, weighted.Values, d, 0, product, d)
		for i, v := range product {
			sum[i] += float64(v) / total
		}
	}
	for j := range d {
		sum[j*(d+1)] += m.floor
	}
	return mat.NewSymDense(d, sum)
}

// whitenFull finds whiten = U⁻¹ of a covariance UᵀU.
func (c *component) whitenFull(covariance *mat.SymDense) error {
	d := covariance.SymmetricDim()
	var cholesky mat.Cholesky
	if !cholesky.Factorize(covariance) {
		return fmt.Errorf("%w: a covariance of %d×%d is not positive definite; hint: diagonal covariances, or fewer values", ErrInput, d, d)
	}
	var factor, inverse mat.TriDense
	cholesky.UTo(&factor)
	if err := inverse.InverseTri(&factor); err != nil {
		if _, bad := err.(mat.Condition); !bad {
			return fmt.Errorf("%w: covariance of %d×%d: %w", ErrInput, d, d, err)
		}
	}
	c.whiten = make([]float32, d*d)
	for i := range d {
		for j := i; j < d; j++ {
			c.whiten[i*d+j] = float32(inverse.At(i, j))
		}
	}
	c.logScale -= cholesky.LogDet() / 2
	return nil
}

func (m *mixtureSearch) result(likelihood float64, iterations int) *Mixture {
	n, k, d := float64(m.x.Rows), len(m.components), m.x.Columns
	parameters := k - 1 + 2*k*d
	if m.full {
		parameters = k - 1 + k*d + k*d*(d+1)/2
	}
	r := &Mixture{LogLikelihood: likelihood, BIC: -2*n*likelihood + float64(parameters)*math.Log(n), Iterations: iterations}
	r.Means, r.Clusters = newMatrix(k, d), Classes(m.shares.Values, k)
	for c, component := range m.components {
		r.Weights = append(r.Weights, math.Exp(component.logWeight))
		for j, v := range component.mean {
			r.Means.Row(c)[j] = float32(v)
		}
	}
	return r
}
