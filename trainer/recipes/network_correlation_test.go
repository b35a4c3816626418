package recipes

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/graph"
	"gaetrain/graph/kernel/noise"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
)

func netBTCVAE(t testing.TB, beta float64) *btcvae {
	m := btcvae{SampledCode: defaultSampledCode(), Beta: beta, Estimator: stratifiedSampling}
	m.Hidden, m.CodeSize, m.Activation = []int{13}, 3, layer.Tanh
	return place(t, &m, netShape)
}

// TestDecomposedLoss compares a btcvae with the vae that has its parameters. With β = 1
// the losses are equal, else they differ by (β − 1)·total correlation, and the weight of
// the whole divergence rises during the warm-up.
func TestDecomposedLoss(t *testing.T) {
	const rows = 6
	inputs := withNoise(netImages(rows, 20), rows, 1, 2)
	for _, beta := range []float64{1, 4} {
		m := netBTCVAE(t, beta)
		m.KLWarmup = 2
		n := newNet(t, 1, m.Declare)
		training, plain := n.training(rows, m.Declare), n.training(rows, netVAE(t, nil).Declare)
		n.run(plain, rows, inputs)
		want := map[string]float64{"reconstruction": 1, "mutual_information": 1, "total_correlation": beta, "dimension_kl": 1}
		if diff := cmp.Diff(want, netReported(training)); diff != "" {
			t.Errorf("reported (-want +got)\n%s", diff)
		}
		for _, epoch := range []float64{1, 2} {
			training.At(epoch)
			n.run(training, rows, inputs)
			divergence := netMean(t, plain, "kl") + (beta-1)*netMean(t, training, "total_correlation")
			netNear(t, "loss", training.Mean(), netMean(t, plain, "reconstruction")+epoch/2*divergence)
		}
	}
}

// netFactorVAE is a factorvae whose discriminator has hidden layers of the given widths.
func netFactorVAE(t testing.TB, size int, widths ...int) *factorvae {
	m := factorvaeRecipe.New().(*factorvae)
	m.Hidden, m.CodeSize, m.Activation, m.Widths = []int{13}, size, layer.Tanh, widths
	return place(t, m, netShape)
}

// TestFactorLoss checks the terms of a factorvae and the parameters that each of its two
// programs moves.
func TestFactorLoss(t *testing.T) {
	const rows, samples = 4, 2
	m := netFactorVAE(t, 3, 7)
	m.Samples, m.Gamma = samples, 5
	opponent := densityRatio{&m.DiscriminatorNet}
	n := newNet(t, 1, m.Declare, opponent.Declare)
	training := n.training(rows, m.Declare, trainer.Code)
	n.run(training, rows, withNoise(netImages(rows, 20), rows, samples, 2))
	if want := map[string]float64{"reconstruction": 1, "kl": 1, "total_correlation": 5}; !cmp.Equal(want, netReported(training)) {
		t.Errorf("reported %v, want %v", netReported(training), want)
	}
	if got := len(training.Output(trainer.Code)); got != rows*3 {
		t.Errorf("the discriminator gets %d values, want the first code of each image", got)
	}
	for _, name := range netMoved(training) {
		if strings.HasPrefix(name, "discriminator/") {
			t.Errorf("training moves %s", name)
		}
	}
	only(t, n.training(2*rows, opponent.Declare), "discriminator", 4)
}

// TestDensityRatio trains the discriminator on codes from a Gaussian with the correlation
// ρ and on permuted codes. Its estimate approaches the total correlation in closed form,
// −½ log(1 − ρ²).
func TestDensityRatio(t *testing.T) {
	const rows, rho = 128, 0.8
	want := -math.Log(1-rho*rho) / 2
	m := netFactorVAE(t, 2, 24)
	n := newNet(t, 1, densityRatio{&m.DiscriminatorNet}.Declare)
	opponent := n.training(2*rows, densityRatio{&m.DiscriminatorNet}.Declare)
	c := trainer.Defaults()
	solver := trainer.NewSolver(c, nil, opponent.Gradients())
	examples := trainer.Opponent{Real: trainer.Permuted}
	var estimate float64
	const steps, last = 300, 60
	for step := range steps {
		codes := netNormals(rows*2, uint64(step+1))
		for i := range rows {
			codes[2*i+1] = rho*codes[2*i] + float32(math.Sqrt(1-rho*rho))*codes[2*i+1]
		}
		b := graph.Batch{Rows: rows, Key: noise.Key{Step: uint64(step)}}
		inputs := map[string][]float32{trainer.Samples: append(append([]float32(nil), examples.Examples(b, codes)...), codes...)}
		if err := opponent.Run(context.Background(), graph.Batch{Rows: 2 * rows, Inputs: inputs}); err != nil {
			t.Fatal(err)
		}
		if step >= steps-last { // before the update, so the codes are new
			estimate += correlationOf(netTerm(t, opponent, trainer.DiscriminatorLoss).PerImage()[rows:]) / last
		}
		solver.Step(0.01, step+1, opponent.Gradients())
	}
	t.Logf("%.3f nats, in closed form %.3f", estimate, want)
	if math.Abs(estimate-want) > 0.1 {
		t.Errorf("the discriminator estimates %.3f nats, want %.3f", estimate, want)
	}
}

// correlationOf is minus the mean logit, from the losses log(1 + e^z) of codes.
func correlationOf(losses []float32) (mean float64) {
	for _, loss := range losses {
		mean -= math.Log(math.Expm1(float64(loss))) / float64(len(losses))
	}
	return mean
}
