package graph_test

import (
	"slices"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
)

// TestLikelihood asks that the likelihood of a target under a code is the term
// that evaluation finds for it, and that the encoder tells the posterior.
func TestLikelihood(t *testing.T) {
	const rows, batch = 3, 5
	gaussian := graph.Objective{Reconstruction: graph.GaussianLikelihood, Variance: 0.3}
	bound := graph.Objective{Reconstruction: graph.CrossEntropy, Bound: graph.Importance}
	for _, o := range append(slices.Clone(objectives), gaussian, bound) {
		a := small(kernel.Tanh)
		a.Code = graph.Gaussian
		a.Encoder[len(a.Encoder)-1].Units *= 2
		o.Penalties = []graph.Penalty{{Term: graph.Divergence, Weight: 1}}
		p := parameters(t, a, 1)
		d, l := a.Input.Size(), a.CodeSize()
		input, normals := images(batch, d), make([]float32, batch*l)
		noise.Gaussian(normals, noise.Key{Seed: 3})
		evaluation := compile(t, a, o, p, graph.Evaluation, batch)
		if err := evaluation.Run(graph.Batch{Rows: rows, Input: input, Target: input, Noise: normals}); err != nil {
			t.Fatal(err)
		}
		likelihood := compile(t, a, o, p, graph.Likelihood, batch)
		run(t, likelihood, rows, evaluation.Codes(), input)
		same(t, "reconstruction term", likelihood.Terms[0].PerImage(), evaluation.Terms[0].PerImage())
		if len(likelihood.Terms) != 1 || likelihood.Reconstruction != nil {
			t.Error("the likelihood is more than the reconstruction term")
		}

		encoder := compile(t, a, o, p, graph.Encoding, batch)
		run(t, encoder, rows, input, nil)
		same(t, "statistics", encoder.Statistics(), evaluation.Statistics())
		codes, ratios := make([]float32, l), make([]float64, 1)
		for i := range rows {
			kernel.ImportanceCodes(1, l, encoder.Statistics()[2*i*l:2*(i+1)*l], normals[i*l:], codes, ratios)
			same(t, "code", codes, evaluation.Codes()[i*l:(i+1)*l])
		}
	}
	_, err := graph.Compile(classifier(), graph.Objective{}, parameters(t, classifier(), 1), graph.Likelihood, 2)
	mentions(t, err, "no decoder")
}

// TestClassification asks for the logits of evaluation without labels, and for
// features that lead to them.
func TestClassification(t *testing.T) {
	const rows = 3
	a := classifier()
	a.Classifier = append([]graph.Layer{{Units: 5, Activation: kernel.ReLU, Initialiser: graph.GlorotUniform}}, a.Classifier...)
	p := parameters(t, a, 1)
	input := images(rows, a.Input.Size())
	evaluation := compile(t, a, graph.Objective{}, p, graph.Evaluation, rows)
	if err := evaluation.Run(graph.Batch{Rows: rows, Input: input, Labels: []uint8{0, 1, 2}}); err != nil {
		t.Fatal(err)
	}
	classification := compile(t, a, graph.Objective{}, p, graph.Classification, rows)
	run(t, classification, rows, input, nil)
	same(t, "logits", classification.Scores(), evaluation.Scores())
	weights, bias := values(t, p, "classifier/2/weights"), values(t, p, "classifier/2/bias")
	for i := range rows {
		for class := range 3 {
			want := float64(bias[class])
			for f, v := range classification.Described()[5*i : 5*(i+1)] {
				want += float64(v) * float64(weights[3*f+class])
			}
			near(t, "logit of the features", float64(classification.Scores()[3*i+class]), want)
		}
	}
	_, err := graph.Compile(small(kernel.Tanh), objectives[0], parameters(t, small(kernel.Tanh), 1), graph.Classification, 2)
	mentions(t, err, "no classifier")
}
