package op

import (
	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// smallestShare limits the relative error of targets that are nearly 0: a target divides by
// at least this share of the mean squared norm of the batch.
const smallestShare = 1e-3

// RelativeError declares mean_B values·‖x̂ − x‖²/max(‖x‖², 10⁻³·m), the squared error
// relative to the squared norm of the target, whose mean over the batch is m. The lower
// limit is for targets that are nearly 0, which would have most of the loss. If all targets
// of a batch are 0, so is the loss. The target gets no gradient (prediction x̂, target x:
// B×D).
func RelativeError(name string, rows *Rows, values float64, prediction, target *gorgonia.Node) (Loss, error) {
	norms := make([]float64, rows.Compiled)
	l, err := declareLoss(name+": relative error", rows, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		kernel.SquaredError(l.rows.Live, 1, l.columns, scale, in[0], in[1], gradient, l.perImage)
		var sum float64
		for i := range l.rows.Live {
			norms[i] = kernel.SumSquares(in[1][i*l.columns : (i+1)*l.columns])
			sum += norms[i]
		}
		smallest := smallestShare * sum / float64(l.rows.Live)
		for i, norm := range norms[:l.rows.Live] {
			var factor float32
			if sum != 0 {
				factor = float32(values / max(norm, smallest))
			}
			l.perImage[i] *= factor
			if gradient != nil {
				kernel.Scale(factor, gradient[i*l.columns:(i+1)*l.columns])
			}
		}
	}, prediction, target)
	return l.holding(2*int64(rows.Compiled), err)
}
