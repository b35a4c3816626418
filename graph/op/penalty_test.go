package op_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// divergence is KL(p ‖ q) of two Bernoulli distributions.
func divergence(p, q float64) float64 {
	return p*math.Log(p/q) + (1-p)*math.Log((1-p)/(1-q))
}

// alike returns a loss that is the same for every image.
func alike(value float64, rows int) losses {
	return losses{slices.Repeat([]float64{value}, rows), make([]float64, rows)}
}

func TestSparsity(t *testing.T) {
	t.Parallel()
	mean := []float64{0.02, 0.25, 0.5, 0.875}
	for _, s := range []op.Sparsity{
		{Target: 0.1}, {Target: 0.1, Momentum: 0.75}, {Target: 0.1, Running: true}, {Target: 0.1, Momentum: 0.75, Running: true},
	} {
		t.Run(fmt.Sprintf("momentum=%g,running=%t", s.Momentum, s.Running), func(t *testing.T) {
			onInput(0.05, 0.95, 0, 1, len(mean), func(t *testing.T, rows *op.Rows, x, _ *gorgonia.Node) (*gorgonia.Node, op.Loss) {
				s.Mean = nil
				for _, v := range mean {
					s.Mean = append(s.Mean, float32(v))
				}
				loss, err := s.Declare("sparsity", rows, x)
				if err != nil {
					t.Fatal(err)
				}
				return x, loss.Loss
			}, func(x, _ array) (array, losses) {
				var sum float64
				for unit, old := range mean {
					var batch float64
					for i := range x.shape[0] {
						batch += x.at(i, unit) / float64(x.shape[0])
					}
					if s.Running {
						past := divergence(s.Target, old)
						now := divergence(s.Target, s.Momentum*old+(1-s.Momentum)*batch)
						sum += past + (now-past)/(1-s.Momentum)
					} else {
						sum += divergence(s.Target, batch)
					}
				}
				return x, alike(sum, x.shape[0])
			}).checkLoss(t)
		})
	}
}

// TestSparsityCounts holds the running mean to its recursion, runs to leaving
// it alone, and a settled one to giving every batch the same figure.
func TestSparsityCounts(t *testing.T) {
	t.Parallel()
	code := array{[]int{2, 2}, []float64{0.25, 0.5, 0.75, 0}}
	for _, settled := range []bool{false, true} {
		graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
		s := op.Sparsity{Target: 0.5, Momentum: 0.5, Running: true, Settled: settled, Mean: []float32{0.5, 0.75}}
		loss, err := s.Declare("sparsity", rows, declare(graph, "code", code))
		if err != nil {
			t.Fatal(err)
		}
		machine := gorgonia.NewTapeMachine(graph)
		defer machine.Close()
		c := compiled{rows: rows, loss: loss.Loss, machine: machine}
		c.run(t, 2)
		c.run(t, 2)
		if !slices.Equal(s.Mean, []float32{0.5, 0.75}) {
			t.Errorf("runs alone leave the mean at %v", s.Mean)
		}
		if settled {
			near(t, "settled", loss.PerImage(), slices.Repeat([]float64{divergence(0.5, 0.75)}, 2))
			continue
		}
		past, now := divergence(0.5, 0.5)+divergence(0.5, 0.75), divergence(0.5, 0.5)+divergence(0.5, 0.5)
		near(t, "the divergence", loss.Divergence.PerImage(), slices.Repeat([]float64{now}, 2))
		near(t, "the momentum", loss.Momentum.PerImage(), slices.Repeat([]float64{now - past}, 2))
		near(t, "their sum", loss.PerImage(), slices.Repeat([]float64{past + 2*(now-past)}, 2))
		loss.Advance()
		if want := []float32{0.5, 0.5}; !slices.Equal(s.Mean, want) {
			t.Errorf("the mean is %v, want %v", s.Mean, want)
		}
	}
}

