package recipes_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gaetrain/trainer"
)

// drawn trains a recipe with a Gaussian code of 8 values on 2,000 images and
// returns its figures on the test images.
func drawn(t *testing.T, model string, lists ...string) trainer.Figures {
	t.Helper()
	return after(t, model, append([]string{"hidden=64; code=8; learning-rate=3e-3"}, lists...)...)
}

// TestCapacityHoldsTheDivergence: the divergence ends where it is asked to be.
func TestCapacityHoldsTheDivergence(t *testing.T) {
	t.Parallel()
	for _, capacity := range []float64{4, 12} {
		figures := drawn(t, "vae", fmt.Sprintf("capacity=%g; capacity-epochs=10", capacity))
		if got := figures.Terms["kl"]; math.Abs(got-capacity) > 0.1*capacity {
			t.Errorf("divergence of %g nats, the capacity is %g", got, capacity)
		}
	}
}

// TestFreeBitsKeepValuesInUse: under a weight that takes values out of use, free
// bits keep each of them at about as many nats as are free.
func TestFreeBitsKeepValuesInUse(t *testing.T) {
	t.Parallel()
	const lambda = 0.5
	heavy, free := drawn(t, "vae", "beta=20"), drawn(t, "vae", "beta=20; free-bits=0.5")
	if got := slices.Min(heavy.KLUnits); got > 0.1 {
		t.Errorf("without free bits the least value has %g nats", got)
	}
	if got := slices.Min(free.KLUnits); got < 0.7*lambda {
		t.Errorf("with %g free the least value has %g nats", lambda, got)
	}
	if got, without := free.Measures[trainer.ActiveUnits], heavy.Measures[trainer.ActiveUnits]; got != 8 || without == 8 {
		t.Errorf("%g values are active with free bits, %g without", got, without)
	}
}

// TestImportanceBoundIsTighter: of two models that draw five codes for each image,
// the one that weighs them has the lower loss, by either of its gradients.
func TestImportanceBoundIsTighter(t *testing.T) {
	t.Parallel()
	const five = "samples=5; binarise=true"
	mean, bound := drawn(t, "vae", five), drawn(t, "iwae", five)
	if bound.Loss > mean.Loss-1 {
		t.Errorf("loss %g of the bound, %g of the mean", bound.Loss, mean.Loss)
	}
	if bound.Terms["gap"] > -0.5 {
		t.Errorf("several codes make the bound tighter by %g nats", -bound.Terms["gap"])
	}
	doubly := drawn(t, "iwae", five, "gradient=dreg")
	if doubly.Loss > mean.Loss-1 {
		t.Errorf("loss %g of the bound by its doubly reparametrised gradient, %g of the mean", doubly.Loss, mean.Loss)
	}
}

// TestLabelsNeedNoCode: what the label says is not in the code, so an image
// costs less.
func TestLabelsNeedNoCode(t *testing.T) {
	t.Parallel()
	with, without := drawn(t, "cvae", "code=3"), drawn(t, "vae", "code=3")
	if with.Loss > without.Loss-1 {
		t.Errorf("loss %g with labels, %g without", with.Loss, without.Loss)
	}
}

// TestGaussianLearnsItsVariance: a learned variance is the squared error, and
// makes images likelier than a variance that is far from it.
func TestGaussianLearnsItsVariance(t *testing.T) {
	t.Parallel()
	learned, fixed := drawn(t, "vae", "loss=gaussian"), drawn(t, "vae", "loss=gaussian; variance=0.5")
	const pixels = 784
	// At the best V, the squared error, the likelihood of an image is D/2·(log 2πV + 1).
	want := pixels / 2. * (math.Log(2*math.Pi*learned.MSE) + 1)
	if got := learned.Terms["reconstruction"]; math.Abs(got-want) > 0.01*math.Abs(want) {
		t.Errorf("reconstruction term %g, of the best variance %g", got, want)
	}
	if learned.Loss > fixed.Loss-100 {
		t.Errorf("loss %g with a learned variance, %g with 0.5", learned.Loss, fixed.Loss)
	}
}

// TestReportedLossHasFinalWeights: the loss of evaluated images has the whole
// weight of the divergence from the first epoch on.
func TestReportedLossHasFinalWeights(t *testing.T) {
	t.Parallel()
	for _, warmup := range []float64{0, 100} {
		figures := drawn(t, "vae", fmt.Sprintf("kl-warmup=%g; beta=3; epochs=2", warmup))
		if got, want := figures.Loss, figures.Terms["reconstruction"]+3*figures.Terms["kl"]; math.Abs(got-want) > 1e-9*want {
			t.Errorf("warm-up of %g epochs: loss %g, want %g", warmup, got, want)
		}
	}
	hurried, warm := drawn(t, "vae"), drawn(t, "vae", "kl-warmup=100")
	if warm.Terms["kl"] < 2*hurried.Terms["kl"] {
		t.Errorf("divergence %g at a seventh of its weight, %g at all of it", warm.Terms["kl"], hurried.Terms["kl"])
	}
}
