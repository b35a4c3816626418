package trainer

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"gaetrain/graph"
	"gaetrain/loaders"
)

// classifies reports whether the model of the stage predicts the classes of images
// instead of reconstructing them.
func (s Stage) classifies() bool {
	_, ok := s.Model.(Classifier)
	_, decodes := s.Model.(Decoder)
	return ok && !decodes
}

// reconstructs reports whether the network of the stage reconstructs its inputs.
func (s Stage) reconstructs() bool {
	_, ok := s.Model.(Encoder)
	return ok && !s.classifies()
}

// filled is the batch size of training programs. It is smaller than the given size if
// there are fewer training images, because larger programs would waste memory.
func (s Stage) filled(batch int) int {
	const fewest = 17 // up to 16 images, another layout of images changes the order of sums
	if s.images == 0 {
		return batch
	}
	return min(batch, max(s.images, fewest))
}

// training compiles the program that trains the network.
func (s Stage) training(p *graph.Parameters, batch int) (*graph.Program, error) {
	o := graph.Options{Name: "training", Batch: s.filled(batch), Training: true, Precision: s.rounds}
	if s.Opponent != nil {
		o.Outputs = []string{s.Opponent.Made}
	}
	return graph.Compile(p, o, s.Network.Declare)
}

// evaluation compiles the program that evaluates the network.
func (s Stage) evaluation(p *graph.Parameters) (*graph.Program, error) {
	o := graph.Options{Name: "evaluation", Batch: evaluationBatch}
	for _, m := range s.measures() {
		o.Outputs = append(o.Outputs, m.Outputs()...)
	}
	if s.reconstructs() {
		o.Outputs = append(o.Outputs, Reconstruction)
	}
	if s.Opponent != nil {
		o.Outputs = append(o.Outputs, s.Opponent.Made)
	}
	if s.plain {
		o.Without = []string{Mask}
	}
	return graph.Compile(p, o, s.Network.Declare)
}

// measures returns new measures for one split.
func (s Stage) measures() []Measure {
	if s.Measures == nil {
		return nil
	}
	return s.Measures()
}

// stream divides the inputs of the stage into batches, with the masks and noise that the
// program needs. Codes of the part below are not binarised.
func (s Stage) stream(inputs loaders.Split, p *graph.Program, seed uint64, batch int, shuffle bool) (*loaders.Stream, error) {
	o := s.streamOptions(p, seed, batch, shuffle)
	if o.Examples {
		o.Labelled = inputs.Balanced(s.Labelled, seed)
	}
	return loaders.NewStream(inputs, o)
}

func (s Stage) streamOptions(p *graph.Program, seed uint64, batch int, shuffle bool) loaders.StreamOptions {
	var augment loaders.Augmentation
	if shuffle { // for training
		batch, augment = s.filled(batch), s.augment
	}
	noise := p.Width(Noise)
	if s.Opponent != nil && s.Opponent.Real == Noise && p.Has(s.Opponent.Made) {
		noise = max(noise, p.Shape(s.Opponent.Made).Size())
	}
	return loaders.StreamOptions{
		BatchSize: batch, Seed: seed, Shuffle: shuffle, Binarise: s.Binarise && s.Below == nil,
		Augment: augment, Corruption: s.Corruption, Mask: p.Width(Mask) > 0, Noise: noise,
		Examples: p.Width(Example) > 0,
	}
}

// inputs returns the inputs of the stage for a split: its images, or the codes that the
// part below computes from them.
func (s Stage) inputs(ctx context.Context, p *graph.Parameters, split loaders.Split) (loaders.Split, error) {
	if s.Below == nil {
		return split, nil
	}
	codes, err := outputOf(ctx, p, Code, encoding(s.Below, graph.Shape(split.Shape)), split)
	made := loaders.Values(loaders.Shape(graph.Row(s.Below.CodeShape().Size())), codes)
	made.Labels = split.Labels
	return made, err
}

// whole returns the stage as one that trains its model of images, if it trains only a
// part of the model.
func (s Stage) whole() Stage {
	if s.Below != nil {
		s.Network, s.Below, s.Corruption, s.Measures = s.Model, nil, loaders.Corruption{}, nil
	}
	return s
}

// declare adds the parameters of the stage for batches of the given size, and records
// the properties of its programs.
func (s *Stage) declare(p *graph.Parameters, seed uint64, batch int) error {
	if _, err := p.Declare(seed, batch, s.Model.Declare); err != nil {
		return err
	}
	of, err := p.Declare(seed, batch, s.Network.Declare)
	if err != nil {
		return err
	}
	s.flops, s.dense, s.units = of.FLOPs, of.Dense, map[string]string{"mse": "squared error per pixel"}
	if s.Below != nil { // the network reconstructs codes
		s.units["mse"] = "squared error per value of the code"
	}
	if len(of.Terms) > 0 {
		s.main = of.Terms[0].Name
		s.units["loss"] = of.Terms[0].Unit
	}
	for _, term := range of.Terms {
		s.units[term.Name] = term.Unit
	}
	if s.Opponent == nil {
		return nil
	}
	of, err = p.Declare(seed, 2*batch, s.Opponent.Declare)
	s.flops, s.dense = s.flops+of.FLOPs, s.dense+of.Dense
	return err
}

// word gives units the words that fit data of a shape.
func (s *Stage) word(image graph.Shape) {
	s.image = loaders.Shape(image)
	for name, unit := range s.units {
		s.units[name] = s.Words(unit)
	}
}

// Words returns a text about images in words that fit the data, see loaders.Shape.Words.
func (s Stage) Words(text string) string {
	if s.image.Size() == 0 {
		return text
	}
	return s.image.Words(text)
}

// FLOPs is the number of floating-point operations in the matrix products of a
// training step on a full batch.
func (s Stage) FLOPs() float64 { return s.flops }

// Figures yields every figure by its name, as [Figures.All] does, but begins with the
// first term of the loss.
func (s Stage) Figures(f Figures) iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		main, has := f.Terms[s.main]
		if has && !yield(s.main, main) {
			return
		}
		for name, value := range f.All() {
			if (!has || name != s.main) && !yield(name, value) {
				return
			}
		}
	}
}

// Unit is the unit of a figure of the stage, such as "nats per image"; "" for
// figures without one.
func (s Stage) Unit(figure string) string { return s.units[figure] }

// stageNamed finds a stage by its name.
func stageNamed(stages []Stage, name string) (Stage, error) {
	i := slices.IndexFunc(stages, func(s Stage) bool { return s.Name == name })
	if i < 0 {
		return Stage{}, fmt.Errorf("the model has no stage %q", name)
	}
	return stages[i], nil
}
