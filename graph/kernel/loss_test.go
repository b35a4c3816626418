package kernel

import (
	"math"
	"testing"
)

func TestLossesAgainstFloat64(t *testing.T) {
	logits := []float32{0, 1, -1, 30, -30, 85, -85, 200, -200, 1e-30, 2.5, -2.5, 16, -16, 0.1, -0.1, 4, 5, 6}
	columns := len(logits)
	for _, x := range []float32{0, 1, 0.25} {
		z, target, gradient := make([]float32, 3*columns), make([]float32, 3*columns), make([]float32, 3*columns)
		for i := range z {
			z[i], target[i] = logits[(i+i/columns)%columns], x
		}
		loss, squared := make([]float32, 3), make([]float32, 3)
		eachPath(t, func(t *testing.T) {
			CrossEntropy(3, 1, columns, 0.5, z, target, gradient, loss, squared)
			for row := range 3 {
				var wantLoss, wantSquared float64
				for i := row * columns; i < (row+1)*columns; i++ {
					v := float64(z[i])
					wantLoss += max(v, 0) - v*float64(x) + math.Log1p(math.Exp(-math.Abs(v)))
					difference := exactSigmoid(v) - float64(x)
					wantSquared += difference * difference
					if e := math.Abs(float64(gradient[i]) - 0.5*difference); e > 1e-7 {
						t.Errorf("gradient at %g of %g is %g off", v, x, e)
					}
				}
				if !near(loss[row], float32(wantLoss), 3e-7) || !near(squared[row], float32(wantSquared), 3e-7) {
					t.Errorf("row %d: %g and %g, want %g and %g", row, loss[row], squared[row], wantLoss, wantSquared)
				}
			}
			total := append([]float32(nil), loss...)
			CrossEntropy(3, 1, columns, 1, z, target, nil, loss, squared)
			if total[0] != loss[0] || total[2] != loss[2] {
				t.Error("the loss depends on whether the gradient is asked for")
			}

			SquaredError(3, 1, columns, 0.5, z, target, gradient, loss)
			for row := range 3 {
				var want float64
				for i := row * columns; i < (row+1)*columns; i++ {
					difference := float64(z[i] - x)
					want += difference * difference
					if gradient[i] != float32(difference) {
						t.Errorf("gradient of squared error is %g, want %g", gradient[i], difference)
					}
				}
				if !near(loss[row], float32(want), 1e-7) {
					t.Errorf("squared error %g, want %g", loss[row], want)
				}
			}
		})
	}
}

// TestGradientsAgainstDifferences compares act′ with central differences of
// act in float64, through y alone, and the sums with those of the columns.
func TestGradientsAgainstDifferences(t *testing.T) {
	const rows, columns = 5, 83
	z, dy := normals(rows*columns), normals(rows*columns)
	y, dz, db := make([]float32, len(z)), make([]float32, len(z)), make([]float32, columns)
	exact := map[Activation]func(float64) float64{Linear: func(z float64) float64 { return z }}
	for _, f := range functions {
		for _, act := range Activations() {
			if act.String() == f.name {
				exact[act] = f.exact
			}
		}
	}
	eachPath(t, func(t *testing.T) {
		for _, act := range Activations() {
			Activate(act, y, z)
			ActivationGradient(act, rows, columns, y, dy, dz, db)
			sums := make([]float64, columns)
			for i, got := range dz {
				const h = 1e-5
				v := float64(z[i])
				want := (exact[act](v+h) - exact[act](v-h)) / (2 * h) * float64(dy[i])
				if math.Abs(float64(got)-want) > 3e-6*max(1, math.Abs(want)) {
					t.Errorf("%v at %g: gradient %g, want %g", act, v, got, want)
				}
				sums[i%columns] += float64(got)
			}
			for j, want := range sums {
				if !near(db[j], float32(want), 1e-6) {
					t.Errorf("%v: sum of column %d is %g, want %g", act, j, db[j], want)
				}
			}
		}
	})
}

func TestGradientOfNothing(t *testing.T) {
	t.Parallel()
	db := []float32{1, 2, 3, 4}
	ActivationGradient(ReLU, 0, 3, nil, nil, nil, db)
	if db[0] != 0 || db[2] != 0 || db[3] != 4 {
		t.Errorf("sums over no rows are %v", db)
	}
}
