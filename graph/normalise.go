package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// Normalisation says over what a layer's sums, its weights times its input, are
// brought to mean 0 and variance 1 before they are scaled, moved and activated:
// y = act(gain ⊙ normalised + bias). Gain and bias are of a unit, or of a channel.
type Normalisation string

// The kinds of normalisation.
const (
	NoNormalisation Normalisation = ""
	// Batch normalisation is of each unit, or each channel, over the images of a
	// batch and their pixels; evaluated, by running statistics of the training
	// batches (Ioffe & Szegedy 2015).
	Batchwise Normalisation = "batch"
	// Layer normalisation is of each image over all its values in a layer (Ba,
	// Kiros & Hinton 2016).
	Layerwise Normalisation = "layer"
)

// ParseNormalisation finds a kind of normalisation by its name; none is one.
func ParseNormalisation(name string) (Normalisation, error) {
	switch n := Normalisation(name); n {
	case Batchwise, Layerwise:
		return n, nil
	case NoNormalisation, "none":
		return NoNormalisation, nil
	}
	return "", fmt.Errorf("unknown normalisation %q; hint: none, %s or %s", name, Batchwise, Layerwise)
}

// String names the kind.
func (n Normalisation) String() string {
	if n == NoNormalisation {
		return "none"
	}
	return string(n)
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *Normalisation) UnmarshalText(text []byte) (err error) {
	*n, err = ParseNormalisation(string(text))
	return err
}

// The names of a normalised layer's parameters besides weights and bias.
func (l namedLayer) gain() string            { return l.name + "/gain" }
func (l namedLayer) runningMean() string     { return l.name + "/running_mean" }
func (l namedLayer) runningVariance() string { return l.name + "/running_variance" }
func (l namedLayer) runningBatches() string  { return l.name + "/running_batches" } // counted in both

// addNormalisation adds gains of 1, and of running statistics those that change
// nothing: mean 0, variance 1.
func (p *Parameters) addNormalisation(l namedLayer) error {
	if l.Normalisation == NoNormalisation {
		return nil
	}
	if err := p.addFilled(l.gain(), 1, l.Units); err != nil || l.Normalisation != Batchwise {
		return err
	}
	for _, s := range []struct {
		name  string
		value float32
		size  int
	}{{l.runningMean(), 0, l.Units}, {l.runningVariance(), 1, l.Units}, {l.runningBatches(), 0, 1}} {
		if err := p.addFilled(s.name, s.value, s.size); err != nil {
			return err
		}
		p.list[p.at[s.name]].Statistic = true
	}
	return nil
}

// addFilled makes a vector of equal numbers unless there is one of that name.
func (p *Parameters) addFilled(name string, value float32, size int) error {
	made, added, err := p.add(name, size)
	if added {
		for i := range made.Values() {
			made.Values()[i] = value
		}
	}
	return err
}

// validateExtras checks normalisation and dropout of a layer in its place.
func (l namedLayer) validateExtras() error {
	if _, err := ParseNormalisation(string(l.Normalisation)); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrArchitecture, l.name, err)
	}
	if l.Normalisation == Layerwise && l.maps.Size() == 1 {
		return fmt.Errorf("%w: layer normalisation of %s, a single value; hint: more units, or batch normalisation", ErrArchitecture, l.name)
	}
	if !(l.Dropout >= 0 && l.Dropout < 1) {
		return fmt.Errorf("%w: dropout of %s is %g; hint: from 0 to below 1", ErrArchitecture, l.name, l.Dropout)
	}
	return nil
}

// validateExtras checks where there may be normalisation and dropout.
func (a Architecture) validateExtras() error {
	for _, layers := range [][]namedLayer{a.decoder(), a.classifier()} {
		if n := len(layers); n > 0 && layers[n-1].Dropout > 0 {
			return fmt.Errorf("%w: dropout of %s, the output; hint: only layers that another one follows can do with fewer values", ErrArchitecture, layers[n-1].name)
		}
	}
	for i, l := range a.layers() {
		if l.Normalisation == NoNormalisation && l.Dropout == 0 {
			continue
		}
		if a.Code.gated() {
			return fmt.Errorf("%w: normalisation or dropout of %s with a %s code; hint: its gates are of the responses as they are", ErrArchitecture, l.name, a.Code)
		}
		if a.Code == Gaussian && i == len(a.Encoder)-1 {
			return fmt.Errorf("%w: normalisation or dropout of %s, which means and variances cannot have", ErrArchitecture, l.name)
		}
	}
	return nil
}

// validateBatch refuses to train on batches of which nothing is left once they are
// normalised: of single values, that are their own mean.
func (a Architecture) validateBatch(batch int) error {
	for _, l := range a.layers() {
		if l.Normalisation == Batchwise && batch*l.places() == 1 {
			return fmt.Errorf("%w: batch normalisation of %s over a batch of one image; hint: a larger batch, or layer normalisation", ErrArchitecture, l.name)
		}
	}
	return nil
}

// places is how many values a unit has of an image: fully connected ones have no
// pixels, whatever images they are to the layers behind.
func (l namedLayer) places() int {
	if l.Convolutional() {
		return l.maps.Height * l.maps.Width
	}
	return 1
}

// normalise declares what becomes of a layer's sums.
func (n *Network) normalise(p *Parameters, l namedLayer, x, gain, bias *gorgonia.Node) (*gorgonia.Node, error) {
	if l.Normalisation == Layerwise {
		return op.ImageNormalise(l.name, n.rows, l.Activation, x, gain, bias)
	}
	s := op.BatchStatistics{Settled: n.mode != Training}
	for name, values := range map[string]*[]float32{l.runningMean(): &s.Mean, l.runningVariance(): &s.Variance, l.runningBatches(): &s.Batches} {
		statistic, ok := p.Get(name)
		if !ok {
			return nil, fmt.Errorf("%w: no statistic %q", ErrArchitecture, name)
		}
		*values = statistic.Values()
	}
	y, advance, err := op.BatchNormalise(l.name, n.rows, l.Activation, s, x, gain, bias)
	if n.mode == Training {
		n.counts = append(n.counts, advance)
	}
	return y, err
}

// dropout declares what is left of a layer's output while training.
func (n *Network) dropout(l namedLayer, x *gorgonia.Node) (*gorgonia.Node, error) {
	if n.mode != Training || l.Dropout == 0 {
		return x, nil
	}
	n.masks++
	return op.Dropout(l.name, n.rows, l.Dropout, &n.key, n.masks, x)
}

// sums is the layer up to where it is normalised: without activation.
func (l namedLayer) sums() namedLayer {
	if l.Normalisation != NoNormalisation {
		l.Activation = kernel.Linear
	}
	return l
}
