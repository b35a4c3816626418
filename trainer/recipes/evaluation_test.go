package recipes_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"

	"gaetrain/graph"
	"gaetrain/loaders"
	"gaetrain/trainer"
)

// checkEvaluation compares the evaluation of a trained model with the programs of
// its parts, and with evaluation on batches of other sizes.
func checkEvaluation(t *testing.T, f *fixture) {
	const rows = 7
	e, _ := f.run()
	stage := e.Final()
	whole := evaluation(t, stage, e.Parameters, rows)
	images := batch(t, stage, e.Parameters, whole, e.Data.Test, rows)
	if _, ok := stage.Model.(trainer.Encoder); ok && (stage.Opponent == nil || stage.Opponent.Real != trainer.Noise) {
		clear(images.Inputs[trainer.Noise]) // the encoder gives the means
	}
	run(t, whole, images)
	codes := images.Inputs[trainer.Noise]
	if m, ok := stage.Model.(trainer.Encoder); ok {
		codes = slices.Clone(whole.Output(trainer.Code))
		encoder := compile(t, e.Parameters, graph.Options{Batch: rows, Outputs: []string{trainer.Code}}, func(s *graph.Scope) {
			s.Output(trainer.Code, m.Encode(s, s.Input(trainer.Input, graph.Data, graph.Shape(e.Data.Test.Shape))))
		})
		run(t, encoder, images)
		compareEncoder(t, m, encoder.Output(trainer.Code), codes)
		if m, ok := m.(trainer.Layered); ok {
			compareLayers(t, m, e.Parameters, images, graph.Shape(e.Data.Test.Shape), encoder.Output(trainer.Code))
		}
	}
	if m, ok := stage.Model.(trainer.Decoder); ok {
		compareDecoder(t, m, e.Parameters, images, everyFirst(codes, rows, m.CodeShape().Size()), whole)
	} else {
		t.Log("the model has no decoder")
	}
	for _, size := range []int{1, 3, 64} {
		other := evaluation(t, stage, e.Parameters, size)
		for first := 0; first < rows; first += size {
			live := min(size, rows-first)
			part := graph.Batch{Rows: live, Key: images.Key, Inputs: make(map[string][]float32)}
			for name, values := range images.Inputs {
				width := len(values) / rows
				part.Inputs[name] = values[first*width : (first+live)*width]
			}
			run(t, other, part)
			compareRows(t, size, first, live, other, whole)
		}
	}
}

// checkCodes decodes the codes that all verbs compute with a saved model. The decoded
// images must have the errors that eval and reconstruct report.
func checkCodes(t *testing.T, f *fixture) {
	e, dir := f.run()
	saved, err := trainer.OpenModel(recipeOf, dir, trainer.LastCheckpoint)
	if err != nil {
		t.Fatal(err)
	}
	if err := saved.CanEncode(); err != nil {
		t.Skip(err)
	}
	model, labels := saved.Treated(trainer.Treatment{}), []loaders.Label(nil) // clean images, codes at the posterior mean
	if model.Conditional() {
		labels = e.Data.Test.Labels
	} else if err := model.CanDecode(); err != nil {
		t.Skip(err)
	}
	codes, err := model.Encode(t.Context(), e.Data.Test)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := model.Decode(t.Context(), codes, labels)
	if err != nil {
		t.Fatal(err)
	}
	reconstructed, err := model.Reconstruct(t.Context(), e.Data.Test)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(decoded, reconstructed.Reconstruction) {
		t.Error("the decoded codes are not the reconstructions")
	}
	figures := evaluated(t, model, e.Data.Test)
	if mse := stat.Mean(reconstructed.MSE, nil); math.Abs(mse-figures.MSE) > 1e-6*mse {
		t.Errorf("reconstruct measures the squared error %g, eval %g", mse, figures.MSE)
	}
	if mse := squaredError(decoded, reconstructed.Original); math.Abs(mse-figures.MSE) > 1e-6*mse {
		t.Errorf("the decoded codes have the squared error %g, eval measures %g", mse, figures.MSE)
	}
}

// squaredError is the mean squared difference of two sets of pixels.
func squaredError(x, y []float32) (mean float64) {
	for i, v := range x {
		mean += math.Pow(float64(v)-float64(y[i]), 2) / float64(len(x))
	}
	return mean
}

