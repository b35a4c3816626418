package op_test

import (
	"fmt"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// frameLayer is a FrameAffine under a squared error. The reference has
// block-diagonal weights.
func frameLayer(frames int, transposed, bias, constantInput bool, width, units int) model {
	from, to := width, units
	if transposed {
		from, to = to, from
	}
	m := model{inputs: []input{
		{name: "x", shape: []int{frames * from}, batch: true, wrt: !constantInput, lo: -1, hi: 1},
		{name: "target", shape: []int{frames * to}, batch: true, lo: -1, hi: 1},
		{name: "w", shape: []int{frames * width, units}, wrt: true, lo: -1, hi: 1},
	}}
	if bias {
		m.inputs = append(m.inputs, input{name: "b", shape: []int{frames * to}, wrt: true, lo: -1, hi: 1})
	}
	m.declare = func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
		var b *gorgonia.Node
		if bias {
			b = in[3]
		}
		y := must[*gorgonia.Node](t)(op.FrameAffine("layer", rows, frames, transposed, constantInput, in[0], in[2], b))
		return y, must[op.Loss](t)(op.SquaredError("loss", rows, y, in[1]))
	}
	m.reference = func(in []array) (array, losses) {
		diagonal := zeros(frames*width, frames*units)
		for i := range frames * width {
			for j := range units {
				diagonal.values[i*frames*units+i/width*units+j] = in[2].at(i, j)
			}
		}
		var b []float64
		if bias {
			b = in[3].values
		}
		y := affine(kernel.Linear, transposed, in[0], diagonal, b)
		return y, squaredError(y, in[1])
	}
	return m
}

func TestFrameAffine(t *testing.T) { eachPath(t, testFrameAffine) }

func testFrameAffine(t *testing.T) {
	for bits := range 8 {
		transposed, bias, constantInput := bits&1 != 0, bits&2 != 0, bits&4 != 0
		for frames := range 3 {
			t.Run(fmt.Sprintf("%d frames/transposed=%t,bias=%t,constant=%t", frames+1, transposed, bias, constantInput), func(t *testing.T) {
				frameLayer(frames+1, transposed, bias, constantInput, 7, 5).checkBatches(t)
			})
		}
	}
}

func TestGates(t *testing.T) { eachPath(t, testGates) }

// testGates modulates responses with gates that are computed from them.
func testGates(t *testing.T) {
	const units = 9
	for _, test := range []struct {
		frames   int
		exchange bool
	}{{1, false}, {2, false}, {2, true}} {
		frames := test.frames
		t.Run(fmt.Sprint(test), func(t *testing.T) {
			model{
				inputs: []input{
					{name: "x", shape: []int{frames * 4}, batch: true, lo: -1, hi: 1},
					{name: "target", shape: []int{frames * units}, batch: true, lo: -1, hi: 1},
					{name: "w", shape: []int{frames * 4, units}, wrt: true, lo: -1, hi: 1},
				},
				declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
					r := must[*gorgonia.Node](t)(op.FrameAffine("layer", rows, frames, false, true, in[0], in[2], nil))
					f := must[*gorgonia.Node](t)(op.FrameProduct("layer", rows, frames, r))
					s := must[*gorgonia.Node](t)(op.Activate("layer", rows, kernel.Sigmoid, f))
					y := must[*gorgonia.Node](t)(op.Modulate("layer", rows, test.exchange, s, r))
					return y, must[op.Loss](t)(op.SquaredError("loss", rows, y, in[1]))
				},
				reference: func(in []array) (array, losses) {
					y := zeros(in[0].shape[0], frames*units)
					for i := range in[0].shape[0] {
						for unit := range units {
							f := 1.0
							r := make([]float64, frames)
							for j := range frames * 4 {
								r[j/4] += in[0].at(i, j) * in[2].at(j, unit)
							}
							for _, v := range r {
								f *= v
							}
							if frames == 1 {
								f *= f
							}
							if test.exchange {
								slices.Reverse(r)
							}
							for k, v := range r {
								y.values[i*frames*units+k*units+unit] = activation(kernel.Sigmoid, f) * v
							}
						}
					}
					return y, squaredError(y, in[1])
				},
			}.checkBatches(t)
		})
	}
}
