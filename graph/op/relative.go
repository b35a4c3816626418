package op

import (
	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// smallestTarget is added to the squared norm of a target, so that a target of zeros
// divides nothing by zero.
const smallestTarget = 1e-6

// RelativeError declares mean_B values·‖x̂ − x‖²/(‖x‖² + 10⁻⁶), the squared error relative
// to the squared norm of the target. The target gets no gradient (prediction x̂, target x:
// B×D).
func RelativeError(name string, rows *Rows, values float64, prediction, target *gorgonia.Node) (Loss, error) {
	return declareLoss(name+": relative error", rows, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		kernel.SquaredError(l.rows.Live, 1, l.columns, scale, in[0], in[1], gradient, l.perImage)
		for i := range l.rows.Live {
			at := i * l.columns
			factor := float32(values / (kernel.SumSquares(in[1][at:at+l.columns]) + smallestTarget))
			l.perImage[i] *= factor
			if gradient != nil {
				kernel.Scale(factor, gradient[at:at+l.columns])
			}
		}
	}, prediction, target)
}
