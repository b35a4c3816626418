package recipes

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
)

// netVAE is a small vae with a code of 3 values.
func netVAE(t testing.TB, change func(m *vae)) *vae {
	m := defaultVAE()
	m.Hidden, m.CodeSize, m.Activation = []int{13}, 3, layer.Tanh
	if change != nil {
		change(&m)
	}
	return place(t, &m, netShape)
}

func netIWAE(t testing.TB, gradient string, samples int) *iwae {
	m := iwae{Variational: defaultVariational(), Gradient: gradient}
	m.Hidden, m.CodeSize, m.Activation, m.Samples = []int{13}, 3, layer.Tanh, samples
	return place(t, &m, netShape)
}

// withNoise is a batch with noise for K codes of 3 values for each image.
func withNoise(x []float32, rows, samples int, seed uint64) map[string][]float32 {
	inputs := netBoth(x)
	inputs[trainer.Noise] = netNormals(rows*samples*3, seed)
	return inputs
}

// TestVariationalTerms checks the terms of the loss, their weights in training after some
// epochs, and their weights in the reported loss.
func TestVariationalTerms(t *testing.T) {
	const rows = 4
	warm := func(m *vae) { m.Beta, m.KLWarmup = 2, 4 }
	for name, test := range map[string]struct {
		change            func(m *vae)
		weights, reported map[string]float64 // after warm-up
	}{
		"plain":     {nil, map[string]float64{"reconstruction": 1, "kl": 1}, map[string]float64{"reconstruction": 1, "kl": 1}},
		"warm-up":   {warm, map[string]float64{"reconstruction": 1, "kl": 2}, map[string]float64{"reconstruction": 1, "kl": 2}},
		"free bits": {func(m *vae) { warm(m); m.FreeBits = 0.5 }, map[string]float64{"reconstruction": 1, "kl": 2, "free_bits": 2}, map[string]float64{"reconstruction": 1, "kl": 2, "free_bits": 0}},
		"capacity": {func(m *vae) { m.Nats, m.Capacity.Weight, m.Capacity.Epochs = 20, 3, 2 },
			map[string]float64{"reconstruction": 1, "kl": 0, "capacity": 3}, map[string]float64{"reconstruction": 1, "kl": 1, "capacity": 0}},
		"samples": {func(m *vae) { warm(m); m.Samples = 3 }, map[string]float64{"reconstruction": 1, "kl": 2}, map[string]float64{"reconstruction": 1, "kl": 2}},
	} {
		t.Run(name, func(t *testing.T) {
			m := netVAE(t, test.change)
			n := newNet(t, 1, m.Declare)
			training, evaluation := n.training(rows, m.Declare), n.evaluation(rows, m.Declare)
			if diff := cmp.Diff(test.reported, netReported(training)); diff != "" {
				t.Errorf("reported (-want +got)\n%s", diff)
			}
			if want := map[string]float64{"reconstruction": 1, "kl": m.Beta}; !cmp.Equal(want, netReported(evaluation)) {
				t.Errorf("evaluated %v, want %v", netReported(evaluation), want)
			}
			inputs := withNoise(netImages(rows, 20), rows, m.Samples, 2)
			for _, epoch := range []float64{3, 0, 2, 4, 100, 1} {
				training.At(epoch)
				evaluation.At(epoch)
				n.run(training, rows, inputs)
				n.run(evaluation, rows, inputs)
				var want float64
				for name, weight := range test.weights {
					if name != "reconstruction" && m.KLWarmup > 0 {
						weight *= min(1, epoch/m.KLWarmup)
					}
					want += weight * netMean(t, training, name)
				}
				netNear(t, "loss", training.Mean(), want)
				netNear(t, "evaluated loss", evaluation.Mean(), netMean(t, evaluation, "reconstruction")+m.Beta*netMean(t, evaluation, "kl"))
				if m.Nats > 0 {
					distance := math.Abs(netMean(t, training, "kl") - 20*min(1, epoch/2))
					netNear(t, "capacity", netMean(t, training, "capacity"), distance)
				}
			}
		})
	}
}

