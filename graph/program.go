package graph

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/blas"
	"gaetrain/graph/kernel/noise"
	"gaetrain/graph/op"
)

// useBLAS gives Gorgonia our matrix products, so that a stock op on a graph is
// as fast as it can be.
var useBLAS = sync.OnceFunc(func() { gorgonia.Use(blas.Implementation{}) })

// Options say what is asked of a program.
type Options struct {
	Name  string // for errors, such as "training"
	Batch int    // images that it is compiled for; a run may have fewer
	// Training makes the program one that trains: it gives the gradients of the
	// loss in the parameters, and dropout and the like are in force.
	Training bool
	Outputs  []string // what it is to give besides the loss
	Without  []string // inputs that its batches lack, see Given
}

// Program is a declaration compiled into a TapeMachine. It is not safe for
// concurrent use. What its methods return belongs to it and is valid until the
// next Run.
type Program struct {
	scope     *Scope
	machine   gorgonia.VM
	gradients []Gradient
	wrapped   map[*float32]*tensor.Dense // whole batches by their first value
}

// Compile compiles a declaration into a program over parameters, all of which
// must be there. Over those of a Sketch the program cannot run.
func Compile(p *Parameters, o Options, d Declaration) (program *Program, err error) {
	defer func() {
		if r := recover(); r != nil { // Gorgonia panics where others return errors
			program, err = nil, fmt.Errorf("compile the %s program: %v", o.Name, r)
		}
	}()
	useBLAS()
	s, err := declare(p, o, nil, d)
	if err != nil {
		return nil, fmt.Errorf("declare the %s program: %w", o.Name, err)
	}
	for _, name := range o.Outputs {
		if s.outputs[name].None() {
			return nil, fmt.Errorf("%w: the %s program gives no %s", ErrArchitecture, o.Name, name)
		}
	}
	program = &Program{scope: s, wrapped: make(map[*float32]*tensor.Dense)}
	if program.gradients, err = s.differentiate(); err != nil {
		return nil, fmt.Errorf("differentiate the %s program: %w", o.Name, err)
	}
	if err := s.distinct(); err != nil {
		return nil, fmt.Errorf("compile the %s program: %w", o.Name, err)
	}
	if !p.sketch {
		program.machine = gorgonia.NewTapeMachine(s.graph)
	}
	return program, nil
}

// distinct reports operations with the same hash. Gorgonia takes them for one when
// it compiles a graph, and would compute only one of them.
func (s *Scope) distinct() error {
	known := make(map[uint32]op.Node)
	for nodes := s.graph.Nodes(); nodes.Next(); {
		node := nodes.Node().(op.Node)
		if other, ok := known[node.Hashcode()]; ok {
			return fmt.Errorf("%w: %v and %v have the same hash; hint: another number of layers", ErrArchitecture, other, node)
		}
		known[node.Hashcode()] = node
	}
	return nil
}

// Batch is what a program is run on. Slices that hold a whole compiled batch
// are used as they are, without a copy.
type Batch struct {
	Rows     int                  // images
	Inputs   map[string][]float32 // B×D of each input, by its name; the program takes what it needs
	Key      noise.Key            // of what the program draws
	Repeated bool                 // but for what VJP multiplies, the inputs and the parameters are those of the last run
}

// Run computes the program for a batch. When the context ends, the operation in
// hand is finished and the context's error returned. What the program gives is
// then undefined until the next run, and nothing else has changed: only Advance
// and a solver move what a run has computed from.
func (p *Program) Run(ctx context.Context, b Batch) error {
	s := p.scope
	if b.Rows < 1 || b.Rows > s.rows.Compiled {
		return fmt.Errorf("%s program: batch of %d images, compiled for 1 to %d", s.options.Name, b.Rows, s.rows.Compiled)
	}
	s.rows.SetLive(b.Rows)
	s.rows.Repeated = b.Repeated
	s.rows.Until(ctx.Done())
	s.key = b.Key
	for _, in := range s.inputs {
		if err := p.feed(in, b.Inputs[in.name]); err != nil {
			return fmt.Errorf("%s program: %w", s.options.Name, err)
		}
	}
	if p.machine == nil {
		return fmt.Errorf("%s program: only a sketch, without parameters", s.options.Name)
	}
	defer p.machine.Reset()
	if err := p.machine.RunAll(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("run the %s program: %w", s.options.Name, err)
	}
	return nil
}

