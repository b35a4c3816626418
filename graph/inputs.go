package graph

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/trace"
)

// Kind says what an input is used for. The drawing of the graph shows it.
type Kind string

// The kinds of inputs.
const (
	Data   Kind = "input"  // images, codes or labels that the model takes
	Target Kind = "target" // what the output is compared with
	Random Kind = "random" // noise
)

// input is an input node. It has a buffer for batches that are too short.
type input struct {
	name   string
	kind   Kind
	node   *gorgonia.Node
	limit  int // values are whole numbers below it; 0: no limit
	padded *tensor.Dense
	traced *trace.Value // its form in the network that Trace records; nil otherwise
}

// Input declares an input of the program, one row of the given shape for each
// image. A second declaration with the same name gives the same input. The
// input is constant: no gradient in it is computed.
func (s *Scope) Input(name string, kind Kind, shape Shape) Value {
	v := s.input(name, kind, shape, 0)
	v.constant = true
	return v
}

// Variable declares an input that gradients can be computed in, see VJP.
func (s *Scope) Variable(name string, shape Shape) Value {
	return s.input(name, Data, shape, 0)
}

// Labels declares the input "labels": one whole number from 0 to classes−1 for
// each image (B×1). Run returns an error for other values. On a scope of
// EveryClass, the labels are all classes in turn.
func (s *Scope) Labels(kind Kind, classes int) Value {
	if !s.labels.None() {
		return s.labels
	}
	v := s.input("labels", kind, Row(1), classes)
	v.constant = true
	return v
}

func (s *Scope) input(name string, kind Kind, shape Shape, limit int) Value {
	if s.Failed() {
		return Value{}
	}
	for _, in := range s.inputs {
		if in.name == name {
			if got := in.node.Shape()[1]; got != shape.Size() {
				s.Failf("input %q is declared with %d values, and also with %d", name, got, shape.Size())
			}
			if in.limit != limit {
				s.Failf("input %q is declared with %d classes, and also with %d", name, in.limit, limit)
			}
			return Value{node: in.node, rows: s.rows, shape: shape, traced: s.tracedInput(in, shape)}
		}
	}
	if err := shape.Validate(); err != nil {
		s.Fail(err)
		return Value{}
	}
	node := gorgonia.NewMatrix(s.graph, tensor.Float32, gorgonia.WithName(name), gorgonia.WithShape(s.rows.Compiled, shape.Size()))
	in := &input{name: name, kind: kind, node: node, limit: limit}
	s.inputs = append(s.inputs, in)
	return Value{node: node, rows: s.rows, shape: shape, traced: s.tracedInput(in, shape)}
}

// Output gives a value a name, under which Program.Output returns it. A
// declaration may name more outputs than were requested. An output that takes
// extra computation should be declared only if Wants reports true.
func (s *Scope) Output(name string, v Value) {
	if s.Failed() || v.None() || v.images() && !s.Wants(name) {
		return
	}
	s.outputs[name] = s.Rows(name, v)
}

// Wants reports whether the program was compiled with this output in
// Options.Outputs.
func (s *Scope) Wants(name string) bool {
	return slices.Contains(s.options.Outputs, name)
}

// Given reports whether the batches of the program have this input. A
// declaration asks it before it uses an optional input.
func (s *Scope) Given(name string) bool { return !slices.Contains(s.options.Without, name) }

// check returns an error if a value is not a whole number below the limit.
func (in *input) check(values []float32) error {
	if in.limit == 0 {
		return nil
	}
	for _, v := range values {
		if !(v >= 0 && v < float32(in.limit) && v == float32(int(v))) {
			return fmt.Errorf("%s has %g; hint: whole numbers from 0 to %d", in.name, v, in.limit-1)
		}
	}
	return nil
}
