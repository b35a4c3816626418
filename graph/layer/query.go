package layer

import (
	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// Numbered is a numbered layer of the stack, counted from 1.
func (s *Stack) Numbered(number int) Placed { return s.group(number).main }

// Unpools reports whether layers need to know where an encoder has found the
// greatest values.
func (s *Stack) Unpools() bool { return s.sequence().Unpools() }

// EndsWithDropout reports whether training drops values of the output.
func (s *Stack) EndsWithDropout() bool { return s.Last() != nil && isDropout(s.Last().Layer()) }

// IsDense reports whether a layer is fully connected, y = act(x·W + b).
func IsDense(p Placed) bool {
	_, ok := p.(*placedDense)
	return ok
}

// OptionsOf are the options of a layer with weights; the zero Options of any
// other.
func OptionsOf(p Placed) Options {
	if w, ok := p.(Weighted); ok {
		return w.Options()
	}
	return Options{}
}

// Fused is the activation of a layer that computes it along with its sums.
func Fused(p Placed) (kernel.Activation, bool) { return OptionsOf(p).Activation.Kernel() }

// DependsOnBatch reports whether what a layer makes of an image depends, while
// training, on more than the image: on its batch, or on chance.
func DependsOnBatch(l Layer) bool {
	return anyOf(Sequence{l}, func(l Layer) bool {
		o, ok := l.(optioned)
		return isDropout(l) || ok && (o.options().Norm == BatchNorm || o.options().Dropout != 0)
	})
}

// lastNumbered is the index of the last layer with a number; −1 where there is none.
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

// WithoutLast is the sequence up to its last layer with a number.
func (q Sequence) WithoutLast() Sequence {
	all := q.unfold()
	return all[:max(0, all.lastNumbered())]
}

// EndingWith is the sequence whose last layer with a number has an activation,
// whatever its text says.
func (q Sequence) EndingWith(act Activation) Sequence {
	all := q.unfold()
	if at := all.lastNumbered(); at >= 0 {
		all[at] = activated(all[at], act)
	}
	return all
}

// activated is a layer with an activation; of a residual block, its last layer
// has it.
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

// Doubled is the sequence with twice the units in its last layer: a mean and a
// log-variance for each. They are linear units, fully connected, and all of them.
func (q Sequence) Doubled() (Sequence, error) {
	all := q.unfold()
	at := all.lastNumbered()
	if at < 0 {
		return nil, impossible("means and variances without an encoder")
	}
	l, ok := all[at].(Dense)
	if !ok || l.Activation != LinearUnits {
		return nil, impossible("the encoder ends with %s; hint: means and log-variances are linear units, fully connected", all[at])
	}
	if l.Norm != NoNorm || at < len(all)-1 {
		return nil, impossible("normalisation or dropout of %s, which means and variances cannot have", l)
	}
	l.Units, l.Shape = 2*l.Units, graph.Shape{}
	all[at] = l
	return all, nil
}

// FromImages is the sequence whose first layer starts as training images.
func (q Sequence) FromImages() (Sequence, error) {
	all := q.unfold()
	if len(all) == 0 {
		return all, nil
	}
	l, ok := all[0].(Dense)
	if !ok {
		return nil, impossible("encoder/1 starts as images; hint: only the first layer of the encoder takes images, fully connected")
	}
	l.Initialiser = graph.Images
	all[0] = l
	return all, nil
}
