package op_test

import (
	"math"
	"runtime"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel/noise"
	"gaetrain/graph/op"
)

// dropped is dropout of rows or images of 24 values.
func dropped(share float64, key *noise.Key, layer int, images bool) model {
	m := onInput(0.5, 1, -1, 1, 24, func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
		y := x
		if images {
			y = must[*gorgonia.Node](t)(op.FromRows("first", rows, 2, 4, 3, false, y))
		}
		y = must[*gorgonia.Node](t)(op.Dropout("layer", rows, share, key, layer, y))
		if images {
			y = must[*gorgonia.Node](t)(op.ToRows("last", rows, y))
		}
		return y, must[op.Loss](t)(op.SquaredError("loss", rows, y, target))
	}, nil)
	return m
}

// TestDropout reads the mask from the output and compares the op with a
// reference that uses this mask.
func TestDropout(t *testing.T) {
	t.Parallel()
	for _, share := range []float64{0, 0.2, 0.75} {
		for _, images := range []bool{false, true} {
			key := noise.Key{Seed: 3, Step: 5}
			m := dropped(share, &key, 2, images)
			for _, b := range [][2]int{{1, 1}, {5, 5}, {3, 5}, {33, 40}} {
				all := m.values(b[1])
				probe := m.compile(t, b[1], all)
				probe.run(t, b[0])
				mask := make([]float64, b[0]*24)
				for i := range mask {
					if floats(probe.y)[i] != 0 {
						mask[i] = 1 / (1 - share)
					}
				}
				m.reference = func(in []array) (array, losses) {
					y := zeros(in[0].shape...)
					for i, v := range in[0].values {
						y.values[i] = v * mask[i]
					}
					return y, squaredError(y, in[1])
				}
				m.check(t, b[0], b[1])
			}
		}
	}
}

// TestDropoutMask checks the share of dropped values and what the mask depends
// on.
func TestDropoutMask(t *testing.T) {
	const rows = 500
	mask := func(seed uint64, step uint64, layer int) []bool {
		key := noise.Key{Seed: seed, Step: step}
		m := dropped(0.3, &key, layer, true)
		c := m.compile(t, rows, m.values(rows))
		c.run(t, rows)
		out := make([]bool, rows*24)
		for i, v := range floats(c.y) {
			out[i] = v == 0
		}
		return out
	}
	first := mask(1, 2, 0)
	share := func(a []bool) (n float64) {
		for _, out := range a {
			if out {
				n += 1 / float64(len(a))
			}
		}
		return n
	}
	if got := share(first); math.Abs(got-0.3) > 4*math.Sqrt(0.3*0.7/rows/24) {
		t.Errorf("%g of the values fall out, want 0.3", got)
	}
	old := runtime.GOMAXPROCS(1)
	again := mask(1, 2, 0)
	runtime.GOMAXPROCS(old)
	if !slices.Equal(again, first) {
		t.Error("the same key gives another mask")
	}
	for what, other := range map[string][]bool{"seed": mask(2, 2, 0), "step": mask(1, 3, 0), "layer": mask(1, 2, 1)} {
		both := make([]bool, len(first))
		for i := range both {
			both[i] = first[i] && other[i]
		}
		if got := share(both); math.Abs(got-0.09) > 0.02 {
			t.Errorf("masks of another %s fall together in %g of the values, want 0.09", what, got)
		}
	}
}

func TestDropoutShare(t *testing.T) {
	t.Parallel()
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
	_, err := op.Dropout("encoder/1", rows, 1, new(noise.Key), 0, declare(graph, "x", zeros(2, 4)))
	if want := "encoder/1: dropout: a share of 1, want at least 0 and below 1"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
