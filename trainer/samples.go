package trainer

import (
	"context"

	"gaetrain/graph"
)

// sampling compares samples, which the decoder of a stage decodes from draws from the
// prior, with the images of a split. If the opponent's input is codes, it also compares
// the codes with draws from the prior. nil stands for no sampling.
type sampling struct {
	decoder       *graph.Program
	inputs        map[string][]float32
	images, codes *likeness
	made          string
}

// newSampling returns the sampling of a stage, or nil if the stage has no opponent or no
// decoder. A model whose opponent only estimates a term of the loss is not sampled either.
func newSampling(s Stage, p *graph.Parameters) (*sampling, error) {
	m, ok := s.Model.(Generator)
	if s.Opponent == nil || s.Opponent.Real == Permuted || !ok {
		return nil, nil
	}
	decoder, err := compile(p, "decoding", evaluationBatch, decoding(m), Reconstruction)
	if err != nil {
		return nil, err
	}
	return &sampling{decoder: decoder, inputs: make(map[string][]float32), made: s.Opponent.Made}, nil
}

// begin starts the measurement of a split, whose images have the given number of values.
func (s *sampling) begin(e *evaluator, size int) {
	if s == nil {
		return
	}
	s.images = newLikeness(size, e.seed)
	if s.made == Code {
		s.codes = newLikeness(e.program.Shape(Code).Size(), e.seed)
	}
}

// add adds a batch on which the evaluator's program has just run.
func (s *sampling) add(ctx context.Context, e *evaluator, b graph.Batch) error {
	if s == nil {
		return nil
	}
	noise := b.Inputs[Noise]
	if s.codes != nil {
		codes := e.program.Output(Code)
		s.codes.add(noise[:len(codes)], codes)
	}
	s.inputs[Code], s.inputs[Labels] = noise, b.Inputs[Labels]
	if err := s.decoder.Run(ctx, graph.Batch{Rows: b.Rows, Inputs: s.inputs}); err != nil {
		return err
	}
	made := s.decoder.Output(Reconstruction)
	s.images.add(b.Inputs[Target][:len(made)], made)
	return nil
}

// report adds what was measured to the figures of the split.
func (s *sampling) report(f *Figures) {
	if s == nil {
		return
	}
	f.Set(SampleDistance, s.images.distance())
	f.Set(SampleSpread, s.images.spread())
	if s.codes != nil {
		f.Set(CodeDistance, s.codes.distance())
	}
}

// Criterion is the figure that selects the best epoch; lower is better. It is the
// distance of samples from images if that is measured, because an adversarial loss does
// not show how good samples are. Otherwise it is the loss.
func (f Figures) Criterion() float64 {
	if distance, ok := f.Measures[SampleDistance]; ok {
		return distance
	}
	return f.Loss
}
