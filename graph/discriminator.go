package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
	"gaetrain/graph/op"
)

// Contest is what a discriminator and the model that is to deceive it play for.
type Contest string

// The contests; see kernel.AdversarialLoss.
const (
	NonSaturating Contest = "non-saturating"
	LeastSquares  Contest = "least-squares"
	Hinge         Contest = "hinge"
	Wasserstein   Contest = "wasserstein"
)

// ParseContest finds a contest by its name.
func ParseContest(name string) (Contest, error) {
	switch c := Contest(name); c {
	case NonSaturating, LeastSquares, Hinge, Wasserstein:
		return c, nil
	}
	return "", fmt.Errorf("unknown contest %q; hint: one of %s, %s, %s, %s", name, NonSaturating, LeastSquares, Hinge, Wasserstein)
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Contest) UnmarshalText(text []byte) (err error) {
	*c, err = ParseContest(string(text))
	return err
}

// contest returns the losses of an objective's contest.
func (o Objective) contest() (kernel.AdversarialLoss, error) {
	real := 1 - o.Smoothing
	switch {
	case !(o.Smoothing >= 0 && o.Smoothing < 0.5):
		return kernel.AdversarialLoss{}, fmt.Errorf("%w: labels smoothed by %g; hint: from 0 to below 0.5", ErrArchitecture, o.Smoothing)
	case o.Contest == NonSaturating:
		return kernel.NonSaturating(real), nil
	case o.Contest == LeastSquares:
		return kernel.LeastSquares(real), nil
	case o.Smoothing > 0:
		return kernel.AdversarialLoss{}, fmt.Errorf("%w: smoothed labels of the contest %q, which has none; hint: %s or %s", ErrArchitecture, o.Contest, NonSaturating, LeastSquares)
	case o.Contest == Hinge:
		return kernel.Hinge(), nil
	case o.Contest == Wasserstein:
		return kernel.Wasserstein(), nil
	}
	_, err := ParseContest(string(o.Contest))
	return kernel.AdversarialLoss{}, fmt.Errorf("%w: %w", ErrArchitecture, err)
}

// judge begins the names of a discriminator's parameters.
const judge = "discriminator/"

// Judged is the shape of what the discriminator judges: images of a generator,
// or the codes of an autoencoder.
func (a Architecture) Judged() Shape {
	if a.Code == Prior {
		return a.Input
	}
	return a.codeShape()
}

// discriminator lists the discriminator's layers; that of a conditional
// generator is told the label as an encoder is.
func (a Architecture) discriminator() []namedLayer {
	layers := chain("discriminator", 0, a.Judged(), a.Discriminator)
	for i := range layers {
		if a.Code == Prior && !layers[i].Convolutional() {
			layers[i].classes = a.Classes
			break
		}
	}
	return layers
}

// validateDiscriminator checks the discriminator and what goes with it.
func (a Architecture) validateDiscriminator() error {
	impossible := func(format string, values ...any) error {
		return fmt.Errorf("%w: %s", ErrArchitecture, fmt.Sprintf(format, values...))
	}
	switch {
	case a.Code == Prior && (len(a.Encoder) > 0 || a.Classifier != nil || a.Tied):
		return impossible("codes from the prior with an encoder, a classifier or tied weights; hint: a generator is a decoder alone")
	case a.Code == Prior && len(a.Discriminator) == 0:
		return impossible("a generator without a discriminator")
	case a.Code != Prior && (a.Latent != 0 || a.Averaged != 0):
		return impossible("a running mean of weights, or a size of codes from the prior, without a generator")
	case !(a.Averaged >= 0 && a.Averaged < 1):
		return impossible("a running mean of weights with decay %g; hint: from 0 to below 1", a.Averaged)
	}
	for _, l := range a.model() {
		if l.Spectral {
			return impossible("%s has its weights divided by their singular value; hint: only layers of a discriminator have", l.name)
		}
	}
	if len(a.Discriminator) == 0 {
		return nil
	}
	if a.Code != Prior && a.Code != Deterministic || a.Classifier != nil {
		return impossible("a discriminator of %s codes, or beside a classifier; hint: of images, or of codes that are the encoder's output", a.Code)
	}
	for _, l := range a.discriminator() {
		if l.classes > 0 && l.name == fmt.Sprintf("discriminator/%d", len(a.Discriminator)) {
			return impossible("%s alone takes labels, and is the logit; hint: a fully connected hidden layer, such as --hidden 256", l.name)
		}
		if l.Normalisation == Batchwise || l.Dropout > 0 {
			return impossible("batch normalisation or dropout of %s; hint: spectral norm, or layer normalisation", l.name)
		}
	}
	if last := a.Discriminator[len(a.Discriminator)-1]; last.Units != 1 || last.Convolutional() || last.Activation != kernel.Linear {
		return impossible("the discriminator ends with %d %s units; hint: one linear one, fully connected, is the logit", last.Units, last.Activation)
	}
	return nil
}

