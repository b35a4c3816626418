package evaluate

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"gaetrain/graph/kernel"
)

// Posterior are the Gaussian posteriors of codes, one for each of N
// observations: N(μ, σ²) in each of L dimensions.
type Posterior struct {
	Means, LogVariances Matrix // N×L
}

// NewPosterior checks means and log-variances (N×L). Errors wrap ErrInput.
func NewPosterior(means, logVariances Matrix) (Posterior, error) {
	p := Posterior{means, logVariances}
	if err := means.check(); err != nil {
		return p, err
	}
	if err := logVariances.check(); err != nil {
		return p, err
	}
	if means.Rows != logVariances.Rows || means.Columns != logVariances.Columns {
		return p, fmt.Errorf("%w: means %d×%d with log-variances %d×%d", ErrInput, means.Rows, means.Columns, logVariances.Rows, logVariances.Columns)
	}
	return p, nil
}

// Divergences returns KL(N(μ, σ²) ‖ N(0, 1)) = ½(μ² + σ² − 1 − log σ²) of each
// dimension in nats, averaged over observations. Their sum is the kl of the loss.
func (p Posterior) Divergences() []float64 {
	divergence := make([]float64, p.Means.Columns)
	for i := range p.Means.Rows {
		logVariances := p.LogVariances.Row(i)
		for j, v := range p.Means.Row(i) {
			m, s := float64(v), float64(logVariances[j])
			divergence[j] += (m*m + math.Exp(s) - 1 - s) / 2 / float64(p.Means.Rows)
		}
	}
	return divergence
}

// Spread returns the variance of the posterior means over observations in each
// dimension: near 0 if the posterior has collapsed to the prior.
func (p Posterior) Spread(ctx context.Context) ([]float64, error) {
	covariance, err := covariance(ctx, p.Means, p.Means.mean())
	if err != nil {
		return nil, err
	}
	return diagonal(covariance), nil
}

// Moments returns the mean and the covariance of the aggregate posterior, the
// mixture of all posteriors: Cov μ + diag mean σ².
func (p Posterior) Moments(ctx context.Context) ([]float64, *mat.SymDense, error) {
	mean, moments, err := Moments(ctx, p.Means)
	if err != nil {
		return nil, nil, err
	}
	for i := range p.LogVariances.Rows {
		for j, v := range p.LogVariances.Row(i) {
			moments.SetSym(j, j, moments.At(j, j)+math.Exp(float64(v))/float64(p.LogVariances.Rows))
		}
	}
	return mean, moments, nil
}

// Moments returns the mean and the covariance of the rows of x (N×L).
func Moments(ctx context.Context, x Matrix) ([]float64, *mat.SymDense, error) {
	mean := x.mean()
	moments, err := covariance(ctx, x, mean)
	return mean, moments, err
}

// MomentDivergence is KL(N(m, S) ‖ N(0, I)) = ½(tr S + ‖m‖² − L − log det S) in
// nats: the divergence from the prior of a Gaussian with the moments of the codes. It is
// +∞ if S is singular.
func MomentDivergence(mean []float64, covariance *mat.SymDense) float64 {
	var cholesky mat.Cholesky
	if !cholesky.Factorize(covariance) {
		return math.Inf(1)
	}
	total := mat.Trace(covariance) - float64(len(mean)) - cholesky.LogDet()
	for _, v := range mean {
		total += v * v
	}
	return total / 2
}

// MutualInformation estimates I(x; z) in nats between observations and codes
// z = μ + σ·ε (noise ε: N×L), one for each observation:
//
//	mean_i log q(z_i|x_i) − log mean_j q(z_i|x_j).
//
// It is at most log N, and near log N if the posteriors do not overlap. Time grows as
// N², memory as N. Errors wrap ErrInput or are those of the context.
//
// The exponents −½ Σ_l (z−μ)²/σ² + log σ² are products of (z², z) and
// (−½/σ², μ/σ²), in float32.
func (p Posterior) MutualInformation(ctx context.Context, noise Matrix) (float64, error) {
	n, l := p.Means.Rows, p.Means.Columns
	if noise.Rows != n || noise.Columns != l {
		return 0, fmt.Errorf("%w: noise %d×%d for posteriors %d×%d", ErrInput, noise.Rows, noise.Columns, n, l)
	}
	codes, natural, offset := p.factors(noise)
	information := make([]float64, n)
	exponents := make([]float32, min(blockRows, n)*n)
	for from, block := range codes.blocks() {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		kernel.Gemm(false, true, block.Rows, n, 2*l, 1, block.Values, 2*l, natural.Values, 2*l, 0, exponents, n)
		parallel(block.Rows, 1, func(first, last int) {
			for i := first; i < last; i++ {
				row := exponents[i*n : (i+1)*n]
				var mixture Importance
				for j, v := range row {
					mixture.Add(float64(v) + offset[j])
				}
				information[from+i] = float64(row[from+i]) + offset[from+i] - mixture.LogLikelihood()
			}
		})
	}
	var sum float64
	for _, v := range information {
		sum += v
	}
	return sum / float64(n), nil
}

// factors returns (z², z) and (−½/σ², μ/σ²), N×2L each, and the rest of the
// exponents, −½ Σ μ²/σ² + log σ².
func (p Posterior) factors(noise Matrix) (codes, natural Matrix, offset []float64) {
	l := p.Means.Columns
	codes, natural, offset = newMatrix(p.Means.Rows, 2*l), newMatrix(p.Means.Rows, 2*l), make([]float64, p.Means.Rows)
	for i := range p.Means.Rows {
		logVariances, z, factor := p.LogVariances.Row(i), codes.Row(i), natural.Row(i)
		for j, m := range p.Means.Row(i) {
			variance := math.Exp(float64(logVariances[j]))
			z[l+j] = m + float32(math.Sqrt(variance))*noise.Row(i)[j]
			z[j] = z[l+j] * z[l+j]
			factor[j], factor[l+j] = float32(-1/(2*variance)), float32(float64(m)/variance)
			offset[i] -= (float64(m)*float64(m)/variance + float64(logVariances[j])) / 2
		}
	}
	return codes, natural, offset
}

func diagonal(m *mat.SymDense) []float64 {
	values := make([]float64, m.SymmetricDim())
	for i := range values {
		values[i] = m.At(i, i)
	}
	return values
}
