package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// Bound says what several codes drawn for an image make of its loss.
type Bound string

// The bounds.
const (
	// Mean is the mean of the losses of the codes.
	Mean Bound = ""
	// Importance is −log 1/K Σ_k w, see op.Likelihood.Bound, by its own gradient
	// (Burda 2016).
	Importance Bound = "importance"
	// DoublyReparametrised is the same loss by the gradient of Tucker 2019.
	DoublyReparametrised Bound = "doubly-reparametrised"
)

// Gap is what a bound of several codes leaves of the loss besides the terms: it
// is below 0 where the bound is tighter than that of one code.
const Gap = "gap"

// samples is the number of codes drawn for each image.
func (o Objective) samples() int { return max(1, o.Samples) }

// Noise is the number of standard normal numbers that the codes of an image are
// drawn with.
func (o Objective) Noise(a Architecture) int { return o.samples() * a.Noise() }

// maxSamples bounds the memory of an evaluation.
const maxSamples = 1 << 10

func (o Objective) validateSamples(a Architecture) error {
	switch o.Bound {
	case Mean, Importance, DoublyReparametrised:
	default:
		return fmt.Errorf("%w: unknown bound %q; hint: none, %s or %s", ErrArchitecture, o.Bound, Importance, DoublyReparametrised)
	}
	if o.Samples < 0 || o.Samples > maxSamples {
		return fmt.Errorf("%w: %d samples; hint: from 1 to %d", ErrArchitecture, o.Samples, maxSamples)
	}
	if o.samples() == 1 && o.Bound == Mean {
		return nil
	}
	if a.Code != Gaussian {
		return fmt.Errorf("%w: %d samples of a code that is not drawn; hint: a %s code", ErrArchitecture, o.samples(), Gaussian)
	}
	if o.Emphasis != (kernel.PixelWeights{}) {
		return fmt.Errorf("%w: %d samples with pixels weighted; hint: one sample, or all pixels alike", ErrArchitecture, o.samples())
	}
	if o.Bound == Mean {
		return nil
	}
	if len(o.Penalties) != 1 || o.Penalties[0].Term != Divergence {
		return fmt.Errorf("%w: a bound of importance weights with other terms than %s; hint: it is one term of all that an image costs", ErrArchitecture, Divergence)
	}
	return nil
}

// bound declares the loss of a network whose codes bound it together, and what
// it is made of.
func (n *Network) bound(a Architecture, o Objective, all *Parameters, last *gorgonia.Node) error {
	n.Target = n.matrix("target", n.rows.Compiled, last.Shape()[1])
	likelihood, err := o.likelihood(all)
	if err != nil {
		return err
	}
	divergence := o.Penalties[0]
	if err := divergence.validate(a); err != nil {
		return err
	}
	beta := n.weight(divergence)
	from := op.Sampled{Codes: n.Code, Statistics: n.statistics, Noise: n.Noise}
	b, err := likelihood.Bound("loss", n.rows, o.Bound == DoublyReparametrised, beta, last, n.Target, from)
	if err != nil {
		return err
	}
	o.settle(n, all, b.Reconstruction)
	n.Loss = b.Node
	n.Terms = []Term{
		{reconstruction, &op.Weight{Value: 1}, 1, b.Reconstruction},
		{Divergence, beta, divergence.Weight, b.Divergence},
		{Gap, nil, 1, b.Gap},
	}
	return nil
}
