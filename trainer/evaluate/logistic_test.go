package evaluate

import (
	"math"
	"slices"
	"testing"
)

// labelled returns overlapping classes in D dimensions of very unequal scales.
func labelled(rows, columns, classes int) (Matrix, []uint8) {
	x, labels := random(rows, columns, 5), make([]uint8, rows)
	for i := range labels {
		labels[i] = uint8(i * 7 % classes)
		x.Row(i)[int(labels[i])%columns] += 1
		x.Row(i)[0] *= 20
	}
	return x, labels
}

// TestLogisticRegression checks that the gradient of the loss, computed anew in
// float64, vanishes: the loss is convex, so this is its minimum. The usual
// precision comes close to it.
func TestLogisticRegression(t *testing.T) {
	const classes = 4
	x, labels := labelled(600, 6, classes)
	for _, l2 := range []float64{0, 1, 100} {
		fit, err := newLogisticRegression(t.Context(), x, labels, l2, 1e-8)
		if err != nil {
			t.Fatal(err)
		}
		usual, err := NewLogisticRegression(t.Context(), x, labels, l2)
		if err != nil {
			t.Fatal(err)
		}
		if usual.Loss > 1.001*fit.Loss {
			t.Errorf("l2 %g: loss is %g after %d iterations, could be %g", l2, usual.Loss, usual.Iterations, fit.Loss)
		}
		loss, slope := 0.0, make([]float64, 7*classes)
		for i, w := range fit.Weights {
			slope[i] = l2 * float64(w) / float64(x.Rows)
			loss += l2 / 2 * float64(w) * float64(w) / float64(x.Rows)
		}
		for i, label := range labels {
			p, row := make([]float64, classes), append([]float32{}, x.Row(i)...)
			row, sum := append(row, 1), 0.0
			for c := range p {
				for d, w := range append(column(fit.Weights, classes, c), fit.Bias[c]) {
					p[c] += float64(row[d]) * float64(w)
				}
				p[c] = math.Exp(p[c])
				sum += p[c]
			}
			loss -= math.Log(p[label]/sum) / float64(x.Rows)
			p[label] -= sum
			for c := range p {
				for d, v := range row {
					slope[d*classes+c] += p[c] / sum * float64(v) / float64(x.Rows)
				}
			}
		}
		if math.Abs(fit.Loss-loss) > 1e-6 || loss > math.Log(classes) {
			t.Errorf("l2 %g: loss is %g, said to be %g", l2, loss, fit.Loss)
		}
		for i, v := range slope {
			scale := 1.0
			if i < classes {
				scale = 60
			}
			if math.Abs(v) > 1e-4*scale {
				t.Errorf("l2 %g: gradient %d is %g after %d iterations", l2, i, v, fit.Iterations)
			}
		}
	}
}

func column(w []float32, columns, c int) (out []float32) {
	for i := c; i < len(w); i += columns {
		out = append(out, w[i])
	}
	return out
}

func TestLogisticRegressionPredicts(t *testing.T) {
	x := NewMatrix([]float32{-3, 0, -2, 0, 2, 0, 3, 0}, 2) // separable, and one value never changes
	labels := []uint8{0, 0, 2, 2}
	for _, l2 := range []float64{0, 1} {
		fit, err := NewLogisticRegression(t.Context(), x, labels, l2)
		if err != nil {
			t.Fatal(err)
		}
		if got := fit.Predict(x); !slices.Equal(got, []int{0, 0, 2, 2}) {
			t.Errorf("l2 %g: classes %v, want those of the labels", l2, got)
		}
	}
	for name, err := range map[string]error{
		"few labels": second(NewLogisticRegression(t.Context(), x, labels[1:], 1)),
		"penalty":    second(NewLogisticRegression(t.Context(), x, labels, -1)),
		"nan":        second(NewLogisticRegression(t.Context(), x, labels, math.NaN())),
		"no rows":    second(NewLogisticRegression(t.Context(), Matrix{}, nil, 1)),
	} {
		if !isInput(err) {
			t.Errorf("%s: error %v, want one of ErrInput", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
