package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// maxClasses is how many labels a byte tells apart.
const maxClasses = 256

// validateClasses checks what labels ask of the architecture.
func (a Architecture) validateClasses() error {
	switch {
	case a.Classes == 0:
		return nil
	case a.Classes < 0 || a.Classes > maxClasses:
		return fmt.Errorf("%w: conditional on %d classes; hint: from 1 to %d", ErrArchitecture, a.Classes, maxClasses)
	case a.Classifier != nil:
		return fmt.Errorf("%w: a classifier that is told the labels", ErrArchitecture)
	case a.Code.gated():
		return fmt.Errorf("%w: a %s code that is told labels; hint: another code", ErrArchitecture, a.Code)
	case a.Part != Part{}:
		return fmt.Errorf("%w: part of a conditional autoencoder; hint: it is trained as a whole", ErrArchitecture)
	}
	for i, l := range a.layers() {
		if l.classes > 0 && l.frames > 1 || i == len(a.Encoder) && l.Convolutional() {
			return fmt.Errorf("%w: %s takes labels and has filters; hint: a decoder that begins with a fully connected layer", ErrArchitecture, l.name)
		}
	}
	return nil
}

// classWeights names what a layer adds for each class.
func (l namedLayer) classWeights() string { return l.name + "/classes" }

// addClasses adds the weights of labels to the parameters, as if they were the
// last ones of the layer's inputs.
func (p *Parameters) addClasses(l namedLayer, seed uint64) error {
	if l.classes == 0 {
		return nil
	}
	weights, added, err := p.add(l.classWeights(), l.classes, l.Units)
	if added {
		in, out := l.fans()
		initialiser := l.Initialiser
		if initialiser == Images {
			initialiser = Zeros
		}
		initialiser.fill(weights.Values(), seed, l.classWeights(), in+l.classes, out)
	}
	return err
}

// condition declares what a layer makes of its linear part and the labels.
func (n *Network) condition(l namedLayer, p *Parameters, z *gorgonia.Node) (*gorgonia.Node, error) {
	classes, err := n.parameter(p, l.classWeights(), l.classes, l.Units)
	if err != nil {
		return nil, err
	}
	return op.Condition(l.name, n.rows, l.Activation, z, classes, n.Labels)
}

// linear is the layer without its activation, where labels come between.
func (l namedLayer) linear() namedLayer {
	if l.classes > 0 {
		l.Activation = kernel.Linear
	}
	return l
}