// allows reports whether there is a program for a mode.
func (a Architecture) allows(mode Mode) error {
	switch {
	case (mode == Encoding || mode == Pullback) && a.Code == Prior:
		return fmt.Errorf("%w: a generator has no encoder", ErrArchitecture)
	case mode == Likelihood && a.Code == Prior:
		return fmt.Errorf("%w: a generator gives images no likelihood", ErrArchitecture)
	case (mode == Discriminating || mode == Judging) && len(a.Discriminator) == 0:
		return fmt.Errorf("%w: no discriminator", ErrArchitecture)
	}
	return nil
}

// discriminatorFLOPs is what the discriminator adds to a training step: it
// learns from as many real images as generated ones, and passes a gradient on
// to the model.
func (a Architecture) discriminatorFLOPs(batch int) float64 {
	var total float64
	for i, l := range a.discriminator() {
		products := 2*3 + 2
		if i == 0 {
			products = 2*2 + 2
		}
		total += float64(products*batch) * l.flops()
	}
	return total
}

// discriminate declares the discriminator of a batch whose first half is real,
// and its loss.
func (n *Network) discriminate(a Architecture, o Objective, p *Parameters) error {
	contest, err := o.contest()
	if err != nil {
		return err
	}
	n.Input = n.matrix("input", n.rows.Compiled, a.Judged().Size())
	if n.classes = a.Classes; n.classes > 0 && a.Code == Prior {
		n.Labels = n.matrix("labels", n.rows.Compiled, 1)
	}
	if n.Logits, err = n.layers(p, a.discriminator(), n.Input); err != nil {
		return err
	}
	first, err := op.DiscriminatorLoss("loss", n.rows, contest, n.Logits)
	if err != nil {
		return err
	}
	n.Terms, n.Loss = []Term{{Discrimination, &op.Weight{Value: 1}, 1, first}}, first.Node
	return nil
}

// deceive declares the discriminator's logit of what the model has made, which
// moves the model alone, and the model's loss.
func (n *Network) deceive(a Architecture, o Objective, p *Parameters, made *gorgonia.Node) (op.Loss, error) {
	contest, err := o.contest()
	if err != nil {
		return op.Loss{}, err
	}
	logits, err := n.layers(p, a.discriminator(), made)
	if err != nil {
		return op.Loss{}, err
	}
	return op.GeneratorLoss(Deception, n.rows, contest, logits)
}

// addSingular adds the left singular vector of a layer's weights, at first a
// random one.
func (p *Parameters) addSingular(l namedLayer, seed uint64) error {
	return p.addStatistic(l.singular(), func(vector []float32) {
		noise.Gaussian(vector, noise.Key{Seed: seed, Stream: streamInitialise, Step: hash(l.singular())})
		kernel.Scale(float32(1/math.Sqrt(kernel.SumSquares(vector))), vector)
	}, l.weightShape()[0])
}

// singular names the left singular vector of a layer's weights.
func (l namedLayer) singular() string { return l.name + "/singular" }

// spectral declares the weights of a layer divided by their singular value.
func (n *Network) spectral(p *Parameters, l namedLayer, w *gorgonia.Node) (*gorgonia.Node, error) {
	vector, ok := p.Get(l.singular())
	if !ok {
		return nil, fmt.Errorf("%w: no statistic %q", ErrArchitecture, l.singular())
	}
	normal, advance, err := op.SpectralNorm(l.name, w, vector.Values())
	if n.mode == Discriminating {
		n.counts = append(n.counts, advance)
	}
	return normal, err
}
