package graph_test

import (
	"math"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// drawn is a small autoencoder with a Gaussian code of 3 values.
func drawn() graph.Architecture {
	a := small(kernel.Tanh)
	a.Encoder[1].Units, a.Code = 6, graph.Gaussian
	return a
}

func divergent(more ...graph.Penalty) graph.Objective {
	kl := graph.Penalty{Term: graph.Divergence, Weight: 2, Ramp: 4}
	return graph.Objective{Reconstruction: graph.CrossEntropy, Penalties: append([]graph.Penalty{kl}, more...)}
}

func term(t *testing.T, p *graph.Program, name string) graph.Term {
	t.Helper()
	for _, term := range p.Terms {
		if term.Name == name {
			return term
		}
	}
	t.Fatalf("no term %s", name)
	return graph.Term{}
}

// TestRamps holds that weights and the capacity stand where the position in
// training says, whatever was before, and that neither evaluation nor the loss
// that is told knows of it.
func TestRamps(t *testing.T) {
	const rows = 4
	for _, test := range []struct {
		name      string
		objective graph.Objective
		weights   map[string]float64 // after a whole ramp
	}{
		{"warm-up", divergent(), map[string]float64{"reconstruction": 1, graph.Divergence: 2}},
		{"free bits", divergent(graph.Penalty{Term: graph.FreeBits, Weight: 2, Target: 0.5, Ramp: 4}),
			map[string]float64{"reconstruction": 1, graph.Divergence: 2, graph.FreeBits: 2}},
		{"bound", graph.Objective{Reconstruction: graph.CrossEntropy, Penalties: divergent().Penalties, Samples: 3, Bound: graph.Importance},
			map[string]float64{"reconstruction": 1, graph.Divergence: 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := drawn()
			p := parameters(t, a, 1)
			training := compile(t, a, test.objective, p, graph.Training, rows)
			for _, epoch := range []float64{3, 0, 2, 4, 100, 1} {
				training.At(epoch)
				for name, full := range test.weights {
					want := full
					if name != "reconstruction" {
						want *= min(1, epoch/4)
					}
					near(t, name, float64(term(t, training, name).Weight.Value), want)
				}
			}
			evaluation := compile(t, a, test.objective, p, graph.Evaluation, rows)
			evaluation.At(1)
			for _, term := range evaluation.Terms {
				if term.Name == graph.FreeBits {
					t.Error("evaluation has free bits")
				}
				if term.Weight != nil {
					near(t, term.Name, float64(term.Weight.Value), test.weights[term.Name])
				}
			}
			for _, term := range training.Terms {
				want := map[string]float64{"reconstruction": 1, graph.Divergence: 2, graph.Gap: 1}[term.Name]
				near(t, "what is told of "+term.Name, term.Told, want)
			}
		})
	}
}

// TestCapacity holds that the capacity rises, that it takes the place of the
// divergence in training, and that the divergence is told.
func TestCapacity(t *testing.T) {
	const rows = 4
	a := drawn()
	p := parameters(t, a, 1)
	o := graph.Objective{Reconstruction: graph.CrossEntropy, Penalties: []graph.Penalty{
		{Term: graph.Divergence, Weight: 1, Told: true}, {Term: graph.Capacity, Weight: 3, Target: 20, Ramp: 2},
	}}
	training := compile(t, a, o, p, graph.Training, rows)
	batch := graph.Batch{Rows: rows, Input: images(rows, 20), Target: images(rows, 20), Noise: make([]float32, rows*3)}
	for _, epoch := range []float64{1, 0, 5} {
		training.At(epoch)
		if err := training.Run(batch); err != nil {
			t.Fatal(err)
		}
		var divergence, reconstruction float64
		for i, nats := range term(t, training, graph.Divergence).PerImage() {
			divergence += float64(nats) / rows
			reconstruction += float64(term(t, training, "reconstruction").PerImage()[i]) / rows
		}
		distance := math.Abs(divergence - 20*min(1, epoch/2))
		near(t, "capacity", float64(term(t, training, graph.Capacity).PerImage()[0]), distance)
		near(t, "loss", training.Mean(), reconstruction+3*distance)
	}
	if told := term(t, training, graph.Divergence).Told; told != 1 {
		t.Errorf("the divergence is told with weight %g", told)
	}
}

// TestLearnedVariance follows the variance of a Gaussian decoder: it begins at
// 1, runs leave it alone, Advance moves it towards the squared error.
func TestLearnedVariance(t *testing.T) {
	const rows, pixels = 4, 20
	a, o := small(kernel.Tanh), graph.Objective{Reconstruction: graph.GaussianLikelihood}
	p, err := graph.NewParameters(a, o, 1)
	if err != nil {
		t.Fatal(err)
	}
	variance, ok := p.Get("decoder/variance")
	if !ok || !variance.Statistic || variance.Values()[0] != 1 {
		t.Fatalf("%+v of %v", variance, names(p))
	}
	input := images(rows, pixels)
	training, evaluation := compile(t, a, o, p, graph.Training, rows), compile(t, a, o, p, graph.Evaluation, rows)
	for range 3 {
		v := float64(variance.Values()[0])
		run(t, training, rows, input, input)
		run(t, evaluation, rows, input, input)
		var mse float64
		for i, squared := range evaluation.Terms[0].SquaredPerImage() {
			near(t, "loss", float64(evaluation.Terms[0].PerImage()[i]), float64(squared)/2/v+pixels*math.Log(2*math.Pi*v)/2)
			mse += float64(squared) / rows / pixels
		}
		near(t, "training loss", training.Mean(), evaluation.Mean())
		training.Advance()
		near(t, "variance", float64(variance.Values()[0]), 0.9*v+0.1*mse)
	}
	for range 1000 { // of an image that it reconstructs without error
		run(t, training, 1, input, evaluation.Reconstructions())
		training.Advance()
	}
	near(t, "least variance", float64(variance.Values()[0]), math.Exp(-kernel.LogVarianceLimit))

	o.Variance = 0.25
	if p, err = graph.NewParameters(a, o, 1); err != nil {
		t.Fatal(err)
	}
	if _, ok := p.Get("decoder/variance"); ok {
		t.Error("a fixed variance is learned")
	}
}

func TestObjectivesRefuse(t *testing.T) {
	kl := graph.Penalty{Term: graph.Divergence, Weight: 1}
	for _, test := range []struct {
		name         string
		architecture graph.Architecture
		objective    graph.Objective
		want         string
	}{
		{"negative variance", drawn(), graph.Objective{Reconstruction: graph.GaussianLikelihood, Variance: -1}, "a variance of -1"},
		{"weighted pixels", drawn(), graph.Objective{Reconstruction: graph.GaussianLikelihood, Emphasis: kernel.PixelWeights{Intact: 1}}, "pixels weighted"},
		{"no draw", small(kernel.Tanh), graph.Objective{Reconstruction: graph.CrossEntropy, Samples: 2}, "a code that is not drawn"},
		{"many samples", drawn(), graph.Objective{Reconstruction: graph.CrossEntropy, Samples: 1 << 20}, "samples; hint: from 1 to"},
		{"weighted samples", drawn(), graph.Objective{Reconstruction: graph.CrossEntropy, Samples: 2, Emphasis: kernel.PixelWeights{Corrupted: 1}}, "2 samples with pixels weighted"},
		{"unknown bound", drawn(), graph.Objective{Reconstruction: graph.CrossEntropy, Bound: "tight"}, `unknown bound "tight"`},
		{"bound without divergence", drawn(), graph.Objective{Reconstruction: graph.CrossEntropy, Bound: graph.Importance}, "with other terms than kl"},
		{"bound with free bits", drawn(), graph.Objective{Reconstruction: graph.CrossEntropy, Bound: graph.Importance, Penalties: []graph.Penalty{kl, {Term: graph.FreeBits}}}, "with other terms than kl"},
	} {
		p, err := graph.NewParameters(test.architecture, graph.Objective{}, 1)
		if err != nil {
			t.Fatal(err)
		}
		_, err = graph.Compile(test.architecture, test.objective, p, graph.Training, 2)
		mentions(t, err, test.want, "hint: ")
	}
	for _, test := range []struct {
		penalty graph.Penalty
		want    string
	}{
		{graph.Penalty{Term: graph.FreeBits, Target: -1}, "a target of -1 nats"},
		{graph.Penalty{Term: graph.Capacity, Target: math.Inf(1)}, "a target of +Inf nats"},
		{graph.Penalty{Term: graph.Divergence, Ramp: -1}, "rises over -1 epochs"},
	} {
		_, err := graph.NewParameters(drawn(), graph.Objective{Penalties: []graph.Penalty{test.penalty}}, 1)
		mentions(t, err, test.want, "hint: ")
	}
}

// TestDescribeSamples asks that a diagram tells what has a row for each code.
func TestDescribeSamples(t *testing.T) {
	a := drawn()
	o := graph.Objective{Reconstruction: graph.CrossEntropy, Samples: 5}
	nodes, err := compile(t, a, o, parameters(t, a, 1), graph.Evaluation, 4).Describe()
	if err != nil {
		t.Fatal(err)
	}
	shapes := make(map[string]string)
	for _, n := range nodes {
		shapes[n.Role+" "+n.Place] = n.Shape
	}
	for role, want := range map[string]string{"code code": "5B×3", "operation decoder/2": "5B×20", "operation encoder/2": "B×6", "reconstruction reconstruction": "B×20", "random ": "B×15"} {
		if shapes[role] != want {
			t.Errorf("%s is %q, want %q; of %v", role, shapes[role], want, shapes)
		}
	}
}
