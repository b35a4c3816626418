package graph

import (
	"fmt"
	"math"
	"slices"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// Penalty is a term of the loss besides the reconstruction.
type Penalty struct {
	Term   string  `json:"term"`
	Weight float64 `json:"weight"`

	// Of Sparsity: the share of the time a unit is to be active, ρ, and what
	// is held against it: the mean over the batch or over past batches too.
	Target   float64 `json:"target,omitempty"`
	Running  bool    `json:"running,omitempty"`
	Momentum float64 `json:"momentum,omitempty"` // of the running mean
	// Of FreeBits and Capacity, the Target is λ and C in nats.

	// Ramp is the number of epochs over which the weight, of Capacity the target,
	// rises from 0 in a straight line.
	Ramp float64 `json:"ramp,omitempty"`
	// Told penalties count in the loss that is told, with their weight, not in the
	// one that training minimises.
	Told bool `json:"told,omitempty"`
}

// The terms of penalties.
const (
	// Divergence is KL(q(z|x) ‖ N(0, I)) of a Gaussian code in nats per image.
	Divergence = "kl"
	// Sparsity is Σ_L KL(ρ ‖ ρ̂) in nats of the mean activations ρ̂ of a
	// sigmoid code, see op.Sparsity. Evaluated, ρ̂ is the running mean of the
	// training images, which is a statistic among the parameters.
	Sparsity = "sparsity"
	// L1 is Σ_L |h| of a code per image.
	L1 = "l1"
	// Contraction is Σ ‖∂y/∂x‖² per image over the layers of the encoder, of
	// each in its own input (Rifai 2011); of a gated code ‖∂s/∂(x, y)‖².
	Contraction = "contraction"
	// FreeBits is what the divergence lacks of λ nats in each unit, see op.FreeBits.
	// It shapes training and counts in no loss that is told.
	FreeBits = "free_bits"
	// Capacity is |KL − C|, see op.Capacity. It shapes training and counts in no
	// loss that is told.
	Capacity = "capacity"
)

var penalties = []string{Divergence, FreeBits, Capacity, Sparsity, L1, Contraction, Deception}

// shapes reports whether the penalty is for training alone.
func (p Penalty) shapes() bool { return p.Term == FreeBits || p.Term == Capacity }

// validate reports why the penalty makes no sense on an architecture, wrapping
// ErrArchitecture.
func (p Penalty) validate(a Architecture) error {
	impossible := func(format string, values ...any) error {
		return fmt.Errorf("%w: term %s: %s", ErrArchitecture, p.Term, fmt.Sprintf(format, values...))
	}
	if !slices.Contains(penalties, p.Term) {
		return fmt.Errorf("%w: unknown term %q; hint: one of %v", ErrArchitecture, p.Term, penalties)
	}
	if !(p.Ramp >= 0) || math.IsInf(p.Ramp, 0) {
		return impossible("rises over %g epochs; hint: 0 or more", p.Ramp)
	}
	if p.Term == Divergence || p.shapes() {
		if a.Code != Gaussian {
			return impossible("the code is not %s", Gaussian)
		}
		if p.shapes() && !(p.Target >= 0) || math.IsInf(p.Target, 0) {
			return impossible("a target of %g nats; hint: 0 or more", p.Target)
		}
		return nil
	}
	if p.Term == Deception {
		if len(a.Discriminator) == 0 || a.Code == Prior {
			return impossible("no discriminator of codes")
		}
		return nil
	}
	if a.Code == Prior {
		return impossible("a generator has no encoder")
	}
	if a.Code == Gaussian {
		return impossible("a %s code has its own penalty, %s", a.Code, Divergence)
	}
	if len(a.Encoder) == 0 {
		return impossible("no encoder")
	}
	last := a.Encoder[len(a.Encoder)-1]
	switch {
	case p.Term == Sparsity && last.Activation != kernel.Sigmoid:
		return impossible("a share of activity needs codes from 0 to 1, those of %s units are not; hint: sigmoid codes, or an L1 penalty", last.Activation)
	case p.Term == Sparsity && !(p.Target > 0 && p.Target < 1 && p.Momentum >= 0 && p.Momentum < 1):
		return impossible("target %g and momentum %g; hint: a target between 0 and 1, a momentum from 0 to below 1", p.Target, p.Momentum)
	case p.Term == Sparsity && last.Dropout > 0:
		return impossible("dropout of the code decides already which units are active")
	case p.Term != L1 && last.TopK > 0:
		return impossible("top-k decides already which units are active")
	}
	if a.Code.gated() { // whose one layer is linear, before it is gated
		return nil
	}
	for _, l := range a.encoder() {
		if p.Term == Contraction && l.Convolutional() {
			return impossible("the Jacobian of %s, a convolution, has no such formula; hint: only fully connected layers have it", l.name)
		}
		if p.Term == Contraction && l.Normalisation != NoNormalisation {
			return impossible("the Jacobian of %s, which is normalised, has no such formula; hint: no normalisation of the encoder", l.name)
		}
		if p.Term == Contraction && l.Threshold > 0 {
			return impossible("the threshold of %s decides already which units are active", l.name)
		}
		if p.Term == Contraction && l.Activation == kernel.Linear {
			return impossible("the Jacobian of %s, which is linear, is its weights; hint: weight decay, or another activation", l.name)
		}
	}
	return nil
}

// extend adds the statistics that the penalty needs. A running mean begins at
// the target, where it presses on nothing.
func (p Penalty) extend(a Architecture, all *Parameters) error {
	if err := p.validate(a); err != nil || p.Term != Sparsity {
		return err
	}
	mean, added, err := all.add(meanActivation(a), a.CodeSize())
	if added {
		all.list[all.at[mean.Name]].Statistic = true
		for i := range mean.Values() {
			mean.Values()[i] = float32(p.Target)
		}
	}
	return err
}

// meanActivation names the running mean activation of a code's units.
func meanActivation(a Architecture) string {
	encoder := a.encoder()
	return encoder[len(encoder)-1].name + "/mean_activation"
}

// loss declares the penalty on a network whose encoder is declared.
func (p Penalty) loss(n *Network, a Architecture, o Objective, all *Parameters) (op.Loss, error) {
	switch p.Term {
	case Deception:
		return n.deceive(a, o, all, n.Code)
	case Divergence:
		return op.GaussianDivergence(p.Term, n.rows, n.statistics)
	case FreeBits:
		return op.FreeBits(p.Term, n.rows, p.Target, n.statistics)
	case Capacity:
		return op.Capacity(p.Term, n.rows, n.rising(p.Target, p.Ramp), n.statistics)
	case L1:
		return op.L1(p.Term, n.rows, n.Code)
	case Contraction:
		if a.Code.gated() {
			return op.GateContraction(p.Term, n.rows, a.Encoder[0].Activation, n.Code, n.responses, n.chain[0].Weights)
		}
		return op.Contraction(p.Term, n.rows, n.chain[:len(a.Encoder)]...)
	}
	mean, ok := all.Get(meanActivation(a))
	if !ok {
		return op.Loss{}, fmt.Errorf("%w: no statistic %q", ErrArchitecture, meanActivation(a))
	}
	sparsity := op.Sparsity{Target: p.Target, Momentum: p.Momentum, Running: p.Running, Mean: mean.Values(), Settled: n.mode != Training}
	loss, count, err := sparsity.Declare(p.Term, n.rows, n.Code)
	if n.mode == Training {
		n.counts = append(n.counts, count)
	}
	return loss, err
}

// weight is that of the penalty in the loss that the network minimises.
func (n *Network) weight(p Penalty) *op.Weight {
	switch {
	case n.mode != Training:
		return &op.Weight{Value: float32(p.Weight)}
	case p.Told:
		return &op.Weight{}
	case p.Term == Capacity: // whose target rises
		return &op.Weight{Value: float32(p.Weight)}
	}
	return n.rising(p.Weight, p.Ramp)
}

// told is the weight of the penalty in the loss that is told.
func (p Penalty) told() float64 {
	if p.shapes() {
		return 0
	}
	return p.Weight
}

// A ramp is a number that rises from 0 in a straight line over some epochs.
type ramp struct {
	*op.Weight
	full, epochs float64
}

// rising is a number that Program.At keeps where it is on its way from 0 to full.
func (n *Network) rising(full, epochs float64) *op.Weight {
	w := &op.Weight{Value: float32(full)}
	if epochs > 0 {
		n.ramps = append(n.ramps, ramp{w, full, epochs})
	}
	return w
}

// At brings what rises over training to where it stands after so many epochs.
func (p *Program) At(epoch float64) {
	for _, r := range p.ramps {
		r.Value = float32(r.full * min(1, epoch/r.epochs))
	}
}
