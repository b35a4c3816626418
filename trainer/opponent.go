package trainer

import (
	"context"

	"gaetrain/graph"
	"gaetrain/graph/kernel/noise"
)

// Names of the measures of a stage with an opponent. The win rate depends on both
// networks and does not show how good the samples are.
const (
	WinRate        = "win_rate"        // share of pairs of a real and a generated example in which the discriminator gives the real one the higher logit; 0.5 is chance
	SampleDistance = "sample_distance" // between samples and the images of the split, see likeness; it selects the best epoch
	SampleSpread   = "sample_spread"   // spread of samples divided by that of the images; near 0, all samples are alike
	CodeDistance   = "code_distance"   // between codes and draws from the prior, measured as SampleDistance
)

// opponent is the program of a stage's Opponent; nil for none.
type opponent struct {
	*graph.Program
	of      *Opponent
	samples []float32 // 2B×D: the real examples, then the generated ones
	labels  []float32 // 2B
	inputs  map[string][]float32
}

// newOpponent compiles the opponent of a stage for batches of the given number of
// pairs. It returns nil if the stage has no opponent.
func newOpponent(s Stage, p *graph.Parameters, training bool, batch int) (*opponent, error) {
	if s.Opponent == nil {
		return nil, nil
	}
	o := graph.Options{Name: "discriminator", Batch: 2 * batch, Training: training}
	if training {
		o.Batch, o.Precision = 2*s.filled(batch), s.rounds
	}
	program, err := graph.Compile(p, o, s.Opponent.Declare)
	if err != nil {
		return nil, err
	}
	return &opponent{Program: program, of: s.Opponent, inputs: make(map[string][]float32)}, nil
}

// run runs the opponent on a batch and on the examples that a program of the model has
// just generated from it. Both networks therefore learn from the same state of each
// other, and the model runs only once.
func (o *opponent) run(ctx context.Context, model *graph.Program, b graph.Batch) error {
	if o == nil {
		return nil
	}
	made := model.Output(o.of.Made)
	return o.judge(ctx, b, o.of.Examples(b, made), made)
}

// Examples returns the real examples for a batch and the examples that were generated
// from it.
func (o *Opponent) Examples(b graph.Batch, made []float32) []float32 {
	if o.Real != Permuted {
		return b.Inputs[o.Real][:len(made)]
	}
	o.permuted = append(o.permuted[:0], made...)
	permute(o.permuted, b.Rows, b.Key)
	return o.permuted
}

// streamPermute is the order of permuted codes.
const streamPermute noise.Stream = 20

// permute puts the values of each dimension of codes (B×L) into a random order over the
// batch. Rows of the result have independent values: they are draws from the product of
// the marginal distributions of the codes.
func permute(codes []float32, rows int, key noise.Key) {
	size := len(codes) / rows
	uniform := make([]float32, len(codes))
	key.Stream = streamPermute
	noise.Uniform(uniform, key)
	for l := range size {
		for i := rows - 1; i > 0; i-- { // the shuffle of Fisher and Yates
			at, other := i*size+l, min(int(uniform[i*size+l]*float32(i+1)), i)*size+l
			codes[at], codes[other] = codes[other], codes[at]
		}
	}
}

// judge runs the opponent on a batch of B real and B generated examples.
func (o *opponent) judge(ctx context.Context, b graph.Batch, real, made []float32) error {
	o.samples = append(append(o.samples[:0], real...), made...)
	o.labels = append(append(o.labels[:0], b.Inputs[Labels]...), b.Inputs[Labels]...) // generated examples have the labels of the real ones
	o.inputs[Samples], o.inputs[Labels] = o.samples, o.labels
	return o.Run(ctx, graph.Batch{Rows: 2 * b.Rows, Inputs: o.inputs})
}

// gradients lists the gradients of the opponent's parameters.
func (o *opponent) gradients() []graph.Gradient {
	if o == nil {
		return nil
	}
	return o.Gradients()
}

// finite reports whether the opponent's loss was finite.
func (o *opponent) finite() bool { return o == nil || finite(o.Mean()) }

// advance updates the statistics of the opponent, such as running means.
func (o *opponent) advance() {
	if o != nil {
		o.Advance()
	}
}

// addTo adds the opponent's loss and win rate on the given number of pairs to sums over
// images.
func (o *opponent) addTo(t *Totals, pairs int) {
	if o == nil {
		return
	}
	if t.Measures == nil {
		t.Measures = make(map[string]float64)
	}
	term := o.Terms()[0]
	t.Measures[DiscriminatorLoss] += sum(term.PerImage()) / 2
	t.Measures[WinRate] += float64(pairs) - sum(term.SquaredPerImage())/2
}