// TestSeveralSamples compares the bound of several codes with a computation by hand: the
// reconstruction of each code by a separate program, and its densities in float64. The
// terms are means over the codes, and gap is the difference.
func TestSeveralSamples(t *testing.T) {
	const rows, samples, l = 3, 4, 3
	for _, beta := range []float64{1, 0.5} {
		m := netIWAE(t, "plain", samples)
		m.Beta = beta
		n := newNet(t, 1, m.Declare)
		x := netImages(rows, 20)
		inputs := withNoise(x, rows, samples, 2)
		evaluation := n.evaluation(rows, m.Declare, trainer.Statistics, trainer.Code)
		likelihood := n.evaluation(1, likens(m, netShape))
		n.run(evaluation, rows, inputs)
		if want := map[string]float64{"reconstruction": 1, "kl": beta, "gap": 1}; !cmp.Equal(want, netReported(evaluation)) {
			t.Errorf("reported %v, want %v", netReported(evaluation), want)
		}
		statistics, codes := evaluation.Output(trainer.Statistics), evaluation.Output(trainer.Code)
		if len(codes) != rows*samples*l {
			t.Fatalf("%d values of codes", len(codes))
		}
		var loss float64
		for i := range rows {
			var sum, reconstructed, divergence float64
			for j := range l {
				mean, logVariance := float64(statistics[2*l*i+j]), float64(statistics[2*l*i+l+j])
				divergence += (mean*mean + math.Exp(logVariance) - 1 - logVariance) / 2
			}
			for k := range samples {
				z := codes[(i*samples+k)*l : (i*samples+k+1)*l]
				n.run(likelihood, 1, map[string][]float32{trainer.Code: z, trainer.Target: x[20*i:]})
				log := -likelihood.Mean()
				reconstructed -= log / samples
				for j, v := range z {
					mean, logVariance := float64(statistics[2*l*i+j]), float64(statistics[2*l*i+l+j])
					d := float64(v) - mean
					log += beta * ((d*d/math.Exp(logVariance)+logVariance)/2 - float64(v)*float64(v)/2) // log p(z) − log q(z|x)
				}
				sum += math.Exp(log) / samples
			}
			bound := -math.Log(sum)
			loss += bound / rows
			netNear(t, "reconstruction", float64(netTerm(t, evaluation, "reconstruction").PerImage()[i]), reconstructed)
			netNear(t, "divergence", float64(netTerm(t, evaluation, "kl").PerImage()[i]), divergence)
			netNear(t, "gap", float64(netTerm(t, evaluation, "gap").PerImage()[i]), bound-reconstructed-beta*divergence)
		}
		netNear(t, "bound", evaluation.Mean(), loss)
	}
}

// TestBoundIsTighter averages the bound over many samples. With more codes per image, it
// is nearer to the likelihood.
func TestBoundIsTighter(t *testing.T) {
	const rows, draws = 4, 60
	x := netImages(rows, 20)
	bound := func(samples int) (mean float64) {
		m := netIWAE(t, "plain", samples)
		n := newNet(t, 1, m.Declare)
		for i := range n.values("encoder/2/weights") {
			n.values("encoder/2/weights")[i] *= 4 // means and variances far from the prior
		}
		evaluation := n.evaluation(rows, m.Declare)
		for draw := range draws {
			n.run(evaluation, rows, withNoise(x, rows, samples, uint64(draw)))
			mean += evaluation.Mean() / draws
		}
		return mean
	}
	one, few, many := bound(1), bound(4), bound(32)
	if !(many < few-0.1 && few < one-0.1) {
		t.Errorf("bounds of %g with one code, %g with 4, %g with 32", one, few, many)
	}
}

// TestDoublyReparametrised compares the two gradients. They have the same loss and the
// same gradients in the decoder. The gradients in the encoder differ, but their means
// over many samples are equal, and the doubly reparametrised gradient varies less.
func TestDoublyReparametrised(t *testing.T) {
	const rows, samples, draws = 2, 8, 600
	plain, dreg := netIWAE(t, "plain", samples), netIWAE(t, "dreg", samples)
	n := newNet(t, 1, plain.Declare)
	programs := []*graph.Program{n.training(rows, plain.Declare), n.training(rows, dreg.Declare)}
	x := netImages(rows, 20)
	var sums, squares [2][]float64
	for draw := range draws {
		inputs := withNoise(x, rows, samples, uint64(draw))
		var gradients [2][]float32
		for i, program := range programs {
			n.run(program, rows, inputs)
			for _, g := range program.Gradients() {
				if g.Part == "encoder" {
					gradients[i] = append(gradients[i], g.Values()...)
				}
			}
			if sums[i] == nil {
				sums[i], squares[i] = make([]float64, len(gradients[i])), make([]float64, len(gradients[i]))
			}
			for j, v := range gradients[i] {
				sums[i][j] += float64(v)
				squares[i][j] += float64(v) * float64(v)
			}
		}
		if draw > 0 {
			continue
		}
		netNear(t, "loss", programs[1].Mean(), programs[0].Mean())
		if slices.Equal(gradients[0], gradients[1]) {
			t.Error("both gradients in the encoder are the same")
		}
		for i, g := range programs[0].Gradients() {
			if g.Part == "decoder" {
				netSame(t, "gradient of "+g.Name, programs[1].Gradients()[i].Values(), g.Values())
			}
		}
	}
	var beyond int
	var variance [2]float64
	for j := range sums[0] {
		var own [2]float64
		for i := range own {
			mean := sums[i][j] / draws
			own[i] = squares[i][j]/draws - mean*mean
			variance[i] += own[i]
		}
		if difference := (sums[0][j] - sums[1][j]) / draws; math.Abs(difference) > 3*math.Sqrt((own[0]+own[1])/draws)+1e-6 {
			beyond++
		}
	}
	if beyond > len(sums[0])/50 {
		t.Errorf("%d of %d means of gradients differ by more than 3 standard errors", beyond, len(sums[0]))
	}
	if variance[1] > variance[0] {
		t.Errorf("the variance is %g, that of the plain gradient %g", variance[1], variance[0])
	}
}

