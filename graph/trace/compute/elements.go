package compute

import (
	"math"
	"slices"
	"sort"

	"gaetrain/graph/kernel"
)

var functions map[string]function

func init() {
	functions = map[string]function{
		"Abs":       each(math.Abs),
		"Identity":  each(func(v float64) float64 { return v }),
		"Relu":      activation(kernel.ReLU),
		"Elu":       activation(kernel.ELU),
		"Selu":      activation(kernel.SELU),
		"Sigmoid":   activation(kernel.Sigmoid),
		"Softplus":  activation(kernel.Softplus),
		"Tanh":      activation(kernel.Tanh),
		"Round":     each(math.RoundToEven),
		"LeakyRelu": leaky,

		"Add":     pairwise(func(a, b float32) float32 { return a + b }),
		"Sub":     pairwise(func(a, b float32) float32 { return a - b }),
		"Mul":     pairwise(func(a, b float32) float32 { return a * b }),
		"Div":     pairwise(func(a, b float32) float32 { return a / b }),
		"Greater": pairwise(func(a, b float32) float32 { return float32(truth(a > b)) }),
		"Where":   where,
		"Clip":    clip,

		"Flatten": func(_ attributes, in []array) []array {
			return []array{{[]int{1, len(in[0].values)}, in[0].values}}
		},
		"Reshape": reshape, "Shape": shapeOf, "Slice": columns, "Concat": concat, "Gather": gather, "ScatterElements": scatter, "Transpose": turned,
		"TopK": largest, "ArgMax": argMax, "Softmax": softmax, "Gemm": nil, // of all items at once, see Network.gemm

		"Conv": convolution, "ConvTranspose": transposed, "Resize": resize, "MaxPool": maxPool, "AveragePool": averagePool,
		"BatchNormalization": batchNorm, "LayerNormalization": layerNorm, "InstanceNormalization": instanceNorm,
	}
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

func activation(act kernel.Activation) function {
	return func(_ attributes, in []array) []array {
		y := zeros(in[0].shape...)
		kernel.Activate(act, y.values, in[0].values)
		return []array{y}
	}
}

func each(f func(float64) float64) function {
	return func(_ attributes, in []array) []array {
		y := zeros(in[0].shape...)
		for i, v := range in[0].values {
			y.values[i] = float32(f(float64(v)))
		}
		return []array{y}
	}
}

func leaky(a attributes, in []array) []array {
	slope := a.float("alpha", 0.01)
	return each(func(v float64) float64 { return max(v, slope*v) })(a, in)
}

// pairwise computes a function of two arrays of which one may be repeated.
func pairwise(f func(a, b float32) float32) function {
	return func(_ attributes, in []array) []array {
		shape := widest(in...)
		y := zeros(shape...)
		a, b := in[0].places(shape), in[1].places(shape)
		for i := range y.values {
			y.values[i] = f(in[0].values[a(i)], in[1].values[b(i)])
		}
		return []array{y}
	}
}

func where(_ attributes, in []array) []array {
	shape := widest(in...)
	y := zeros(shape...)
	condition, a, b := in[0].places(shape), in[1].places(shape), in[2].places(shape)
	for i := range y.values {
		if in[0].values[condition(i)] != 0 {
			y.values[i] = in[1].values[a(i)]
		} else {
			y.values[i] = in[2].values[b(i)]
		}
	}
	return []array{y}
}

func clip(_ attributes, in []array) []array {
	low, high := float64(in[1].values[0]), float64(in[2].values[0])
	return each(func(v float64) float64 { return min(max(v, low), high) })(nil, in)
}

// widest returns the shape of the elementwise result of arrays: missing first dimensions
// and sides of 1 are repeated.
func widest(in ...array) (shape []int) {
	for _, a := range in {
		for len(shape) < len(a.shape) {
			shape = append([]int{1}, shape...)
		}
		for i, side := range a.shape {
			at := len(shape) - len(a.shape) + i
			shape[at] = max(shape[at], side)
		}
	}
	return shape
}

// places returns the place in an array of each element of the repeated array.
func (a array) places(shape []int) func(i int) int {
	switch len(a.values) {
	case 1:
		return func(int) int { return 0 }
	case size(shape):
		return func(i int) int { return i }
	}
	return func(i int) (at int) {
		step := 1
		for d := 1; d <= len(a.shape); d++ {
			side := shape[len(shape)-d]
			if own := a.shape[len(a.shape)-d]; own > 1 {
				at += i % side * step
				step *= own
			}
			i /= side
		}
		return at
	}
}

func reshape(_ attributes, in []array) []array {
	x, to := in[0], in[1].values
	var shape []int
	rest := len(x.values)
	for i, v := range to {
		side := int(v)
		if side == 0 { // as in x
			side = x.shape[i]
		}
		if shape = append(shape, side); side > 0 {
			rest /= side
		}
	}
	if i := slices.Index(shape, -1); i >= 0 {
		shape[i] = rest
	}
	return []array{{shape, x.values}}
}

func shapeOf(_ attributes, in []array) []array {
	y := zeros(len(in[0].shape))
	for i, side := range in[0].shape {
		y.values[i] = float32(side)
	}
	return []array{y}
}

func columns(_ attributes, in []array) []array {
	from, to := int(in[1].values[0]), int(in[2].values[0])
	return []array{{[]int{1, to - from}, in[0].values[from:to]}}
}

func concat(_ attributes, in []array) []array {
	var all []float32
	for _, part := range in {
		all = append(all, part.values...)
	}
	return []array{{[]int{1, len(all)}, all}}
}

// gather returns rows of a table.
func gather(_ attributes, in []array) []array {
	width := in[0].shape[1]
	y := zeros(len(in[1].values), width)
	for i, row := range in[1].values {
		copy(y.values[i*width:], in[0].values[int(row)*width:][:width])
	}
	return []array{y}
}

// turned exchanges the last two of three dimensions.
func turned(_ attributes, in []array) []array {
	x, rows, columns := in[0], in[0].shape[1], in[0].shape[2]
	y := zeros(1, columns, rows)
	for i, v := range x.values {
		y.values[i%columns*rows+i/columns] = v
	}
	return []array{y}
}

func scatter(a attributes, in []array) []array {
	y := array{in[0].shape, slices.Clone(in[0].values)}
	adds := a.text("reduction") == "add"
	for i, at := range in[1].values {
		v := in[2].values[i]
		if adds {
			v += y.values[int(at)]
		}
		y.values[int(at)] = v
	}
	return []array{y}
}

// largest returns the k largest values of a row, the first of equal values first, and
// their places.
func largest(_ attributes, in []array) []array {
	k, x := int(in[1].values[0]), in[0].values
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return x[order[i]] > x[order[j]] })
	values, places := zeros(1, k), zeros(1, k)
	for i, at := range order[:k] {
		values.values[i], places.values[i] = x[at], float32(at)
	}
	return []array{values, places}
}

