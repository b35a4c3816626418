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

// moments computes the mean and the variance of some values.
func moments(values []float64) (mean, variance float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		variance += (v - mean) * (v - mean) / float64(len(values))
	}
	return mean, variance
}

// normalise normalises x (B×(C·pixels)) by image and group of channels. Without
// groups it normalises by channel over the batch, or with given moments of each
// channel.
func normalise(act kernel.Activation, groups int, given [][2]float64, pixels int, x array, gain, bias []float64) array {
	z, channels := zeros(x.shape...), x.shape[1]/pixels
	group := func(i int) int {
		if groups > 0 {
			return i / (x.shape[1] / groups)
		}
		return i / pixels % channels
	}
	members := make([][]float64, max(channels, x.shape[0]*groups))
	for i, v := range x.values {
		members[group(i)] = append(members[group(i)], v)
	}
	for i, v := range x.values {
		mean, variance := moments(members[group(i)])
		if given != nil {
			mean, variance = given[group(i)][0], given[group(i)][1]
		}
		channel := i / pixels % channels
		z.values[i] = gain[channel] * (v - mean) / math.Sqrt(variance+kernel.NormaliseEpsilon)
		if bias != nil {
			z.values[i] += bias[channel]
		}
	}
	return activate(act, z)
}

// normalisation is one of the ops, on rows or, with height and width, on
// images.
func normalisation(act kernel.Activation, groups int, settled, bias bool, channels, height, width int) model {
	pixels := max(1, height*width)
	m := model{inputs: []input{
		{name: "x", shape: []int{channels * pixels}, batch: true, wrt: true, lo: -1, hi: 2},
		{name: "target", shape: []int{channels * pixels}, batch: true, lo: -1, hi: 1},
		{name: "gain", shape: []int{channels}, wrt: true, lo: 0.5, hi: 2},
	}}
	if bias {
		m.inputs = append(m.inputs, input{name: "bias", shape: []int{channels}, wrt: true, lo: -1, hi: 1})
	}
	statistics := func() (s op.BatchStatistics, given [][2]float64) {
		s = op.BatchStatistics{Mean: make([]float32, channels), Variance: make([]float32, channels), Batches: make([]float32, 1), Settled: settled}
		for i := range channels {
			s.Mean[i], s.Variance[i] = float32(i)/4, 1+float32(i)/8
			given = append(given, [2]float64{float64(s.Mean[i]), float64(s.Variance[i])})
		}
		if !settled {
			given = nil
		}
		return s, given
	}
	m.declare = func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
		x, b, err := in[0], (*gorgonia.Node)(nil), error(nil)
		if bias {
			b = in[3]
		}
		if height > 0 {
			x = must[*gorgonia.Node](t)(op.FromRows("first", rows, channels, height, width, false, x))
		}
		switch groups {
		case 1:
			x, err = op.ImageNormalise("layer", rows, act, x, in[2], b)
		case 0:
			s, _ := statistics()
			x, _, err = op.BatchNormalise("layer", rows, act, s, x, in[2], b)
		default:
			x, err = op.GroupNormalise("layer", rows, groups, act, x, in[2], b)
		}
		y := must[*gorgonia.Node](t)(x, err)
		if height > 0 {
			y = must[*gorgonia.Node](t)(op.ToRows("last", rows, y))
		}
		return y, must[op.Loss](t)(op.SquaredError("loss", rows, y, in[1]))
	}
	m.reference = func(in []array) (array, losses) {
		_, given := statistics()
		var b []float64
		if bias {
			b = in[3].values
		}
		y := normalise(act, groups, given, pixels, in[0], in[2].values, b)
		return y, squaredError(y, in[1])
	}
	return m
}

func TestNormalisation(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, size := range [][3]int{{1, 0, 0}, {7, 0, 0}, {33, 0, 0}, {1, 1, 1}, {1, 5, 3}, {3, 3, 4}} {
			for bits := range 8 {
				groups, settled, bias := bits&1, bits&2 != 0, bits&4 != 0
				if groups > 0 && (settled || size[0]*max(1, size[1]*size[2]) == 1) { // a single value becomes the bias
					continue
				}
				t.Run(fmt.Sprintf("%v/groups=%d,settled=%t,bias=%t", size, groups, settled, bias), func(t *testing.T) {
					m := normalisation(kernel.Tanh, groups, settled, bias, size[0], size[1], size[2])
					m.check(t, 5, 5)
					m.check(t, 3, 5)
					if groups > 0 || settled {
						m.check(t, 1, 1)
						m.check(t, 1, 4)
					}
				})
			}
		}
	})
}