// TestLikelihoods checks that the likelihood of a target given a code equals the term of
// evaluation, and that codes are sampled from the statistics of the posterior.
func TestLikelihoods(t *testing.T) {
	const rows, batch, l = 3, 5, 3
	for _, loss := range []lossName{crossEntropy, squaredError, gaussian} {
		m := netVAE(t, func(m *vae) {
			m.Reconstruction.Loss, m.Variance = loss, 0.3
			if loss != crossEntropy {
				m.OutputActivation = layer.LinearUnits
			}
		})
		n := newNet(t, 1, m.Declare)
		inputs := withNoise(netImages(batch, 20), batch, 1, 3)
		evaluation := n.evaluation(batch, m.Declare, trainer.Statistics, trainer.Code, trainer.Reconstruction)
		n.run(evaluation, rows, inputs)
		likelihood, decoder := n.evaluation(batch, likens(m, netShape)), n.evaluation(batch, decodes(m), trainer.Reconstruction)
		codes := map[string][]float32{trainer.Code: slices.Clone(evaluation.Output(trainer.Code)), trainer.Target: inputs[trainer.Target]}
		n.run(likelihood, rows, codes)
		n.run(decoder, rows, codes)
		netSame(t, "reconstruction term", likelihood.Terms()[0].PerImage(), evaluation.Terms()[0].PerImage())
		netSame(t, "reconstruction", decoder.Output(trainer.Reconstruction), evaluation.Output(trainer.Reconstruction))
		encoder := n.evaluation(batch, func(s *graph.Scope) {
			q := m.Posterior(s, s.Input(trainer.Input, graph.Data, netShape))
			s.Output(trainer.Statistics, q.Statistics())
		}, trainer.Statistics)
		n.run(encoder, rows, inputs)
		netSame(t, "statistics", encoder.Output(trainer.Statistics), evaluation.Output(trainer.Statistics))
		drawn, ratios := make([]float32, l), make([]float64, 1)
		for i := range rows {
			kernel.ImportanceCodes(1, l, encoder.Output(trainer.Statistics)[2*i*l:2*(i+1)*l], inputs[trainer.Noise][i*l:], drawn, ratios)
			netSame(t, "code", drawn, evaluation.Output(trainer.Code)[i*l:(i+1)*l])
		}
		mean := n.evaluation(batch, encodes(m, netShape), trainer.Code)
		n.run(mean, rows, inputs)
		for i := range rows {
			netSame(t, "mean", mean.Output(trainer.Code)[l*i:l*(i+1)], encoder.Output(trainer.Statistics)[2*l*i:2*l*i+l])
		}
	}
}

// TestLogNormaliser checks that the reconstruction term with the log-normaliser is
// −log p(x|z).
func TestLogNormaliser(t *testing.T) {
	for _, test := range []struct {
		of   likelihood
		want float64 // for 20 values, added to the term
	}{{bernoulli, 0}, {squared, 10 * math.Log(math.Pi)}, {normal(0.3), 0}} {
		netNear(t, "log normaliser", test.of.LogNormaliser(20), test.want)
	}
	n := newNet(t, 1)
	for variance, of := range map[float64]likelihood{0.5: squared, 0.3: normal(0.3)} {
		program := n.evaluation(1, func(s *graph.Scope) {
			s.Minimise(graph.Sum(of.Term(s, s.Activate("y", kernel.Linear, s.Input("y", graph.Data, netShape)), s.Input(trainer.Target, graph.Target, netShape))))
		})
		y, x := netImages(1, 20), netNormals(20, 1)
		n.run(program, 1, map[string][]float32{"y": y, trainer.Target: x})
		want := 10 * math.Log(2*math.Pi*variance)
		for i := range x {
			d := float64(y[i]) - float64(x[i])
			want += d * d / 2 / variance
		}
		netNear(t, "−log p", program.Mean()+of.LogNormaliser(20), want)
	}
}