// feed binds the values of a batch to an input.
func (p *Program) feed(in *input, values []float32) error {
	rows, width := p.scope.rows, in.node.Shape()[1]
	if len(values) < rows.Live*width {
		return fmt.Errorf("%s has %d values, want %d×%d", in.name, len(values), rows.Live, width)
	}
	if err := in.check(values[:rows.Live*width]); err != nil {
		return err
	}
	if len(values) >= rows.Compiled*width {
		return gorgonia.UnsafeLet(in.node, p.wrap(values, rows.Compiled, width))
	}
	if in.padded == nil {
		in.padded = tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(rows.Compiled, width))
	}
	copy(in.padded.Float32s(), values[:rows.Live*width])
	return gorgonia.UnsafeLet(in.node, in.padded)
}

// wrap makes a tensor of a whole batch. Batches come from a few buffers that
// are used over and over, so their tensors are kept.
func (p *Program) wrap(values []float32, rows, width int) *tensor.Dense {
	const most = 32
	if dense, ok := p.wrapped[&values[0]]; ok && dense.Shape()[1] == width {
		return dense
	}
	if len(p.wrapped) == most {
		clear(p.wrapped)
	}
	full := rows * width
	dense := tensor.New(tensor.WithShape(rows, width), tensor.WithBacking(values[:full:full]))
	p.wrapped[&values[0]] = dense
	return dense
}

// Width is the number of values of an input for each image; 0 where the program
// has no such input.
func (p *Program) Width(name string) int {
	for _, in := range p.scope.inputs {
		if in.name == name {
			return in.node.Shape()[1]
		}
	}
	return 0
}

// live returns the values of the live rows of a batch.
func live(v Value) []float32 {
	return v.node.Value().(*tensor.Dense).Float32s()[:v.rows.Live*v.node.Shape()[1]]
}

// Has reports whether the program gives an output.
func (p *Program) Has(name string) bool { return !p.scope.outputs[name].None() }

// Output returns an output of the last run, B×L, or BK×L where there are K
// rows for each image; nil where the program gives none of that name.
func (p *Program) Output(name string) []float32 {
	if !p.Has(name) {
		return nil
	}
	return live(p.scope.outputs[name])
}

// Shape is the shape of a row of an output.
func (p *Program) Shape(name string) Shape { return p.scope.outputs[name].shape }

// Terms are the terms of the loss, the one that the model is about first.
func (p *Program) Terms() []Term { return p.scope.reported }

// Mean returns the loss of the last run, averaged over its images; 0 where the
// program has no loss.
func (p *Program) Mean() float64 {
	if p.scope.node == nil {
		return 0
	}
	return float64(*p.scope.node.Value().(*gorgonia.F32))
}

// Bytes is the memory that the program takes, once it has run on a whole batch,
// besides its parameters and its inputs.
func (p *Program) Bytes() int64 {
	var n int64
	for nodes := p.scope.graph.Nodes(); nodes.Next(); {
		n += op.Bytes(nodes.Node().(op.Node))
	}
	return n
}

// FLOPs is the number of floating-point operations in the matrix products of a
// run on a whole batch.
func (p *Program) FLOPs() float64 { return p.scope.flops }

// At brings what rises over training to where it stands after so many epochs.
func (p *Program) At(epoch float64) {
	for _, r := range p.scope.ramps {
		r.Value = float32(r.full * min(1, epoch/r.epochs))
	}
}

// Advance brings the statistics that training keeps count of up to date with
// the last run. Runs alone leave them as they are.
func (p *Program) Advance() {
	for _, update := range p.scope.updates {
		update()
	}
}

// NotFinite names the first tensor, in the order of computation, that held a
// NaN or an infinity in the last run, or returns "" where none did.
func (p *Program) NotFinite() string {
	for _, parameter := range p.scope.trained {
		if !kernel.Finite(parameter.Values()) {
			return parameter.Name
		}
	}
	nodes, err := gorgonia.Sort(p.scope.graph)
	if err != nil {
		return ""
	}
	for _, node := range slices.Backward(nodes) {
		if !kernel.Finite(p.computed(node)) {
			if node.Op() == nil {
				return node.Name()
			}
			return node.Op().String()
		}
	}
	return ""
}

// computed returns what the last run computed of a node. Rows of a batch
// beyond the live ones may hold what an earlier run left.
func (p *Program) computed(node op.Node) []float32 {
	switch value := node.Value().(type) {
	case *gorgonia.F32:
		return []float32{float32(*value)}
	case *tensor.Dense:
		if i := slices.IndexFunc(p.gradients, func(g Gradient) bool { return g.node == node }); i >= 0 {
			return p.gradients[i].Values()
		}
		for _, rows := range p.scope.several {
			if node.Dims() == 2 && node.Shape()[0] == rows.Compiled {
				return value.Float32s()[:rows.Live*node.Shape()[1]]
			}
		}
		return value.Float32s()
	}
	return nil
}

// Close frees the machine.
func (p *Program) Close() error {
	if p.machine == nil { // of a sketch
		return nil
	}
	return p.machine.Close()
}