func TestL1(t *testing.T) {
	t.Parallel()
	onInput(-2, 2, 0, 1, 37, func(t *testing.T, rows *op.Rows, x, _ *gorgonia.Node) (*gorgonia.Node, op.Loss) {
		return x, must[op.Loss](t)(op.L1("l1", rows, x))
	}, func(x, _ array) (array, losses) {
		l := alike(0, x.shape[0])
		for i := range l.perImage {
			for j := range x.shape[1] {
				l.perImage[i] += math.Abs(x.at(i, j))
			}
		}
		return x, l
	}).checkLoss(t)
}

// largest clears all but the k largest values of each row.
func largest(k int, x array) array {
	y := zeros(x.shape...)
	for i := range x.shape[0] {
		row := x.values[i*x.shape[1] : (i+1)*x.shape[1]]
		order := make([]int, len(row))
		for j := range order {
			order[j] = j
		}
		slices.SortStableFunc(order, func(a, b int) int { return int(math.Copysign(1, row[b]-row[a])) })
		for _, j := range order[:min(k, len(order))] {
			y.values[i*x.shape[1]+j] = row[j]
		}
	}
	return y
}

func TestTopK(t *testing.T) {
	t.Parallel()
	for _, k := range []int{1, 3, 36, 37, 50} {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			onInput(-2, 2, -1, 1, 37, func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
				y := must[*gorgonia.Node](t)(op.TopK("code", rows, k, x))
				return y, must[op.Loss](t)(op.SquaredError("loss", rows, y, target))
			}, func(x, target array) (array, losses) {
				y := largest(k, x)
				return y, squaredError(y, target)
			}).checkBatches(t)
		})
	}
}

// contracted is a net of two layers whose loss is their contraction.
func contracted(act kernel.Activation) model {
	const d, h, l = 7, 5, 3
	return model{
		inputs: []input{
			{name: "x", shape: []int{d}, batch: true, lo: -1, hi: 1},
			{name: "w1", shape: []int{d, h}, wrt: true, lo: -1, hi: 1},
			{name: "b1", shape: []int{h}, wrt: true, lo: -1, hi: 1},
			{name: "w2", shape: []int{h, l}, wrt: true, lo: -1, hi: 1},
			{name: "b2", shape: []int{l}, wrt: true, lo: -1, hi: 1},
		},
		declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
			first := must[*gorgonia.Node](t)(op.Affine("encoder/1", rows, act, false, true, in[0], in[1], in[2]))
			code := must[*gorgonia.Node](t)(op.Affine("encoder/2", rows, kernel.Sigmoid, false, false, first, in[3], in[4]))
			return code, must[op.Loss](t)(op.Contraction("contraction", rows,
				op.Contracted{Activation: act, Y: first, Weights: in[1]}, op.Contracted{Activation: kernel.Sigmoid, Y: code, Weights: in[3]}))
		},
		reference: func(in []array) (array, losses) {
			first := affine(act, false, in[0], in[1], in[2].values)
			code := affine(kernel.Sigmoid, false, first, in[3], in[4].values)
			jacobians := alike(0, code.shape[0])
			for i := range jacobians.perImage {
				jacobians.perImage[i] = jacobian(act, in[0], in[1], in[2].values, i) + jacobian(kernel.Sigmoid, first, in[3], in[4].values, i)
			}
			return code, jacobians
		},
	}
}

// jacobian is the squared Frobenius norm of a layer's Jacobian at image i.
func jacobian(act kernel.Activation, x, w array, b []float64, i int) (total float64) {
	for j := range w.shape[1] {
		z, norm := b[j], 0.0
		for d := range w.shape[0] {
			z += x.at(i, d) * w.at(d, j)
			norm += w.at(d, j) * w.at(d, j)
		}
		total += derivative(act, z) * derivative(act, z) * norm
	}
	return total
}

