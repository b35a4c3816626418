package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestAdversarialLosses compares slopes with differences, and losses with
// values that can be computed by hand.
func TestAdversarialLosses(t *testing.T) {
	t.Parallel()
	all := map[string]AdversarialLoss{"non-saturating": NonSaturating(0.9), "least-squares": LeastSquares(0.9), "hinge": Hinge(), "wasserstein": Wasserstein()}
	for name, c := range all {
		for side, j := range map[string]LogitLoss{"real": c.Real, "generated": c.Generated, "generator": c.Generator} {
			for _, z := range []float64{-60, -3.1, -0.4, 0, 0.3, 2.7, 60} {
				const step = 1e-5
				above, _ := j(z + step)
				below, _ := j(z - step)
				if _, slope := j(z); math.Abs(slope-(above-below)/(2*step)) > 1e-6 {
					t.Errorf("%s, %s: slope at %g is %g, differences say %g", name, side, z, slope, (above-below)/(2*step))
				}
			}
			if loss, _ := j(math.NaN()); loss == loss {
				t.Errorf("%s, %s: NaN gives %g", name, side, loss)
			}
		}
	}
	for _, want := range []struct {
		got  LogitLoss
		z    float64
		loss float64
	}{
		{NonSaturating(1).Real, 0, math.Ln2}, {NonSaturating(1).Generator, 2, math.Log1p(math.Exp(-2))}, {NonSaturating(0.9).Real, 0, math.Ln2},
		{NonSaturating(1).Generated, 800, 800}, {NonSaturating(1).Real, 800, 0},
		{LeastSquares(0.9).Real, 1, 0.01}, {LeastSquares(1).Generated, 3, 9}, {LeastSquares(0.9).Generator, 3, 4},
		{Hinge().Real, 1.5, 0}, {Hinge().Real, -1, 2}, {Hinge().Generated, -0.5, 0.5}, {Hinge().Generator, -2, 2},
		{Wasserstein().Real, 3, -3}, {Wasserstein().Generated, 3, 3}, {Wasserstein().Generator, 3, -3},
	} {
		if loss, _ := want.got(want.z); math.Abs(loss-want.loss) > 1e-12 {
			t.Errorf("loss of %g is %g, want %g", want.z, loss, want.loss)
		}
	}
}

func TestDiscriminatorLoss(t *testing.T) {
	t.Parallel()
	logits := []float32{2, -1, 0, -3, -1, 1}
	gradient, loss, misranked := make([]float32, 6), make([]float32, 6), make([]float32, 6)
	Hinge().DiscriminatorLoss(6, 0.5, logits, gradient, loss, misranked)
	for i, want := range [6][3]float32{{0, 0, 0}, {2, -0.5, 1}, {1, -0.5, 1}, {0, 0, 0}, {0, 0, 1}, {2, 0.5, 1}} {
		if got := [3]float32{loss[i], gradient[i], misranked[i]}; got != want {
			t.Errorf("row %d: loss, gradient, misranked are %v, want %v", i, got, want)
		}
	}
}

// TestSingular compares the converged iteration with a matrix whose singular
// vectors are known, and the gradient with differences of W/σ(W).
func TestSingular(t *testing.T) {
	t.Parallel()
	const m, n = 5, 7
	random := rand.New(rand.NewPCG(1, 2))
	w, dNormal := make([]float32, m*n), make([]float32, m*n)
	for i := range w {
		w[i], dNormal[i] = float32(random.NormFloat64()), float32(random.NormFloat64())
	}
	settle := func(w []float32) *Singular {
		s := &Singular{Left: make([]float32, m), Right: make([]float32, n)}
		u := []float32{1, 0, 0, 0, 0}
		for range 500 {
			s.Iterate(w, u)
			copy(u, s.Left)
		}
		return s
	}
	s := settle(w)
	for j := range n { // Wᵀu = σ·v
		var sum float64
		for i := range m {
			sum += float64(w[i*n+j]) * float64(s.Left[i])
		}
		if math.Abs(sum-float64(s.Value*s.Right[j])) > 1e-5 {
			t.Errorf("Wᵀu[%d] = %g, σ·v is %g", j, sum, s.Value*s.Right[j])
		}
	}
	normal, dw := make([]float32, m*n), make([]float32, m*n)
	s.Divide(w, normal)
	s.Gradient(normal, dNormal, dw)
	if got := settle(normal).Value; math.Abs(float64(got)-1) > 1e-6 {
		t.Errorf("W/σ has a singular value of %g", got)
	}
	cost := func() (sum float64) {
		settle(w).Divide(w, normal)
		for i, v := range normal {
			sum += float64(v) * float64(dNormal[i])
		}
		return sum
	}
	for i := range w {
		const step = 1e-2
		old := w[i]
		w[i] = old + step
		above := cost()
		w[i] = old - step
		below := cost()
		w[i] = old
		if want := (above - below) / (2 * step); math.Abs(float64(dw[i])-want) > 1e-3 {
			t.Errorf("dW[%d] = %g, differences say %g", i, dw[i], want)
		}
	}
}

func TestSingularOfZeros(t *testing.T) {
	t.Parallel()
	s := &Singular{Left: make([]float32, 2), Right: make([]float32, 2)}
	w, normal := make([]float32, 4), []float32{1, 1, 1, 1}
	s.Iterate(w, []float32{1, 0})
	s.Divide(w, normal)
	if !Finite(normal) || s.Value != 0 {
		t.Errorf("zeros become %v by %g", normal, s.Value)
	}
}
