package recipes_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/loaders"
	"gaetrain/trainer"
)

// withFeatures returns a subject with a feature loss, and the model whose encoder has the
// features. Its weights are random, and it stands for a classifier.
func withFeatures(t *testing.T, name, classifier string, more ...string) (setup, *trainer.Trained) {
	t.Helper()
	c := find(classifier).small()
	of := experiment(t, c, tinyData(c))
	u := find(name).small(append(more, "perceptual=judge; perceptual-weight=3")...)
	err := u.model.(trainer.Perceptive).SetFeatures(&trainer.FeatureNetwork{
		Info: trainer.EncoderInfo{Model: c.name}, Encoder: of.Model, Shape: graph.Shape(of.Data.Train.Shape), Weights: of.Parameters,
	})
	if err != nil {
		t.Fatal(err)
	}
	return u, of.Trained()
}

// TestFeatureLoss checks that each term is the relative error of the features of a layer,
// that their sum is part of the loss and falls, and that the classifier stays as it was.
func TestFeatureLoss(t *testing.T) {
	t.Parallel()
	u, classifier := withFeatures(t, "dense", "conv")
	e, _ := trained(t, u, tinyData(u))
	for _, p := range e.Parameters.All() {
		if name, ok := strings.CutPrefix(p.Name, "features/"); ok {
			if of, _ := classifier.Parameters.Get("encoder/" + name); p.Role != graph.Statistic || !slices.Equal(p.Values(), of.Values()) {
				t.Errorf("%s has changed, or is no constant", p.Name)
			}
		}
	}
	test := e.Data.Test
	made, err := e.Trained().Reconstruct(t.Context(), test)
	if err != nil {
		t.Fatal(err)
	}
	figures := evaluated(t, e.Trained(), test)
	sum := figures.Terms["reconstruction"]
	const layers = 3
	for depth := 1; depth <= layers; depth++ {
		original, shape, err := classifier.Features(t.Context(), test, depth)
		if err != nil {
			t.Fatal(err)
		}
		reconstructed, _, err := classifier.Features(t.Context(), loaders.Values(test.Shape, made.Reconstruction), depth)
		if err != nil {
			t.Fatal(err)
		}
		want := float64(test.Shape.Size()) * relativeError(reconstructed, original, shape.Size())
		got := figures.Terms[fmt.Sprintf("features_%d", depth)]
		if math.Abs(got-want) > 1e-4*want {
			t.Errorf("the term of layer %d is %g, want %g", depth, got, want)
		}
		sum += 3.0 / layers * got
	}
	if math.Abs(figures.Loss-sum) > 1e-6*sum {
		t.Errorf("the loss is %g, the sum of its terms %g", figures.Loss, sum)
	}
}

// relativeError is the mean over images of ‖x − y‖²/‖y‖² (x, y: N×size).
func relativeError(x, y []float32, size int) (mean float64) {
	for at := 0; at < len(y); at += size {
		var error, norm float64
		for i := at; i < at+size; i++ {
			error += math.Pow(float64(x[i]-y[i]), 2)
			norm += math.Pow(float64(y[i]), 2)
		}
		mean += error / norm * float64(size) / float64(len(y))
	}
	return mean
}

// TestFeatureLossGradients compares the gradients of models with a feature loss with
// differences. One classifier has batch normalisation and dropout, which are as in
// evaluation.
func TestFeatureLossGradients(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ model, classifier, settings string }{
		{"dense", "conv-batchnorm-dropout", "loss=squared-error; activation=tanh"},
		{"vae", "dense", "activation=tanh"},
	} {
		t.Run(c.model+"/"+c.classifier, func(t *testing.T) {
			u, _ := withFeatures(t, c.model, c.classifier, c.settings)
			e := experiment(t, u, tinyData(u))
			compareStage(t, c.model, e.Final(), e, nil)
		})
	}
}

// TestFeatureLossRefused checks what a feature loss cannot compare.
func TestFeatureLossRefused(t *testing.T) {
	t.Parallel()
	u := find("dense").small("perceptual=judge")
	for classifier, want := range map[string]string{"topk": "topk, whose layers cannot be compared", "zerobias": "zerobias, whose layers cannot be compared"} {
		other := find(classifier).small()
		err := u.model.(trainer.Perceptive).SetFeatures(&trainer.FeatureNetwork{Info: trainer.EncoderInfo{Model: classifier}, Encoder: other.model})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", classifier, err, want)
		}
	}
	u, _ = withFeatures(t, "dense", "conv")
	for want, data := range map[string]*loaders.Dataset{
		"the classifier takes images of 1×8×8, but the data are 1×28×28": data(t, u, 60, 20),
		"the data are rows of 64 values":                                 rowsOf(tinyData(u)),
	} {
		if _, err := u.experiment(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
	const want = "the classifier in judge has no parameter encoder/1/weights"
	u.model.(trainer.Perceptive).Features().Weights = new(graph.Parameters)
	if _, err := u.experiment(tinyData(u)); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v, want %q", err, want)
	}
}

// rowsOf returns the images of a data set as rows of numbers.
func rowsOf(d *loaders.Dataset) *loaders.Dataset {
	flat := loaders.Shape{Channels: 1, Height: 1, Width: d.Train.Shape.Size()}
	d.Train.Shape, d.Test.Shape = flat, flat
	return d
}
