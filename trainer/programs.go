package trainer

import (
	"context"

	"gaetrain/graph"
	"gaetrain/loaders"
)

// This file declares the programs of a trained model, except those of training and
// evaluation.

// encoding declares the code of images.
func encoding(m Encoder, image graph.Shape) graph.Declaration {
	return func(s *graph.Scope) {
		s.Output(Code, m.Encode(s, s.Input(Input, graph.Data, image)))
	}
}

// features declares the output of the first layers of an encoder.
func features(m Layered, image graph.Shape, depth int) graph.Declaration {
	return func(s *graph.Scope) {
		s.Output(Code, m.First(s, depth, s.Input(Input, graph.Data, image)))
	}
}

// posterior declares the statistics of the codes of images.
func posterior(m Posterior, image graph.Shape) graph.Declaration {
	return func(s *graph.Scope) {
		s.Output(Statistics, m.Posterior(s, s.Input(Input, graph.Data, image)).Statistics())
	}
}

// classification declares the features and the logits of images.
func classification(m Classifier, image graph.Shape) graph.Declaration {
	return func(s *graph.Scope) {
		features, logits := m.Classify(s, s.Input(Input, graph.Data, image))
		s.Output(Features, features)
		s.Output(Logits, logits)
	}
}

// decoding declares the reconstruction of codes.
func decoding(m Decoder) graph.Declaration {
	return func(s *graph.Scope) {
		z := s.Input(Code, graph.Data, m.CodeShape())
		s.Output(Reconstruction, m.Likelihood().Mean(s, m.Decode(s, z)))
	}
}

// likelihoodOf declares the reconstruction term of codes and images.
func likelihoodOf(m Decoder, image graph.Shape) graph.Declaration {
	return func(s *graph.Scope) {
		y := m.Decode(s, s.Input(Code, graph.Data, m.CodeShape()))
		s.Minimise(graph.Sum(m.Likelihood().Term(s, y, s.Input(Target, graph.Target, image))))
	}
}

// jacobianProduct declares the vector–Jacobian product of a direction and the code.
func jacobianProduct(m Encoder, image graph.Shape) graph.Declaration {
	return func(s *graph.Scope) {
		x := s.Variable(Input, image)
		z := s.Rows(Code, m.Encode(s, x))
		s.Output(Sensitivity, s.VJP(z, s.Input(Direction, graph.Data, graph.Row(m.CodeShape().Size())), x))
	}
}

// compile compiles a program that computes the given outputs and does not train.
func compile(p *graph.Parameters, name string, batch int, d graph.Declaration, outputs ...string) (*graph.Program, error) {
	return graph.Compile(p, graph.Options{Name: name, Batch: batch, Outputs: outputs}, d)
}

// outputOf returns an output of a declaration for all images of a split. The images are
// not corrupted.
func outputOf(ctx context.Context, p *graph.Parameters, output string, d graph.Declaration, split loaders.Split) ([]float32, error) {
	program, err := compile(p, output, evaluationBatch, d, output)
	if err != nil {
		return nil, err
	}
	defer program.Close()
	stream, err := loaders.NewStream(split, loaders.StreamOptions{BatchSize: evaluationBatch})
	if err != nil {
		return nil, err
	}
	if err := Fits("outputs", split.Len(), program.Shape(output).Size(), "choose fewer images"); err != nil {
		return nil, err
	}
	values := make([]float32, 0, split.Len()*program.Shape(output).Size())
	err = runAll(ctx, program, feeder{}, stream, func(*loaders.Batch) error {
		values = append(values, program.Output(output)...)
		return nil
	})
	return values, err
}

// runAll runs a program on all batches of a stream, with the corruption and noise of
// evaluations, and calls visit after each batch.
func runAll(ctx context.Context, p *graph.Program, f feeder, stream *loaders.Stream, visit func(*loaders.Batch) error) error {
	for batch, err := range stream.Epoch(0, 0) {
		if err != nil {
			return err
		}
		if err := p.Run(ctx, f.feed(batch)); err != nil {
			return err
		}
		if err := visit(batch); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// feeder converts batches of a stream to batches of programs. It reuses its memory, so
// that a step allocates nothing.
type feeder struct {
	mean          bool // the noise is 0, so that codes are the means of their posteriors
	inputs        map[string][]float32
	labels, known []float32
	exampleLabels []float32
}

// feed returns a batch for a program, which is valid until the next call.
func (f *feeder) feed(b *loaders.Batch) graph.Batch {
	if f.inputs == nil {
		f.inputs = make(map[string][]float32)
	}
	if f.mean {
		clear(b.Noise)
	}
	f.labels = appendLabels(f.labels[:0], b.Labels)
	f.inputs[Input], f.inputs[Target], f.inputs[Mask], f.inputs[Noise], f.inputs[Labels] = b.Input, b.Clean, b.Mask, b.Noise, f.labels
	f.known = appendKnown(f.known[:0], b)
	f.inputs[Known] = f.known
	if e := b.Examples; e != nil {
		f.exampleLabels = appendLabels(f.exampleLabels[:0], e.Labels)
		f.inputs[Example], f.inputs[ExampleLabel] = e.Input, f.exampleLabels
	}
	return graph.Batch{Rows: b.Rows, Inputs: f.inputs, Key: b.Key}
}

// appendKnown appends 1 for each image of a batch whose label is given, else 0.
func appendKnown(to []float32, b *loaders.Batch) []float32 {
	for row := range b.Rows {
		known := float32(1)
		if b.Known != nil && !b.Known[row] {
			known = 0
		}
		to = append(to, known)
	}
	return to
}

// appendLabels appends labels as numbers, which programs take.
func appendLabels(to []float32, labels []loaders.Label) []float32 {
	for _, label := range labels {
		to = append(to, float32(label))
	}
	return to
}
