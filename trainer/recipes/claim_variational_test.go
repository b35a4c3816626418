package recipes_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gaetrain/trainer"
)

// drawn trains a recipe with a Gaussian code of 8 values on 1,000 images, and returns
// its figures on the test images.
func drawn(t *testing.T, model string, lists ...string) trainer.Figures {
	t.Helper()
	return after(t, model, append([]string{gaussianCode}, lists...)...)
}

// gaussianCode are the settings of drawn.
const gaussianCode = "hidden=64; code=8; learning-rate=3e-3"

// TestCapacityHoldsTheDivergence checks that the KL divergence ends at the capacity.
func TestCapacityHoldsTheDivergence(t *testing.T) {
	t.Parallel()
	for _, capacity := range []float64{4, 12} {
		figures := drawn(t, "vae", fmt.Sprintf("capacity=%g; capacity-epochs=10", capacity))
		if got := figures.Terms["kl"]; math.Abs(got-capacity) > 0.1*capacity {
			t.Errorf("the divergence is %g nats, the capacity %g", got, capacity)
		}
	}
}

// TestFreeBitsKeepValuesInUse uses a weight with which latent dimensions become unused.
// Free bits then keep each dimension at about the number of free nats.
func TestFreeBitsKeepValuesInUse(t *testing.T) {
	t.Parallel()
	const lambda = 0.5
	heavy, free := drawn(t, "vae", "beta=40"), drawn(t, "vae", "beta=40; free-bits=0.5")
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

// TestImportanceBoundIsTighter trains three models that sample 20 codes for each image.
// The two that train on the importance-weighted bound, with either of its gradients,
// have the lower loss: by 5.2 and 5.9 nats. The loss alone does not show that training
// weights the samples: the bound of parameters that were trained on the mean is lower by
// nearly as much. But only training on the bound lets the posterior be so wide that the
// bound is far tighter than the mean: by 12 to 14 nats, against 5.
func TestImportanceBoundIsTighter(t *testing.T) {
	t.Parallel()
	lists := []string{gaussianCode, "samples=6; binarise=true"}
	e := trainedAs(t, "vae", lists...)
	mean := evaluated(t, e.Trained(), e.Data.Test)
	unweighted := boundOf(t, e, lists...)
	t.Logf("loss %.2f of the mean, %.2f of the bound with the same weights (gap %.2f)", mean.Loss, unweighted.Loss, unweighted.Terms["gap"])
	for _, gradient := range []string{"plain", "dreg"} {
		bound := drawn(t, "iwae", "samples=6; binarise=true; gradient="+gradient)
		t.Logf("%s gradient: loss %.2f (gap %.2f)", gradient, bound.Loss, bound.Terms["gap"])
		if bound.Loss > mean.Loss-2 {
			t.Errorf("%s gradient: loss %g of the bound, %g of the mean", gradient, bound.Loss, mean.Loss)
		}
		if got, without := bound.Terms["gap"], unweighted.Terms["gap"]; got > 2*without {
			t.Errorf("%s gradient: the bound is tighter by %g nats, %g without training on it", gradient, -got, -without)
		}
	}
}

// boundOf returns the figures that an iwae with the parameters of a vae has.
func boundOf(t *testing.T, vae *trainer.Experiment, lists ...string) trainer.Figures {
	t.Helper()
	u := find("iwae").plain(lists...)
	e := experiment(t, u, vae.Data)
	for _, p := range e.Parameters.All() {
		from, ok := vae.Parameters.Get(p.Name)
		if !ok {
			t.Fatalf("a vae has no parameter %s", p.Name)
		}
		copy(p.Values(), from.Values())
	}
	return evaluated(t, e.Trained(), vae.Data.Test)
}

// TestLabelsNeedNoCode checks that a model with labels has a lower loss, because the code
// does not represent the class.
func TestLabelsNeedNoCode(t *testing.T) {
	t.Parallel()
	with, without := drawn(t, "cvae", "code=3"), drawn(t, "vae", "code=3")
	if with.Loss > without.Loss-1 {
		t.Errorf("loss %g with labels, %g without", with.Loss, without.Loss)
	}
}

// TestGaussianLearnsItsVariance checks that a learned variance equals the squared error.
// Images are then more likely than with a variance far from it.
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

// TestReportedLossHasFinalWeights checks that the loss of evaluation has the final weight
// of the KL divergence from the first epoch on.
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
		t.Errorf("divergence %g with a seventh of its weight, %g with all of it", warm.Terms["kl"], hurried.Terms["kl"])
	}
}