// compareLayers splits an encoder after each of its layers, and checks that the codes
// stay the same.
func compareLayers(t *testing.T, m trainer.Layered, p *graph.Parameters, images graph.Batch, shape graph.Shape, codes []float32) {
	for depth := 1; depth <= m.Depth(); depth++ {
		o := graph.Options{Batch: images.Rows, Outputs: []string{trainer.Code}}
		first := compile(t, p, o, func(s *graph.Scope) {
			s.Output(trainer.Code, m.First(s, depth, s.Input(trainer.Input, graph.Data, shape)))
		})
		run(t, first, images)
		h := first.Output(trainer.Code)
		if want := m.LayerShape(depth).Size(); len(h) != images.Rows*want {
			t.Errorf("layer %d gives %d values, its shape has %d", depth, len(h)/images.Rows, want)
			return
		}
		from := compile(t, p, o, func(s *graph.Scope) {
			s.Output(trainer.Code, m.From(s, depth, s.Input(trainer.Input, graph.Data, m.LayerShape(depth))))
		})
		run(t, from, graph.Batch{Rows: images.Rows, Key: images.Key, Inputs: map[string][]float32{trainer.Input: h, trainer.Labels: images.Inputs[trainer.Labels]}})
		if !slices.Equal(from.Output(trainer.Code), codes) {
			t.Errorf("the layers up to %d and the layers after it give other codes", depth)
		}
	}
}

// compareRows compares a batch with the same images in a larger one.
func compareRows(t *testing.T, size, first, live int, got, want *graph.Program) {
	for _, output := range []string{trainer.Code, trainer.Reconstruction} {
		if values := got.Output(output); values != nil {
			width := len(values) / live
			if !slices.Equal(values, want.Output(output)[first*width:(first+live)*width]) {
				t.Errorf("%s changes with a batch of %d", output, size)
			}
		}
	}
	var sum, whole float64 // of the parts of a divergence: only the sum does not depend on the batch
	parts := []string{"mutual_information", "total_correlation", "dimension_kl"}
	decomposed := slices.ContainsFunc(got.Terms(), func(t graph.Term) bool { return t.Name == parts[0] })
	for i, term := range got.Terms() {
		if decomposed && slices.Contains(parts, term.Name) {
			sum, whole = sum+float64(term.PerImage()[0]), whole+float64(want.Terms()[i].PerImage()[first])
			continue
		}
		if !slices.Equal(term.PerImage(), want.Terms()[i].PerImage()[first:first+live]) {
			t.Errorf("%s changes with a batch of %d", term.Name, size)
		}
	}
	if math.Abs(sum-whole) > 1e-5*max(1, math.Abs(whole)) {
		t.Errorf("the sum of %v is %g with a batch of %d, and %g otherwise", parts, sum, size, whole)
	}
}

// everyFirst returns the first of several codes of each row.
func everyFirst(codes []float32, rows, size int) (first []float32) {
	width := len(codes) / rows
	for i := range rows {
		first = append(first, codes[i*width:i*width+size]...)
	}
	return first
}

// compareEncoder compares the codes of the encoder with those of the network, the
// first of several for each image.
func compareEncoder(t *testing.T, m trainer.Encoder, encoded, codes []float32) {
	codes = everyFirst(codes, len(encoded)/m.CodeShape().Size(), m.CodeShape().Size())
	if !slices.Equal(encoded, codes) {
		t.Errorf("the encoder gives other codes than the network: %v and %v", encoded, codes)
	}
}

// compareDecoder compares the images that the decoder makes from codes with the
// reconstructions of the network. A model that cannot decode codes must give a reason.
func compareDecoder(t *testing.T, m trainer.Decoder, p *graph.Parameters, images graph.Batch, codes []float32, whole *graph.Program) {
	if err := m.Decodable(); err != nil {
		t.Logf("codes alone are not decoded: %v", err)
		if !errors.Is(err, graph.ErrArchitecture) {
			t.Errorf("error %v does not wrap %v", err, graph.ErrArchitecture)
		}
		return
	}
	if _, ok := m.(trainer.Encoder); !ok {
		codes = images.Inputs[trainer.Noise]
	}
	decoder := compile(t, p, graph.Options{Batch: images.Rows, Outputs: []string{trainer.Reconstruction}}, func(s *graph.Scope) {
		z := s.Input(trainer.Code, graph.Data, m.CodeShape())
		s.Output(trainer.Reconstruction, m.Likelihood().Mean(s, m.Decode(s, z)))
	})
	run(t, decoder, graph.Batch{Rows: images.Rows, Inputs: map[string][]float32{trainer.Code: codes, trainer.Labels: images.Inputs[trainer.Labels]}})
	if !slices.Equal(decoder.Output(trainer.Reconstruction), whole.Output(trainer.Reconstruction)) {
		t.Error("the decoder gives other reconstructions than the network")
	}
}
