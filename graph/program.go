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

// useBLAS makes Gorgonia's own operations use our matrix product, which is
// faster.
var useBLAS = sync.OnceFunc(func() { gorgonia.Use(blas.Implementation{}) })

// Options say what a program must compute.
type Options struct {
	Name  string // for error messages, such as "training"
	Batch int    // largest number of images in a run
	// Training programs compute the gradients of the loss in the parameters,
	// and dropout is active.
	Training bool
	Outputs  []string // outputs to compute besides the loss
	Without  []string // inputs that the batches do not have, see Given

	Precision kernel.Precision // of the products of fully connected layers
}

// Program is a declaration compiled into a TapeMachine. It is not safe for
// concurrent use. The program owns what its methods return, which is valid
// until the next Run.
type Program struct {
	scope     *Scope
	machine   gorgonia.VM
	gradients []Gradient
	wrapped   map[*float32]*tensor.Dense // whole batches by their first value
}

// Compile compiles a declaration. All its parameters must be in p. A program
// over the parameters of a Sketch cannot run. Errors in the architecture wrap
// ErrArchitecture.
func Compile(p *Parameters, o Options, d Declaration) (program *Program, err error) {
	defer func() {
		if r := recover(); r != nil { // Gorgonia panics where it should return errors
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
			return nil, fmt.Errorf("%w: the %s program has no output %q", ErrArchitecture, o.Name, name)
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
		program.machine = gorgonia.NewTapeMachine(s.graph, gorgonia.WithEngine(engine{}))
	}
	return program, nil
}

// distinct returns an error if two operations have the same hash. Gorgonia
// would treat them as one when it compiles the graph, and would compute only
// one.
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

// Batch is the input of a run. A slice with at least as many rows as the
// program was compiled for is used without a copy.
type Batch struct {
	Rows     int                  // number of images
	Inputs   map[string][]float32 // each input by its name, B×D; other inputs are ignored
	Key      noise.Key            // key of the random numbers of the run
	Repeated bool                 // only the factor v of a VJP differs from the last run
}

// Run computes the program for a batch. If the context ends, Run finishes the
// current operation and returns the error of the context. The outputs are then
// undefined until the next run. Nothing else has changed, because only Advance
// and solvers change parameters.
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
		return fmt.Errorf("%s program: a sketch has no parameters, so it cannot run", s.options.Name)
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

// wrap makes a tensor of a whole batch without a copy. Batches come from a few
// buffers that are used again, so the tensors are cached.
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

// Width is the number of values of an input for each image. It is 0 if the
// program has no such input.
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

// Has reports whether the program computes an output.
func (p *Program) Has(name string) bool { return !p.scope.outputs[name].None() }

// Output returns an output of the last run: B×L, or BK×L with K rows for each
// image. It returns nil if the program has no output of that name.
func (p *Program) Output(name string) []float32 {
	if !p.Has(name) {
		return nil
	}
	return live(p.scope.outputs[name])
}

// Shape is the shape of one row of an output.
func (p *Program) Shape(name string) Shape { return p.scope.outputs[name].shape }

// Terms returns the reported terms of the loss. The main term comes first.
func (p *Program) Terms() []Term { return p.scope.reported }

// Mean returns the loss of the last run, averaged over its images. It is 0 if
// the program has no loss.
func (p *Program) Mean() float64 {
	if p.scope.node == nil {
		return 0
	}
	return float64(*p.scope.node.Value().(*gorgonia.F32))
}

// Bytes is the memory of the program in bytes after a run on a whole batch,
// without its parameters and its inputs.
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

// Traffic is the memory in bytes that a run on a whole batch moves, and the
// memory that it uses, with its parameters and inputs. Each op is counted as if
// it read and wrote every value once, see op.Traffic.
func (p *Program) Traffic() (moved, held int64) {
	for nodes := p.scope.graph.Nodes(); nodes.Next(); {
		m, h := op.Traffic(nodes.Node().(op.Node))
		moved, held = moved+m, held+h
	}
	return moved, held
}

// At sets the numbers that rise during training to their values at an epoch,
// which may be a fraction.
func (p *Program) At(epoch float64) {
	for _, r := range p.scope.ramps {
		r.Value = float32(r.full * min(1, epoch/r.epochs))
	}
}

// Advance updates the statistics that training keeps with the values of the
// last run. Run alone does not change them.
func (p *Program) Advance() {
	for _, update := range p.scope.updates {
		update()
	}
}

// NotFinite returns the name of the first tensor, in the order of computation,
// that held a NaN or an infinity in the last run. It returns "" if there is
// none.
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

// computed returns the values of a node in the last run. It leaves out the rows
// beyond the live ones, which may hold values of an earlier run.
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
	if p.machine == nil { // a sketch has no machine
		return nil
	}
	return p.machine.Close()
}