// derivative is act′(z).
func derivative(act kernel.Activation, z float64) float64 {
	y, line := activation(act, z), activation(act, 1)
	switch act {
	case kernel.Linear:
		return 1
	case kernel.Sigmoid:
		return y * (1 - y)
	case kernel.Tanh:
		return 1 - y*y
	case kernel.Softplus:
		return activation(kernel.Sigmoid, z)
	case kernel.LeakyReLU:
		return max(math.Copysign(1, z), 0.01)
	}
	if z > 0 {
		return line
	}
	return y - activation(act, math.Inf(-1)) // of relu 0, else the exponential
}

func TestContraction(t *testing.T) { eachPath(t, testContraction) }

func testContraction(t *testing.T) {
	for _, act := range kernel.Activations() {
		t.Run(act.String(), func(t *testing.T) { contracted(act).checkBatches(t) })
	}
}

func TestContractionErrors(t *testing.T) {
	t.Parallel()
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
	y, w, other := declare(graph, "y", zeros(2, 3)), declare(graph, "w", zeros(4, 2)), declare(graph, "other", zeros(3, 3))
	for _, layers := range [][]op.Contracted{nil, {{Y: y, Weights: w}}, {{Y: other, Weights: other}}} {
		if _, err := op.Contraction("contraction", rows, layers...); err == nil {
			t.Errorf("%v is no error", layers)
		}
	}
}

// gates is a net of product or energy gates whose loss is their contraction.
func gates(act kernel.Activation, frames int) model {
	const d, h = 4, 3
	return model{
		inputs: []input{
			{name: "x", shape: []int{frames * d}, batch: true, wrt: true, lo: -1, hi: 1},
			{name: "w", shape: []int{frames * d, h}, wrt: true, lo: -1, hi: 1},
		},
		declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
			responses := must[*gorgonia.Node](t)(op.FrameAffine("encoder/1", rows, frames, false, false, in[0], in[1], nil))
			product := must[*gorgonia.Node](t)(op.FrameProduct("code", rows, frames, responses))
			code := must[*gorgonia.Node](t)(op.Activate("code", rows, act, product))
			return code, must[op.Loss](t)(op.GateContraction("contraction", rows, act, code, responses, in[1]))
		},
		reference: func(in []array) (array, losses) {
			x, w := in[0], in[1]
			code, norms := zeros(x.shape[0], h), alike(0, x.shape[0])
			response := func(i, k, j int) (r float64) {
				for at := k * d; at < (k+1)*d; at++ {
					r += x.at(i, at) * w.at(at, j)
				}
				return r
			}
			for i := range x.shape[0] {
				for j := range h {
					first, last := response(i, 0, j), response(i, frames-1, j)
					code.values[i*h+j] = activation(act, first*last)
					for at := range frames * d {
						by := []float64{last, first}[at/d] // the factor of this frame's response
						if frames == 1 {
							by *= 2
						}
						norms.perImage[i] += math.Pow(derivative(act, first*last)*by*w.at(at, j), 2)
					}
				}
			}
			return code, norms
		},
	}
}

func TestGateContraction(t *testing.T) { eachPath(t, testGateContraction) }

func testGateContraction(t *testing.T) {
	for _, act := range kernel.Activations() {
		for frames := 1; frames <= 2; frames++ {
			t.Run(fmt.Sprintf("%s, %d frames", act, frames), func(t *testing.T) { gates(act, frames).checkBatches(t) })
		}
	}
}

func TestGateContractionErrors(t *testing.T) {
	t.Parallel()
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
	s, r, w := declare(graph, "s", zeros(2, 3)), declare(graph, "r", zeros(2, 6)), declare(graph, "w", zeros(8, 3))
	odd, wide, other := declare(graph, "odd", zeros(7, 3)), declare(graph, "wide", zeros(2, 9)), declare(graph, "other", zeros(8, 2))
	for _, in := range [][3]*gorgonia.Node{{r, s, w}, {s, wide, w}, {s, r, odd}, {s, r, other}, {s, other, w}} {
		if _, err := op.GateContraction("contraction", rows, kernel.Sigmoid, in[0], in[1], in[2]); err == nil {
			t.Errorf("gates %v, responses %v, weights %v are no error", in[0].Shape(), in[1].Shape(), in[2].Shape())
		}
	}
}
