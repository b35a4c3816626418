package graph

import (
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

// Program is a network compiled into a TapeMachine. It is not safe for
// concurrent use. What its methods return belongs to it and is valid until the
// next Run.
type Program struct {
	*Network
	Mode      Mode
	machine   gorgonia.VM
	gradients []Gradient
	wrapped   map[*float32]*tensor.Dense       // whole batches by their first value
	padded    map[*gorgonia.Node]*tensor.Dense // by input, for batches that are too short
	first     []float32                        // codes, of several for each image
}

// Gradient is the gradient of the loss in one parameter.
type Gradient struct {
	Parameter
	node    *gorgonia.Node
	product func() kernel.Gradient // of a deferred gradient; nil: the node has it
	values  *[]float32             // of a deferred gradient that was asked for
}

// Values returns the gradient's numbers, in the order of the parameter's.
func (g Gradient) Values() []float32 {
	if g.product == nil {
		return g.node.Value().(*tensor.Dense).Float32s()
	}
	if *g.values == nil {
		*g.values = make([]float32, len(g.Parameter.Values()))
	}
	g.product().Compute(*g.values)
	return *g.values
}

// Step returns the gradient as a solver's step takes it, which may be a product
// that nobody has computed.
func (g Gradient) Step() kernel.Gradient {
	if g.product != nil {
		return g.product()
	}
	return kernel.Gradient{Values: g.Values()}
}

// Compile declares the network of a mode and compiles it for batches of up to
// batch images.
func Compile(a Architecture, o Objective, p *Parameters, mode Mode, batch int) (program *Program, err error) {
	defer func() {
		if r := recover(); r != nil { // Gorgonia panics where others return errors
			program, err = nil, fmt.Errorf("compile the %s program for images of %s: %v", mode, a.Input, r)
		}
	}()
	useBLAS()
	if err := a.Validate(); err != nil {
		return nil, err
	}
	if mode < Training || mode > Judging {
		return nil, fmt.Errorf("no program for %s", mode)
	}
	if mode == Classification && a.Classifier == nil {
		return nil, fmt.Errorf("%w: no classifier", ErrArchitecture)
	}
	if err := a.allows(mode); err != nil {
		return nil, err
	}
	if mode.ofCodes() {
		if err := a.Decodable(); err != nil {
			return nil, err
		}
	}
	if mode != Encoding && mode != Pullback && mode < Discriminating && a.Classifier == nil {
		if err := o.validate(a); err != nil {
			return nil, err
		}
	}
	if batch < 1 {
		return nil, fmt.Errorf("%w: batches of %d images; hint: at least 1", ErrArchitecture, batch)
	}
	if mode == Training {
		if err := a.validateBatch(batch); err != nil {
			return nil, err
		}
	}
	network, err := declare(a, o, p, mode, batch)
	if err != nil {
		return nil, fmt.Errorf("declare the %s network: %w", mode, err)
	}
	program = &Program{Network: network, Mode: mode, wrapped: make(map[*float32]*tensor.Dense), padded: make(map[*gorgonia.Node]*tensor.Dense)}
	if mode == Training || mode == Discriminating {
		nodes, err := gorgonia.Grad(network.Loss, network.parameters...)
		if err != nil {
			return nil, fmt.Errorf("differentiate the %s network: %w", mode, err)
		}
		for i, node := range nodes {
			program.gradients = append(program.gradients, Gradient{network.used[i], node, op.Defer(node), new([]float32)})
		}
		op.Spare(network.Graph, nodes)
	}
	if mode == Pullback {
		op.Spare(network.Graph, nil)
	}
	program.machine = gorgonia.NewTapeMachine(network.Graph)
	return program, nil
}

// Batch is what a program is run on. Slices that hold a whole compiled batch
// are used as they are, without a copy.
type Batch struct {
	Rows      int       // images
	Input     []float32 // B×D, in Decoding and Likelihood mode codes B×L
	Target    []float32 // B×D, in Training, Evaluation and Likelihood mode
	Hit       []float32 // B×D, in those modes and with emphasis
	Noise     []float32 // B×KL, in those modes and with a Gaussian code
	Labels    []uint8   // B, in those modes with a classifier, in all with a conditional autoencoder
	Direction []float32 // B×L, in Pullback mode
	Key       noise.Key // of what dropout draws, in Training mode
	Repeated  bool      // in Pullback mode: but for Direction, this batch and the weights are those of the last run
}

// Run computes the program for a batch.
func (p *Program) Run(b Batch) error {
	if b.Rows < 1 || b.Rows > p.rows.Compiled {
		return fmt.Errorf("%s program: batch of %d images, compiled for 1 to %d", p.Mode, b.Rows, p.rows.Compiled)
	}
	if (p.Mode == Discriminating || p.Mode == Judging) && b.Rows%2 != 0 {
		return fmt.Errorf("%s program: batch of %d, of which no half is real", p.Mode, b.Rows)
	}
	p.rows.SetLive(b.Rows)
	p.key = b.Key
	p.rows.Repeated = b.Repeated && p.Mode == Pullback
	for _, in := range [...]struct {
		node   *gorgonia.Node
		values []float32
	}{{p.Input, b.Input}, {p.Target, b.Target}, {p.Hit, b.Hit}, {p.Network.Noise, b.Noise}, {p.Network.Direction, b.Direction}} {
		if in.node == nil {
			continue
		}
		if err := p.feed(in.node, in.values); err != nil {
			return err
		}
	}
	if err := p.feedLabels(b.Labels); err != nil {
		return err
	}
	defer p.machine.Reset()
	if err := p.machine.RunAll(); err != nil {
		return fmt.Errorf("run the %s program: %w", p.Mode, err)
	}
	return nil
}

// feed binds the values of a batch to an input node.
func (p *Program) feed(node *gorgonia.Node, values []float32) error {
	width := node.Shape()[1]
	if len(values) < p.rows.Live*width {
		return fmt.Errorf("%s program: %s has %d values, want %d×%d", p.Mode, node.Name(), len(values), p.rows.Live, width)
	}
	if len(values) < p.rows.Compiled*width {
		return gorgonia.UnsafeLet(node, p.pad(node, values, width))
	}
	return gorgonia.UnsafeLet(node, p.wrap(values, width))
}

// feedLabels binds labels as numbers to their node, where there is one.
func (p *Program) feedLabels(labels []uint8) error {
	if p.Network.Labels == nil {
		return nil
	}
	if len(labels) < p.rows.Live {
		return fmt.Errorf("%s program: %d labels for %d images", p.Mode, len(labels), p.rows.Live)
	}
	dense := p.padding(p.Network.Labels, 1)
	for i, label := range labels[:p.rows.Live] {
		if int(label) >= p.classes {
			return fmt.Errorf("%s program: label %d of %d classes", p.Mode, label, p.classes)
		}
		dense.Float32s()[i] = float32(label)
	}
	return gorgonia.UnsafeLet(p.Network.Labels, dense)
}

// pad copies the live rows of a batch into a tensor of the compiled size.
func (p *Program) pad(node *gorgonia.Node, values []float32, width int) *tensor.Dense {
	dense := p.padding(node, width)
	copy(dense.Float32s(), values[:p.rows.Live*width])
	return dense
}

// padding is a tensor of the compiled size that belongs to an input.
func (p *Program) padding(node *gorgonia.Node, width int) *tensor.Dense {
	dense, ok := p.padded[node]
	if !ok {
		dense = tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(p.rows.Compiled, width))
		p.padded[node] = dense
	}
	return dense
}

