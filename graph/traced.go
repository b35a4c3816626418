package graph

import (
	"fmt"

	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Form writes the form of an operation in ONNX and in PyTorch. in are the forms of the
// values that it is given; nil for the zero Value.
type Form func(n *trace.Network, in []*trace.Value) *trace.Value

// Ports says what the inputs and outputs of a network are outside of the program, by
// name. An input or output without an entry has the values of the program.
type Ports map[string]func(n *trace.Network, v *trace.Value) *trace.Value

// Trace records a declaration as a network for other programs: its inputs that outputs
// need, and the given outputs. part is the part of the model that it is, see
// trace.Network. in makes the values of an input of the program from an input of
// the network that it declares, and out makes those of an output of the network from an output of the
// program. An operation without a form in ONNX is an error that names it and wraps
// ErrArchitecture.
func Trace(p *Parameters, part string, in, out Ports, outputs []string, d Declaration) (*trace.Network, error) {
	n := trace.New(part)
	s, err := declareTraced(p, Options{Name: part, Batch: 2, Outputs: outputs}, nil, n, func(s *Scope) {
		s.ports = in
		d(s)
	})
	if err != nil {
		return nil, fmt.Errorf("declare the network %s: %w", part, err)
	}
	for _, name := range outputs {
		v := s.outputs[name]
		if v.None() {
			return nil, fmt.Errorf("%w: the network %s has no output %q", ErrArchitecture, part, name)
		}
		form := v.traced
		if convert, ok := out[name]; ok && form.Missing == "" {
			form = convert(n, form)
		}
		if form != nil { // else out has declared other outputs
			n.Output(name, form)
		}
	}
	if err := n.Finish(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrArchitecture, err)
	}
	return n, nil
}

// Traced gives a value its form in ONNX, which is a function of the forms of in. It
// returns the value. In a scope that records no network it does nothing else.
func (s *Scope) Traced(v Value, form Form, in ...Value) Value {
	if s.network == nil || s.Failed() || v.None() {
		return v
	}
	forms := make([]*trace.Value, len(in))
	for i, x := range in {
		if forms[i] = x.traced; x.traced != nil && x.traced.Missing != "" {
			v.traced = x.traced
			return v
		}
	}
	v.traced = form(s.network, forms)
	return v
}

// untraced is the form of an operation until Traced gives it another one.
func (s *Scope) untraced(node op.Node) *trace.Value {
	if s.network == nil {
		return nil
	}
	return trace.Unknown(node.Op().String())
}

// constant is the form of a parameter.
func (s *Scope) constant(name string, p Parameter) *trace.Value {
	if s.network == nil {
		return nil
	}
	return trace.Constant(name, p.Shape, p.Values())
}

// tracedInput is the form of an input.
func (s *Scope) tracedInput(in *input, shape Shape) *trace.Value {
	switch {
	case s.network == nil:
		return nil
	case in.kind == Random:
		return trace.Unknown(fmt.Sprintf("the random input %q", in.name))
	}
	if in.traced == nil {
		dims := shape.Dims()
		if in.limit > 0 { // labels are a vector
			dims = nil
		}
		in.traced = s.network.Input(in.name, in.limit > 0, dims...)
		if convert, ok := s.ports[in.name]; ok {
			in.traced = convert(s.network, in.traced)
		}
	}
	return in.traced
}

// Dims returns the sides of the shape: one for a row, and C, H and W for images.
func (s Shape) Dims() []int {
	if s.Channels == 1 && s.Height == 1 {
		return []int{s.Width}
	}
	return []int{s.Channels, s.Height, s.Width}
}
