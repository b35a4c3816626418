package trainer

import (
	"gaetrain/graph"
	"gaetrain/loaders"
)

// Names of what is measured where a model plays against a discriminator. They
// tell of the game, not of the images: both sides may play badly.
const (
	WinRate  = "win_rate" // share of pairs of a real one and one of the model in which the discriminator gives the real one the higher logit; 0.5 is chance
	Distance = "distance" // of samples from the images of the split, see likeness; it decides which epoch is the best
	Spread   = "spread"   // of samples, as a share of that of the images; near 0 the model has collapsed
	CodeGap  = "code_gap" // of codes from draws of the prior, as Distance is of samples from images
)

// adversary is the discriminator of a stage, with a program that moves it or
// one that only asks it. One that is nil stands for none.
type adversary struct {
	*graph.Program
	images bool      // it judges images, else codes
	input  []float32 // 2B×J: what is real, then what the model has made
	labels []uint8   // 2B, of a conditional generator's
}

// newAdversary compiles the discriminator of a stage for batches of so many
// pairs, where the stage has one.
func newAdversary(s Stage, p *graph.Parameters, mode graph.Mode, batch int) (*adversary, error) {
	if s.Architecture.Discriminator == nil {
		return nil, nil
	}
	program, err := s.Compile(p, mode, 2*batch)
	if err != nil {
		return nil, err
	}
	size := s.Architecture.Judged().Size()
	return &adversary{Program: program, images: s.Architecture.Code == graph.Prior, input: make([]float32, 0, 2*batch*size)}, nil
}

// judge runs the discriminator on a batch and on what a program of the model
// has just made of it: images against those of a generator, or draws from the
// prior against codes. So both sides learn from the same point of the game, and
// the model's work is done once.
func (a *adversary) judge(model *graph.Program, b *loaders.Batch) error {
	if a == nil {
		return nil
	}
	real, made := b.Clean, model.Reconstructions
	if !a.images {
		real, made = b.Noise, model.Codes
	}
	values := made()
	a.input = append(append(a.input[:0], real[:len(values)]...), values...)
	a.labels = append(append(a.labels[:0], b.Labels...), b.Labels...) // the made ones were told them too
	return a.Run(graph.Batch{Rows: 2 * b.Rows, Input: a.input, Labels: a.labels})
}

// samples compares what a decoder makes of the prior with the images of a
// split, and the codes of an encoder with the prior. One that is nil stands for
// none.
type samples struct {
	images, codes *likeness
}

func newSamples(e *evaluator, size int) *samples {
	if e.adversary == nil {
		return nil
	}
	s := &samples{images: newLikeness(size, e.seed)}
	if !e.adversary.images {
		s.codes = newLikeness(e.program.Code.Shape()[1], e.seed)
	}
	return s
}

// add judges a batch that the evaluator's program has run on, and counts its
// samples in.
func (s *samples) add(e *evaluator, t *Totals, b *loaders.Batch) error {
	if s == nil {
		return nil
	}
	if err := e.adversary.judge(e.program, b); err != nil {
		return err
	}
	t.addContest(e.adversary, b.Rows)
	if s.codes != nil {
		codes := e.program.Codes()
		s.codes.add(b.Noise[:len(codes)], codes)
	}
	if err := e.decoder.Run(graph.Batch{Rows: b.Rows, Input: b.Noise, Labels: b.Labels}); err != nil {
		return err
	}
	made := e.decoder.Reconstructions()
	s.images.add(b.Clean[:len(made)], made)
	return nil
}

func (s *samples) measures() map[string]float64 {
	measures := map[string]float64{Distance: s.images.distance(), Spread: s.images.spread()}
	if s.codes != nil {
		measures[CodeGap] = s.codes.distance()
	}
	return measures
}

// gradients lists the gradients of the discriminator's parameters.
func (a *adversary) gradients() []graph.Gradient {
	if a == nil {
		return nil
	}
	return a.Gradients()
}

// finite reports whether the discriminator's loss was a number.
func (a *adversary) finite() bool { return a == nil || finite(a.Mean()) }

// advance brings the statistics of the discriminator up to date.
func (a *adversary) advance() {
	if a != nil {
		a.Advance()
	}
}

// addContest counts what the discriminator made of as many pairs in.
func (t *Totals) addContest(a *adversary, pairs int) {
	if a == nil {
		return
	}
	if t.Measures == nil {
		t.Measures = make(map[string]float64)
	}
	t.Measures[graph.Discrimination] += sum(a.Terms[0].PerImage()) / 2
	t.Measures[WinRate] += float64(pairs) - sum(a.Terms[0].SquaredPerImage())/2
}

// Criterion is what decides which epoch is the best, the lower the better: the
// distance of samples where there is one, since neither loss of a contest tells
// how good they are, else the loss.
func (f Figures) Criterion() float64 {
	if distance, ok := f.Measures[Distance]; ok {
		return distance
	}
	return f.Loss
}