// wrap makes a tensor of a whole batch. Batches come from a few buffers that
// are used over and over, so their tensors are kept.
func (p *Program) wrap(values []float32, width int) *tensor.Dense {
	const most = 16
	if dense, ok := p.wrapped[&values[0]]; ok {
		return dense
	}
	if len(p.wrapped) == most {
		clear(p.wrapped)
	}
	full := p.rows.Compiled * width
	dense := tensor.New(tensor.WithShape(p.rows.Compiled, width), tensor.WithBacking(values[:full:full]))
	p.wrapped[&values[0]] = dense
	return dense
}

// live returns the values of the live rows of a matrix, which has one row for
// each image or for each code.
func (p *Program) live(node *gorgonia.Node) []float32 {
	rows := p.rows
	if node.Shape()[0] != rows.Compiled {
		rows = p.sampled
	}
	return node.Value().(*tensor.Dense).Float32s()[:rows.Live*node.Shape()[1]]
}

// Codes returns the codes of the last run, B×L, of several the first of each
// image.
func (p *Program) Codes() []float32 {
	codes, samples, size := p.live(p.Code), p.sampled.Compiled/p.rows.Compiled, p.Code.Shape()[1]
	if samples == 1 {
		return codes
	}
	p.first = p.first[:0]
	for i := range p.rows.Live {
		p.first = append(p.first, codes[i*samples*size:][:size]...)
	}
	return p.first
}