// TestLearnedVariance checks the variance of a Gaussian decoder. Its initial value is 1,
// runs do not change it, and Advance moves it towards the squared error.
func TestLearnedVariance(t *testing.T) {
	const rows, pixels = 4, 20
	m := place(t, netPlain(gaussian), netShape)
	n := newNet(t, 1, m.Declare)
	variance := n.values("decoder/variance")
	if p, _ := n.Get("decoder/variance"); p.Role != graph.Statistic || variance[0] != 1 {
		t.Fatalf("%+v", p)
	}
	x := netImages(rows, pixels)
	training, evaluation := n.training(rows, m.Declare), n.evaluation(rows, m.Declare, trainer.Reconstruction)
	for range 3 {
		v := float64(variance[0])
		n.run(training, rows, netBoth(x))
		n.run(evaluation, rows, netBoth(x))
		var mse float64
		term := evaluation.Terms()[0]
		for i, squared := range term.SquaredPerImage() {
			netNear(t, "loss", float64(term.PerImage()[i]), float64(squared)/2/v+pixels*math.Log(2*math.Pi*v)/2)
			mse += float64(squared) / rows / pixels
		}
		netNear(t, "training loss", training.Mean(), evaluation.Mean())
		evaluation.Advance()
		if got := float64(variance[0]); got != v {
			t.Errorf("runs moved the variance to %g", got)
		}
		training.Advance()
		netNear(t, "variance", float64(variance[0]), 0.9*v+0.1*mse)
	}
	exact := map[string][]float32{trainer.Input: x, trainer.Target: slices.Clone(evaluation.Output(trainer.Reconstruction))}
	for range 1000 { // of images that it reconstructs without error
		n.run(training, 1, exact)
		training.Advance()
	}
	netNear(t, "least variance", float64(variance[0]), math.Exp(-kernel.LogVarianceLimit))

	fixed := netPlain(gaussian)
	fixed.Variance = 0.25
	if _, ok := newNet(t, 1, place(t, fixed, netShape).Declare).Get("decoder/variance"); ok {
		t.Error("a fixed variance is learned")
	}
}

// TestDescribeSamples checks that a description shows which values have a row per code.
func TestDescribeSamples(t *testing.T) {
	m := netVAE(t, func(m *vae) { m.Samples = 5 })
	n := newNet(t, 1, m.Declare)
	nodes, err := n.evaluation(4, m.Declare, trainer.Reconstruction).Describe()
	if err != nil {
		t.Fatal(err)
	}
	shapes := make(map[string]string)
	for _, n := range nodes {
		shapes[n.Role+" "+n.Place] = n.Shape
	}
	for role, want := range map[string]string{"code code": "5B×3", "operation decoder/2": "5B×20", "statistics encoder/2": "B×6", "reconstruction reconstruction": "B×20", "random ": "B×15"} {
		if shapes[role] != want {
			t.Errorf("%s is %q, want %q; of %v", role, shapes[role], want, shapes)
		}
	}
}

// TestLabelledCodes checks that the encoder and the decoder of a cvae use the labels.
func TestLabelledCodes(t *testing.T) {
	const rows = 3
	m := cvae{vae: defaultVAE()}
	m.Hidden, m.CodeSize = []int{13}, 3
	place(t, &m, netShape)
	n := newNet(t, 1, m.Declare)
	evaluation := n.evaluation(rows, m.Declare, trainer.Statistics)
	decoder := n.evaluation(rows, decodes(&m), trainer.Reconstruction)
	inputs := withNoise(slices.Repeat(netImages(1, 20), rows), rows, 1, 1)
	inputs[trainer.Labels] = []float32{0, 1, 0}
	inputs[trainer.Code] = make([]float32, 9)
	n.run(evaluation, rows, inputs)
	n.run(decoder, rows, inputs)
	for name, all := range map[string][]float32{"statistics": evaluation.Output(trainer.Statistics), "images": decoder.Output(trainer.Reconstruction)} {
		size := len(all) / rows
		if slices.Equal(all[:size], all[size:2*size]) || !slices.Equal(all[:size], all[2*size:]) {
			t.Errorf("%s do not depend on the label alone: %v", name, all)
		}
	}
	if m.Classes() != 3 || decoder.Width(trainer.Labels) != 1 {
		t.Errorf("%d classes", m.Classes())
	}
	inputs[trainer.Labels][1] = 3
	netMentions(t, decoder.Run(context.Background(), graph.Batch{Rows: rows, Inputs: inputs}), "labels has 3", "0 to 2")
}