// argMax returns the place of the largest value of each row, the first of equal values.
func argMax(_ attributes, in []array) []array {
	x, y := in[0], array{}
	for row := range slices.Chunk(x.values, x.shape[len(x.shape)-1]) {
		best := 0
		for i, v := range row {
			if v > row[best] {
				best = i
			}
		}
		y.values = append(y.values, float32(best))
	}
	y.shape = []int{len(y.values)}
	return []array{y}
}

func softmax(_ attributes, in []array) []array {
	y, total := zeros(in[0].shape...), 0.0
	most := slices.Max(in[0].values)
	for i, v := range in[0].values {
		e := math.Exp(float64(v - most))
		y.values[i], total = float32(e), total+e
	}
	for i := range y.values {
		y.values[i] = float32(float64(y.values[i]) / total)
	}
	return []array{y}
}

func batchNorm(a attributes, in []array) []array {
	x, epsilon := in[0], a.float("epsilon", 1e-5)
	y, pixels := zeros(x.shape...), len(x.values)/x.shape[1]
	for i, v := range x.values {
		c := i / pixels
		y.values[i] = (v-in[3].values[c])*float32(float64(in[1].values[c])/math.Sqrt(float64(in[4].values[c])+epsilon)) + in[2].values[c]
	}
	return []array{y}
}

func layerNorm(a attributes, in []array) []array {
	y := array{in[0].shape, standardised(in[0].values, a.float("epsilon", 1e-5))}
	for i := range y.values {
		y.values[i] = y.values[i]*in[1].values[i] + in[2].values[i]
	}
	return []array{y}
}

// instanceNorm standardises each channel. Its gains are 1 and its biases 0.
func instanceNorm(a attributes, in []array) []array {
	x := in[0]
	y := array{shape: x.shape}
	for channel := range slices.Chunk(x.values, len(x.values)/x.shape[1]) {
		y.values = append(y.values, standardised(channel, a.float("epsilon", 1e-5))...)
	}
	return []array{y}
}

// standardised returns values with the mean 0 and the variance 1.
func standardised(x []float32, epsilon float64) []float32 {
	var mean, variance float64
	for _, v := range x {
		mean += float64(v) / float64(len(x))
	}
	for _, v := range x {
		variance += (float64(v) - mean) * (float64(v) - mean) / float64(len(x))
	}
	y, scale := make([]float32, len(x)), 1/math.Sqrt(variance+epsilon)
	for i, v := range x {
		y[i] = float32((float64(v) - mean) * scale)
	}
	return y
}
