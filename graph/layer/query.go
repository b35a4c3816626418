package layer

import (
	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// Numbered returns a numbered layer of the stack, counted from 1.
func (s *Stack) Numbered(number int) Placed { return s.group(number).main }

// Unpools reports whether layers need the positions of the maxima that an
// encoder has pooled.
func (s *Stack) Unpools() bool { return s.Sequence().Unpools() }

// EndsWithDropout reports whether training drops values of the output.
func (s *Stack) EndsWithDropout() bool { return s.Last() != nil && isDropout(s.Last().Layer()) }

// HasBatchNorm reports whether a layer of the stack has batch normalisation.
func (s *Stack) HasBatchNorm() bool {
	return anyOf(s.Sequence(), func(l Layer) bool {
		o, ok := l.(optioned)
		return ok && o.options().Norm == BatchNorm
	})
}

// IsDense reports whether a layer is fully connected, y = act(x·W + b).
func IsDense(p Placed) bool {
	_, ok := p.(*placedDense)
	return ok
}

// OptionsOf returns the options of a layer with weights, and the zero Options
// for any other layer.
func OptionsOf(p Placed) Options {
	if w, ok := p.(Weighted); ok {
		return w.Options()
	}
	return Options{}
}

// Fused returns the activation if it is fused with the sums of the layer, see
// Activation.Kernel.
func Fused(p Placed) (kernel.Activation, bool) { return OptionsOf(p).Activation.Kernel() }

// DependsOnBatch reports whether the output for an image in training depends on
// more than the image: on the other images of the batch, or on random numbers.
func DependsOnBatch(l Layer) bool {
	return anyOf(Sequence{l}, func(l Layer) bool {
		o, ok := l.(optioned)
		return isDropout(l) || ok && (o.options().Norm == BatchNorm || o.options().Dropout != 0)
	})
}

// lastNumbered is the index of the last numbered layer, or −1 if there is none.
func (q Sequence) lastNumbered() int {
	for i := len(q) - 1; i >= 0; i-- {
		if numbered(q[i]) {
			return i
		}
	}
	return -1
}

// Depth is the number of layers that are numbered in a stack.
func (q Sequence) Depth() int { return q.unfold().depth() }

// WithoutLast returns the sequence up to and without its last numbered layer.
func (q Sequence) WithoutLast() Sequence {
	all := q.unfold()
	return all[:max(0, all.lastNumbered())]
}

// EndingWith returns the sequence with another activation of its last numbered
// layer.
func (q Sequence) EndingWith(act Activation) Sequence {
	all := q.unfold()
	if at := all.lastNumbered(); at >= 0 {
		all[at] = activated(all[at], act)
	}
	return all
}

// activated returns a layer with another activation. A residual block gets it
// in its last layer.
func activated(l Layer, act Activation) Layer {
	switch l := l.(type) {
	case optioned:
		o := l.options()
		o.Activation = act
		return l.with(o)
	case Tied:
		l.Layer = activated(l.Layer, act)
		return l
	case Residual:
		l.Body = l.Body.EndingWith(act)
		return l
	}
	return l
}

// Doubled returns the sequence with twice the units in its last layer, for a
// mean and a log-variance of each. The last layer must be dense and linear,
// without normalisation, and no other layer may follow. Errors wrap
// graph.ErrArchitecture.
func (q Sequence) Doubled() (Sequence, error) {
	all := q.unfold()
	at := all.lastNumbered()
	if at < 0 {
		return nil, impossible("an encoder without layers has no means and log-variances")
	}
	l, ok := all[at].(Dense)
	if !ok || l.Activation != LinearUnits {
		return nil, impossible("the encoder ends with %s; hint: means and log-variances need a fully connected last layer with linear activation", all[at])
	}
	if l.Norm != NoNorm || at < len(all)-1 {
		return nil, impossible("%s has normalisation or dropout; hint: the layer of means and log-variances cannot have either", l)
	}
	l.Units, l.Shape = 2*l.Units, graph.Shape{}
	all[at] = l
	return all, nil
}

// FromImages returns the sequence with the initialiser graph.Images in its
// first layer, which must be dense. Errors wrap graph.ErrArchitecture.
func (q Sequence) FromImages() (Sequence, error) {
	all := q.unfold()
	if len(all) == 0 {
		return all, nil
	}
	l, ok := all[0].(Dense)
	if !ok {
		return nil, impossible("encoder/1 cannot be initialised from images; hint: only a fully connected first layer of the encoder can")
	}
	l.Initialiser = graph.Images
	all[0] = l
	return all, nil
}