func TestNormalisationActivations(t *testing.T) {
	t.Parallel()
	for _, act := range kernel.Activations() {
		for _, groups := range []int{0, 1, 2} {
			normalisation(act, groups, false, true, 10, 0, 0).check(t, 13, 17)
			normalisation(act, groups, false, true, 2, 3, 2).check(t, 33, 40)
		}
	}
}

func TestGroupNormalisation(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, size := range [][4]int{{2, 10, 0, 0}, {3, 15, 0, 0}, {2, 4, 3, 4}, {4, 4, 3, 4}, {2, 10, 1, 1}} {
			for _, bias := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v/bias=%t", size, bias), func(t *testing.T) {
					m := normalisation(kernel.Tanh, size[0], false, bias, size[1], size[2], size[3])
					m.checkBatches(t)
				})
			}
		}
	})
	normalisation(kernel.ReLU, 2, false, true, 6, 0, 0).checkAllocations(t)
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
	x, gain := declare(graph, "x", zeros(2, 4)), declare(graph, "gain", zeros(4))
	_, err := op.GroupNormalise("encoder/1", rows, 3, kernel.ReLU, x, gain, nil)
	if want := "encoder/1: normalisation of 3 groups+relu: 4 units or channels, want a multiple of the 3 groups"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestOneValue normalises a single value of each unit, which must become the
// bias.
func TestOneValue(t *testing.T) {
	t.Parallel()
	m := normalisation(kernel.Linear, 0, false, true, 4, 0, 0)
	all := m.values(1)
	c := m.compile(t, 1, all)
	c.run(t, 1)
	near(t, "output", floats(c.y), all[3].values)
	near(t, "gradient", floats(c.gradients[0]), make([]float64, 4))
}

// TestBatchStatistics checks the weights of batches, which are equal at first.
func TestBatchStatistics(t *testing.T) {
	t.Parallel()
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 4, Compiled: 4}
	x := declare(graph, "x", zeros(4, 1))
	gain := declare(graph, "gain", zeros(1))
	s := op.BatchStatistics{Mean: []float32{7}, Variance: []float32{9}, Batches: []float32{0}}
	y, advance, err := op.BatchNormalise("layer", rows, kernel.Linear, s, x, gain, nil)
	must[*gorgonia.Node](t)(y, err)
	machine := gorgonia.NewTapeMachine(graph)
	defer machine.Close()
	var mean, variance float64
	for step := range 15 {
		values := []float64{1, float64(step), -2, 5}
		for i, v := range values {
			floats(x)[i] = float32(v)
		}
		rows.Live = 4 - step%2
		before := slices.Concat(s.Mean, s.Variance, s.Batches)
		if err := machine.RunAll(); err != nil {
			t.Fatal(err)
		}
		machine.Reset()
		same(t, "statistics before they advance", slices.Concat(s.Mean, s.Variance, s.Batches), before)
		advance()
		m, v := moments(values[:rows.Live])
		fresh := max(0.1, 1/float64(step+1))
		mean += fresh * (m - mean)
		variance += fresh * (v*float64(rows.Live)/float64(rows.Live-1) - variance)
		near(t, "mean", s.Mean, []float64{mean})
		near(t, "variance", s.Variance, []float64{variance})
	}
	if s.Batches[0] != 10 {
		t.Errorf("%g batches are counted, want no more than 10", s.Batches[0])
	}
	rows.Live = 1
	if err := machine.RunAll(); err != nil {
		t.Fatal(err)
	}
	advance()
	near(t, "mean after a single value", s.Mean, []float64{mean})
}

func TestNormalisationShapes(t *testing.T) {
	t.Parallel()
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
	x, three, row := declare(graph, "x", zeros(2, 4)), declare(graph, "g", zeros(3)), declare(graph, "r", zeros(3, 4))
	four := declare(graph, "f", zeros(4))
	for want, in := range map[string][3]*gorgonia.Node{
		"encoder/1: layer normalisation+relu: gain is (3), want 4 elements":                {x, three, nil},
		"encoder/1: layer normalisation+relu: bias is (3), want 4 elements":                {x, four, three},
		"encoder/1: layer normalisation+relu: input has 3 rows, compiled for a batch of 2": {row, four, nil},
		"encoder/1: layer normalisation+relu: input has shape (4), want 2 dimensions":      {four, four, nil},
	} {
		if _, err := op.ImageNormalise("encoder/1", rows, kernel.ReLU, in[0], in[1], in[2]); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
