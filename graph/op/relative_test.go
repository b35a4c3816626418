package op_test

import (
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// TestRelativeError compares the loss with its equation. Targets are rectified, so that with
// 2 columns, some are 0 and others nearly so.
func TestRelativeError(t *testing.T) {
	t.Parallel()
	const values = 3
	for _, columns := range []int{2, 37} {
		onInput(-1, 1, -1, 1, columns, func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
			rectified := must[*gorgonia.Node](t)(op.Activate("target", rows, kernel.ReLU, target))
			return x, must[op.Loss](t)(op.RelativeError("place", rows, values, x, rectified))
		}, func(x, target array) (array, losses) {
			target = activate(kernel.ReLU, target)
			l, norms, mean := alike(0, x.shape[0]), make([]float64, x.shape[0]), 0.0
			for i := range norms {
				for j := range x.shape[1] {
					difference := x.at(i, j) - target.at(i, j)
					l.perImage[i] += values * difference * difference
					norms[i] += target.at(i, j) * target.at(i, j)
				}
				mean += norms[i] / float64(len(norms))
			}
			for i, norm := range norms {
				l.perImage[i] /= max(norm, 1e-3*mean)
			}
			return x, l
		}).checkLoss(t)
	}
}

// TestRelativeErrorOfZeros checks that a batch of targets without a norm has no loss and no
// gradient.
func TestRelativeErrorOfZeros(t *testing.T) {
	t.Parallel()
	onInput(-1, 1, -1, -0.5, 3, func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
		zeros := must[*gorgonia.Node](t)(op.Activate("target", rows, kernel.ReLU, target))
		return x, must[op.Loss](t)(op.RelativeError("place", rows, 3, x, zeros))
	}, func(x, _ array) (array, losses) { return x, alike(0, x.shape[0]) }).checkLoss(t)
}