// HasPosterior reports whether codes are drawn from a posterior.
func (p *Program) HasPosterior() bool { return p.statistics != nil }

// Statistics returns the posteriors that the last run drew Gaussian codes from,
// or gave the means of: B×2L, in each row L means, then L log-variances.
func (p *Program) Statistics() []float32 { return p.live(p.statistics) }

// Sensitivities returns the gradients of direction·code in the input of the
// last run, B×D: products of a direction and the Jacobian of the code.
func (p *Program) Sensitivities() []float32 { return p.live(p.Sensitivity) }

// Reconstructions returns the reconstructions of the last run, B×D.
func (p *Program) Reconstructions() []float32 { return p.live(p.Reconstruction) }

// Described returns the features of the last run, B×F: what the last layer of a
// classifier takes.
func (p *Program) Described() []float32 { return p.live(p.Features) }

// Scores returns the logits of the last run, B×C.
func (p *Program) Scores() []float32 { return p.live(p.Logits) }

// Mean returns the loss of the last run, averaged over its images.
func (p *Program) Mean() float64 { return float64(*p.Loss.Value().(*gorgonia.F32)) }

// Advance brings the statistics that training keeps count of up to date with
// the last run. Runs alone leave them as they are.
func (p *Program) Advance() {
	for _, count := range p.counts {
		count()
	}
}

// Gradients returns the gradients of the last run in the order of Parameters.
func (p *Program) Gradients() []Gradient { return p.gradients }

// NotFinite names the first tensor, in the order of computation, that held a
// NaN or an infinity in the last run, or returns "" where none did.
func (p *Program) NotFinite() string {
	for i, parameter := range p.used {
		if !kernel.Finite(parameter.Values()) {
			return p.used[i].Name
		}
	}
	nodes, err := gorgonia.Sort(p.Graph)
	if err != nil {
		return ""
	}
	for i := len(nodes) - 1; i >= 0; i-- {
		node := nodes[i]
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
func (p *Program) computed(node *gorgonia.Node) []float32 {
	switch value := node.Value().(type) {
	case *gorgonia.F32:
		return []float32{float32(*value)}
	case *tensor.Dense:
		if i := slices.IndexFunc(p.gradients, func(g Gradient) bool { return g.node == node }); i >= 0 {
			return p.gradients[i].Values()
		}
		if node.Dims() == 2 && (node.Shape()[0] == p.rows.Compiled || node.Shape()[0] == p.sampled.Compiled) {
			return p.live(node)
		}
		return value.Float32s()
	}
	return nil
}

// Close frees the machine.
func (p *Program) Close() error { return p.machine.Close() }
