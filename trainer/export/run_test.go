package export_test

import (
	"math"
	"slices"
	"testing"
)

// run computes the outputs of a network of rows with the operators below.
func (n *network) run(t *testing.T, inputs map[string]array) map[string]array {
	t.Helper()
	values := make(map[string]array)
	for _, known := range []map[string]array{n.constants, inputs} {
		for name, a := range known {
			values[name] = a
		}
	}
	for _, node := range n.nodes {
		var in []array
		for _, name := range node.in {
			in = append(in, values[name])
		}
		values[node.out[0]] = node.compute(t, in)
	}
	return values
}

func (n node) compute(t *testing.T, in []array) array {
	t.Helper()
	x := in[0]
	each := func(f func(v float64) float64) array {
		y := array{x.shape, make([]float64, len(x.values))}
		for i, v := range x.values {
			y.values[i] = f(v)
		}
		return y
	}
	switch n.kind {
	case "Add":
		return broadcast(in, func(a, b float64) float64 { return a + b })
	case "Sub":
		return broadcast(in, func(a, b float64) float64 { return a - b })
	case "Mul":
		return broadcast(in, func(a, b float64) float64 { return a * b })
	case "Div":
		return broadcast(in, func(a, b float64) float64 { return a / b })
	case "Relu":
		return each(func(v float64) float64 { return max(v, 0) })
	case "Elu":
		return each(func(v float64) float64 { return max(v, math.Expm1(min(v, 0))) })
	case "Sigmoid":
		return each(func(v float64) float64 { return 1 / (1 + math.Exp(-v)) })
	case "Tanh":
		return each(math.Tanh)
	case "Round":
		return each(math.RoundToEven)
	case "Clip":
		return each(func(v float64) float64 { return min(max(v, in[1].values[0]), in[2].values[0]) })
	case "Flatten":
		return array{[]int{x.shape[0], len(x.values) / x.shape[0]}, x.values}
	case "Reshape":
		shape := []int{x.shape[0]}
		for _, side := range in[1].values[1:] {
			shape = append(shape, int(side))
		}
		return array{shape, x.values}
	case "Gemm":
		return gemm(in)
	case "ReduceMean":
		return rows(x, func(row []float64) float64 { return sum(row) / float64(len(row)) })
	case "ReduceSum":
		return rows(x, sum)
	case "ReduceL2":
		return rows(x, func(row []float64) float64 {
			total := 0.0
			for _, v := range row {
				total += v * v
			}
			return math.Sqrt(total)
		})
	case "Cast", "Identity":
		return x
	case "Unsqueeze":
		return array{append(slices.Clone(x.shape), 1), x.values}
	case "GreaterOrEqual": // of a row and a column
		y := array{shape: []int{len(in[1].values), len(x.values)}}
		for _, v := range in[1].values {
			for _, w := range x.values {
				above := 0.0
				if w >= v {
					above = 1
				}
				y.values = append(y.values, above)
			}
		}
		return y
	case "Gather":
		y := array{shape: []int{len(in[1].values), x.shape[1]}}
		for _, row := range in[1].values {
			y.values = append(y.values, x.values[int(row)*x.shape[1]:][:x.shape[1]]...)
		}
		return y
	case "Slice":
		from, to := int(in[1].values[0]), int(in[2].values[0])
		y := array{shape: []int{x.shape[0], to - from}}
		for row := range slices.Chunk(x.values, x.shape[1]) {
			y.values = append(y.values, row[from:to]...)
		}
		return y
	case "Softmax":
		y := each(math.Exp)
		for row := range slices.Chunk(y.values, x.shape[1]) {
			total := sum(row)
			for i := range row {
				row[i] /= total
			}
		}
		return y
	}
	t.Fatalf("the test cannot run %s", n.kind)
	return array{}
}

// broadcast computes f of the elements of two arrays. The second one can be a row or a
// number.
func broadcast(in []array, f func(a, b float64) float64) array {
	a, b := in[0], in[1]
	y := array{a.shape, make([]float64, len(a.values))}
	for i, v := range a.values {
		y.values[i] = f(v, b.values[i%len(b.values)])
	}
	return y
}

// gemm computes x·Wᵀ + b.
func gemm(in []array) array {
	x, w := in[0], in[1]
	units, width := w.shape[0], w.shape[1]
	y := array{shape: []int{x.shape[0], units}}
	for row := range slices.Chunk(x.values, width) {
		for unit := range units {
			sum := 0.0
			if len(in) > 2 {
				sum = in[2].values[unit]
			}
			for i, v := range row {
				sum += v * w.values[unit*width+i]
			}
			y.values = append(y.values, sum)
		}
	}
	return y
}

// rows computes f of each row.
func rows(x array, f func(row []float64) float64) array {
	y := array{shape: x.shape[:1]}
	for row := range slices.Chunk(x.values, x.shape[1]) {
		y.values = append(y.values, f(row))
	}
	return y
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}
