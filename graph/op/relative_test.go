package op_test

import (
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/op"
)

func TestRelativeError(t *testing.T) {
	t.Parallel()
	const values = 3
	onInput(-1, 1, 0.5, 2, 37, func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
		return x, must[op.Loss](t)(op.RelativeError("place", rows, values, x, target))
	}, func(x, target array) (array, losses) {
		l := alike(0, x.shape[0])
		for i := range l.perImage {
			error, norm := 0.0, 1e-6
			for j := range x.shape[1] {
				difference := x.at(i, j) - target.at(i, j)
				error, norm = error+difference*difference, norm+target.at(i, j)*target.at(i, j)
			}
			l.perImage[i] = values * error / norm
		}
		return x, l
	}).checkLoss(t)
}
