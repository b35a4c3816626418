package op_test

import (
	"fmt"
	"math"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// batches are the live and compiled rows of the checks.
var batches = []struct{ live, compiled int }{{1, 1}, {5, 5}, {1, 4}, {3, 8}}

func (m model) checkBatches(t *testing.T) {
	t.Helper()
	for _, b := range batches {
		m.check(t, b.live, b.compiled)
	}
}

// layer is an Affine under a squared error.
func layer(act kernel.Activation, transposed, bias, constantInput bool, from, to int) model {
	w := []int{from, to}
	if transposed {
		w = []int{to, from}
	}
	m := model{inputs: []input{
		{name: "x", shape: []int{from}, batch: true, wrt: !constantInput, lo: -1, hi: 1},
		{name: "target", shape: []int{to}, batch: true, lo: -1, hi: 1},
		{name: "w", shape: w, wrt: true, lo: -1, hi: 1},
	}}
	if bias {
		m.inputs = append(m.inputs, input{name: "b", shape: []int{to}, wrt: true, lo: -1, hi: 1})
	}
	m.declare = func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
		var b *gorgonia.Node
		if bias {
			b = in[3]
		}
		y := must[*gorgonia.Node](t)(op.Affine("layer", rows, act, transposed, constantInput, in[0], in[2], b))
		return y, must[op.Loss](t)(op.SquaredError("loss", rows, y, in[1]))
	}
	m.reference = func(in []array) (array, losses) {
		var b []float64
		if bias {
			b = in[3].values
		}
		y := affine(act, transposed, in[0], in[2], b)
		return y, squaredError(y, in[1])
	}
	return m
}

// must returns a function that unwraps a result or fails the test.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestAffine(t *testing.T) { eachPath(t, testAffine) }

func testAffine(t *testing.T) {
	for _, act := range kernel.Activations() {
		for bits := range 8 {
			transposed, bias, constantInput := bits&1 != 0, bits&2 != 0, bits&4 != 0
			t.Run(fmt.Sprintf("%s/transposed=%t,bias=%t,constant=%t", act, transposed, bias, constantInput), func(t *testing.T) {
				layer(act, transposed, bias, constantInput, 7, 5).checkBatches(t)
			})
		}
	}
}

func TestAffineSizes(t *testing.T) { eachPath(t, testAffineSizes) }

func testAffineSizes(t *testing.T) {
	for _, size := range []struct{ from, to int }{{1, 1}, {1, 3}, {3, 1}, {17, 33}, {67, 19}} {
		for _, transposed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d→%d/transposed=%t", size.from, size.to, transposed), func(t *testing.T) {
				m := layer(kernel.Tanh, transposed, true, false, size.from, size.to)
				m.checkBatches(t)
				m.check(t, 13, 17)
			})
		}
	}
}

// onInput is a loss, or an activation and a loss, applied to an input.
func onInput(lo, hi, targetLo, targetHi float64, columns int,
	declare func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss),
	reference func(x, target array) (array, losses)) model {
	return model{
		inputs: []input{
			{name: "x", shape: []int{columns}, batch: true, wrt: true, lo: lo, hi: hi},
			{name: "target", shape: []int{columns}, batch: true, lo: targetLo, hi: targetHi},
		},
		declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
			return declare(t, rows, in[0], in[1])
		},
		reference: func(in []array) (array, losses) { return reference(in[0], in[1]) },
	}
}

func TestActivate(t *testing.T) { eachPath(t, testActivate) }

func testActivate(t *testing.T) {
	for _, act := range kernel.Activations() {
		t.Run(act.String(), func(t *testing.T) {
			onInput(-4, 4, -1, 1, 37, func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
				y := must[*gorgonia.Node](t)(op.Activate("place", rows, act, x))
				return y, must[op.Loss](t)(op.SquaredError("loss", rows, y, target))
			}, func(x, target array) (array, losses) {
				y := activate(act, x)
				return y, squaredError(y, target)
			}).checkBatches(t)
		})
	}
}

