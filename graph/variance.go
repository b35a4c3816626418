package graph

import (
	"fmt"
	"math"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// outputVariance names the statistic that holds the variance of a Gaussian
// decoder where it is learned.
const outputVariance = "decoder/variance"

// varianceMomentum is m of the running variance.
const varianceMomentum = 0.9

// learnsVariance reports whether the variance V of a Gaussian decoder is learned:
// a running mean of the squared error per pixel, V ← m·V + (1−m)·mean_B,D (x̂−x)².
// For given predictions, that mean is the V of the highest likelihood, so no
// gradient has to find it (Rybkin 2021, optimal σ-VAE).
func (o Objective) learnsVariance() bool {
	return o.Reconstruction == GaussianLikelihood && o.Variance == 0
}

// extendVariance adds the statistic, V = 1.
func (o Objective) extendVariance(all *Parameters) error {
	if !o.learnsVariance() {
		return nil
	}
	variance, added, err := all.add(outputVariance, 1)
	if added {
		all.list[all.at[variance.Name]].Statistic = true
		variance.Values()[0] = 1
	}
	return err
}

// variance is V of a Gaussian decoder, one value.
func (o Objective) variance(all *Parameters) ([]float32, error) {
	if !o.learnsVariance() {
		return []float32{float32(o.Variance)}, nil
	}
	p, ok := all.Get(outputVariance)
	if !ok {
		return nil, fmt.Errorf("%w: no statistic %q", ErrArchitecture, outputVariance)
	}
	return p.Values(), nil
}

// settle makes training keep count of V, which stays within the bounds of a
// posterior's variances.
func (o Objective) settle(n *Network, all *Parameters, loss op.Loss) {
	if n.mode != Training || !o.learnsVariance() {
		return
	}
	variance, err := o.variance(all)
	if err != nil {
		return
	}
	pixels := float64(n.Target.Shape()[1])
	n.counts = append(n.counts, func() {
		var sum float64
		for _, squared := range loss.SquaredPerImage() {
			sum += float64(squared)
		}
		mean := sum / float64(n.rows.Live) / pixels
		v := varianceMomentum*float64(variance[0]) + (1-varianceMomentum)*mean
		variance[0] = float32(min(max(v, math.Exp(-kernel.LogVarianceLimit)), math.Exp(kernel.LogVarianceLimit)))
	})
}
