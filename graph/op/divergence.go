package op

import (
	"math"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// FreeBits declares the part of λ nats that each unit's divergence does not
// reach,
//
//	Σ_L max(0, λ − mean_B KL_l)
//
// (statistics of a Gaussian code: B×2L). Together with the divergence it is Σ_L
// max(λ, mean_B KL_l), which has no gradient in units below λ (Kingma et al.
// 2016, section C.8). All images of a batch have the same value.
func FreeBits(name string, rows *Rows, lambda float64, statistics *gorgonia.Node) (Loss, error) {
	return declareDivergence(name+": free bits", rows, statistics, func(units []float64, slopes []float32) (total float64) {
		for l, nats := range units {
			slopes[l] = 0
			if nats < lambda {
				slopes[l] = -1
				total += lambda - nats
			}
		}
		return total
	})
}

// Capacity declares |mean_B KL − C| in nats (statistics of a Gaussian code:
// B×2L; Burgess et al. 2018). C may change between runs. All images of a batch
// have the same value.
func Capacity(name string, rows *Rows, capacity *Weight, statistics *gorgonia.Node) (Loss, error) {
	return declareDivergence(name+": capacity", rows, statistics, func(units []float64, slopes []float32) float64 {
		excess := -float64(capacity.Value)
		for _, nats := range units {
			excess += nats
		}
		for l := range slopes {
			slopes[l] = float32(math.Copysign(1, excess))
		}
		return math.Abs(excess)
	})
}

// declareDivergence declares a function of the divergences of the units,
// averaged over the batch. The function also computes its slopes in them.
func declareDivergence(name string, rows *Rows, statistics *gorgonia.Node, function func(units []float64, slopes []float32) float64) (Loss, error) {
	size := statistics.Shape()[1] / 2
	units, slopes, perImage := make([]float64, size), make([]float32, size), make([]float32, rows.Compiled)
	var variance buffer
	loss, err := declareLoss(name, rows, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		_, v := variance.of(l.rows.Compiled, size)
		kernel.GaussianDivergence(l.rows.Live, size, scale, in[0], gradient, perImage, v)
		kernel.UnitDivergences(l.rows.Live, size, in[0], v, units)
		total := function(units, slopes)
		for i := range l.rows.Live {
			l.perImage[i] = float32(total)
		}
		if gradient == nil {
			return
		}
		for i := range l.rows.Live {
			for j := range size {
				gradient[2*i*size+j] *= slopes[j]
				gradient[(2*i+1)*size+j] *= slopes[j]
			}
		}
	}, statistics)
	return loss.holding(numbers(statistics.Shape())/2, err)
}