func TestThreshold(t *testing.T) {
	t.Parallel()
	for _, bound := range []float64{0, 0.5, 1} {
		t.Run(fmt.Sprint(bound), func(t *testing.T) {
			onInput(-2, 2, -1, 1, 37, func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
				y := must[*gorgonia.Node](t)(op.Threshold("place", rows, float32(bound), x))
				return y, must[op.Loss](t)(op.SquaredError("loss", rows, y, target))
			}, func(x, target array) (array, losses) {
				y := threshold(bound, x)
				return y, squaredError(y, target)
			}).checkBatches(t)
		})
	}
}

func TestLoss(t *testing.T) { eachPath(t, testLoss) }

func testLoss(t *testing.T) {
	for _, columns := range []int{1, 2, 31, 100} {
		t.Run(fmt.Sprintf("squared error/%d", columns), func(t *testing.T) {
			onInput(-2, 2, -1, 1, columns, func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
				return x, must[op.Loss](t)(op.SquaredError("loss", rows, x, target))
			}, func(x, target array) (array, losses) { return x, squaredError(x, target) }).checkLoss(t)
		})
		t.Run(fmt.Sprintf("cross-entropy/%d", columns), func(t *testing.T) {
			onInput(-9, 9, 0, 1, columns, func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
				return x, must[op.Loss](t)(op.Bernoulli().Loss("loss", rows, x, target))
			}, func(x, target array) (array, losses) { return x, crossEntropy(x, target) }).checkLoss(t)
		})
	}
}

func TestPixelWeights(t *testing.T) { eachPath(t, testPixelWeights) }

func testPixelWeights(t *testing.T) {
	type declareFunction func(string, *op.Rows, kernel.PixelWeights, *gorgonia.Node, *gorgonia.Node, *gorgonia.Node) (op.Loss, error)
	for _, loss := range []struct {
		name    string
		declare declareFunction
		plain   func(prediction, target array) losses
	}{
		{"squared error", op.WeightedSquaredError, squaredError},
		{"cross-entropy", op.WeightedCrossEntropy, crossEntropy},
	} {
		for _, w := range []kernel.PixelWeights{{Corrupted: 1, Intact: 0.25}, {Corrupted: 3}, {Intact: 1}} {
			for _, columns := range []int{1, 2, 31, 100} {
				t.Run(fmt.Sprintf("%s/%v/%d", loss.name, w, columns), func(t *testing.T) {
					model{
						inputs: []input{
							{name: "x", shape: []int{columns}, batch: true, wrt: true, lo: -4, hi: 4},
							{name: "target", shape: []int{columns}, batch: true, lo: 0, hi: 1},
							{name: "mask", shape: []int{columns}, batch: true, lo: 0, hi: 1},
						},
						declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
							mask := floats(in[2]) // random numbers are rounded to 0 or 1
							for i, v := range mask {
								mask[i] = float32(math.Round(float64(v)))
							}
							return in[0], must[op.Loss](t)(loss.declare("loss", rows, w, in[0], in[1], in[2]))
						},
						reference: func(in []array) (array, losses) {
							mask := zeros(in[2].shape...)
							for i, v := range in[2].values {
								mask.values[i] = math.Round(v)
							}
							return in[0], weighted(w, loss.plain, in[0], in[1], mask)
						},
					}.checkLoss(t)
				})
			}
		}
	}
}

func TestSoftmaxCrossEntropy(t *testing.T) {
	t.Parallel()
	for _, classes := range []int{2, 3, 10} {
		t.Run(fmt.Sprint(classes), func(t *testing.T) {
			m := onInput(-9, 9, 0, float64(classes), classes, func(t *testing.T, rows *op.Rows, x, labels *gorgonia.Node) (*gorgonia.Node, op.Loss) {
				return x, must[op.Loss](t)(op.SoftmaxCrossEntropy("loss", rows, x, labels))
			}, func(x, labels array) (array, losses) { return x, softmaxCrossEntropy(x, labels) })
			m.inputs[1].shape = []int{1}
			m.checkLoss(t)
		})
	}
}

// checkLoss is checkBatches without partial batches, which are impossible if
// the prediction is itself an input.
func (m model) checkLoss(t *testing.T) {
	t.Helper()
	for _, rows := range []int{1, 5, 16} {
		m.check(t, rows, rows)
	}
}
