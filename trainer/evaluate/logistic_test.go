package evaluate

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"gaetrain/loaders"
)

// labelled returns overlapping classes in D dimensions of very unequal scales.
func labelled(rows, columns, classes int) (Matrix, []loaders.Label) {
	x, labels := random(rows, columns, 5), make([]loaders.Label, rows)
	for i := range labels {
		labels[i] = loaders.Label(i * 7 % classes)
		x.Row(i)[int(labels[i])%columns] += 1
		x.Row(i)[0] *= 20
	}
	return x, labels
}

// TestLogisticRegression compares a fit with the optimum that Newton's method finds
// in float64: the same loss and the same predictions for all observations.
func TestLogisticRegression(t *testing.T) {
	const classes = 4
	x, labels := labelled(800, 8, classes)
	asked := random(1011, 8, 6)
	for i := range asked.Rows {
		asked.Row(i)[0] *= 20
	}
	for _, l2 := range []float64{0.01, 1, 100} {
		fit, err := NewLogisticRegression(t.Context(), x, labels, l2)
		if err != nil {
			t.Fatal(err)
		}
		if !fit.Converged || fit.Gradient > LogisticTolerance {
			t.Errorf("l2 %g: not converged after %d iterations, relative gradient norm %g", l2, fit.Iterations, fit.Gradient)
		}
		optimum := newton(x, labels, classes, l2)
		if want := optimum.loss(x, labels, l2); fit.Loss < want-1e-6 || fit.Loss > want+1e-6 {
			t.Errorf("l2 %g: the loss is %.9g after %d iterations, the loss of the optimum is %.9g", l2, fit.Loss, fit.Iterations, want)
		}
		for _, m := range []Matrix{x, asked} {
			different := 0
			for i, class := range fit.Predict(m) {
				if logits := optimum.logits(m.Row(i)); class != floats.MaxIdx(logits) {
					different++
				}
			}
			if different > 0 {
				t.Errorf("l2 %g: %d of %d predictions differ from those of the optimum", l2, different, m.Rows)
			}
		}
	}
}

// TestLogisticRegressionLimit checks that a fit reports that it stopped at the limit of
// iterations.
func TestLogisticRegressionLimit(t *testing.T) {
	x, labels := labelled(600, 6, 4)
	fit, err := newLogisticRegression(t.Context(), x, labels, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	if fit.Converged || fit.Iterations != 3 || fit.Gradient <= LogisticTolerance {
		t.Errorf("converged %v after %d iterations with relative gradient norm %g, want not converged after 3", fit.Converged, fit.Iterations, fit.Gradient)
	}
}

// TestLogisticRegressionOneClass fits observations of one class. Zero weights are the
// optimum, so the gradient is 0 from the beginning.
func TestLogisticRegressionOneClass(t *testing.T) {
	fit, err := NewLogisticRegression(t.Context(), random(20, 3, 5), make([]loaders.Label, 20), 1)
	if err != nil {
		t.Fatal(err)
	}
	if fit.Gradient != 0 || !fit.Converged {
		t.Errorf("relative gradient norm %g, converged %v, want 0 and true", fit.Gradient, fit.Converged)
	}
}

// softmaxWeights are the weights (D+1)×C of a logistic regression in float64. The
// last row is the bias.
type softmaxWeights struct{ *mat.Dense }

func (w softmaxWeights) logits(x []float32) []float64 {
	rows, classes := w.Dims()
	logits := append([]float64(nil), w.RawRowView(rows-1)...)
	for d, v := range x {
		for c := range classes {
			logits[c] += float64(v) * w.At(d, c)
		}
	}
	return logits
}

// loss is the mean over the observations of −log p + l2/2·‖W‖².
func (w softmaxWeights) loss(x Matrix, labels []loaders.Label, l2 float64) (loss float64) {
	for i, label := range labels {
		logits := w.logits(x.Row(i))
		loss += floats.LogSumExp(logits) - logits[label]
	}
	for d := range x.Columns {
		loss += l2 / 2 * floats.Dot(w.RawRowView(d), w.RawRowView(d))
	}
	return loss / float64(x.Rows)
}

// newton finds the optimum by Newton's method with the exact Hessian. Steps are halved if
// the loss would rise.
func newton(x Matrix, labels []loaders.Label, classes int, l2 float64) softmaxWeights {
	d := x.Columns
	size := (d + 1) * classes
	w := softmaxWeights{mat.NewDense(d+1, classes, nil)}
	for range 50 {
		gradient, hessian := mat.NewVecDense(size, nil), mat.NewSymDense(size, nil)
		for at := range size {
			hessian.SetSym(at, at, 1e-9) // the bias is determined up to a constant
			if at < d*classes {
				hessian.SetSym(at, at, l2)
				gradient.SetVec(at, l2*w.At(at/classes, at%classes))
			}
		}
		for i, label := range labels {
			row := append(append([]float32(nil), x.Row(i)...), 1)
			p := w.logits(row[:d])
			total := floats.LogSumExp(p)
			for c := range p {
				p[c] = math.Exp(p[c] - total)
			}
			for j := range size {
				v, c := float64(row[j/classes]), j%classes
				difference := p[c]
				if c == int(label) {
					difference--
				}
				gradient.SetVec(j, gradient.AtVec(j)+v*difference)
				for k := j; k < size; k++ {
					curvature := -p[c] * p[k%classes]
					if k%classes == c {
						curvature += p[c]
					}
					hessian.SetSym(j, k, hessian.At(j, k)+v*float64(row[k/classes])*curvature)
				}
			}
		}
		var cholesky mat.Cholesky
		cholesky.Factorize(hessian)
		step := mat.NewVecDense(size, nil)
		cholesky.SolveVecTo(step, gradient)
		before, old := w.loss(x, labels, l2), mat.DenseCopyOf(w)
		for scale := 1.0; scale > 1e-6; scale /= 2 {
			w.Apply(func(i, j int, v float64) float64 { return v - scale*step.AtVec(i*classes+j) }, old)
			if w.loss(x, labels, l2) <= before {
				break
			}
		}
		if mat.Norm(step, 2) < 1e-9 {
			break
		}
	}
	return w
}

func TestLogisticRegressionPredicts(t *testing.T) {
	x := NewMatrix([]float32{-3, 0, -2, 0, 2, 0, 3, 0}, 2) // separable, and one value never changes
	labels := []loaders.Label{0, 0, 2, 2}
	for _, l2 := range []float64{0, 1} {
		fit, err := NewLogisticRegression(t.Context(), x, labels, l2)
		if err != nil {
			t.Fatal(err)
		}
		if got := fit.Predict(x); !slices.Equal(got, []int{0, 0, 2, 2}) {
			t.Errorf("l2 %g: classes %v, want the labels", l2, got)
		}
	}
	for name, err := range map[string]error{
		"few labels": second(NewLogisticRegression(t.Context(), x, labels[1:], 1)),
		"penalty":    second(NewLogisticRegression(t.Context(), x, labels, -1)),
		"nan":        second(NewLogisticRegression(t.Context(), x, labels, math.NaN())),
		"no rows":    second(NewLogisticRegression(t.Context(), Matrix{}, nil, 1)),
	} {
		if !isInput(err) {
			t.Errorf("%s: error %v, want one that wraps ErrInput", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
