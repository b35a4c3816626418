package graph

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel/noise"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Declaration writes to a scope what a program computes.
type Declaration func(s *Scope)

// Scope takes a declaration. Scopes that are derived from one another, for
// example by Frozen, share the graph, the parameters and the first error.
type Scope struct {
	*declaration
	frozen  bool                                 // parameters are not trained
	fixed   func(name string) ([]float32, error) // see Fixed; nil: parameters are as declared
	settled bool                                 // see Settled
	keeping bool                                 // statistics are not updated, see KeepingStatistics
	weights func(*Scope, Spec, Value) Value      // see WithWeights; nil: layers use their weights as they are
	replace func(*Scope, Spec) Spec              // see Replacing; nil: parameters are read as declared
	observe func(*Scope, Parameter)              // see Observing; nil: no observer
	labels  Value                                // see EveryClass; none: the labels of the images
}

// declaration is the state that all scopes of a program share.
type declaration struct {
	graph      *gorgonia.ExprGraph
	parameters *Parameters
	options    Options
	network    *trace.Network // that Trace records; nil otherwise
	ports      Ports          // of the inputs of that network
	seed       *uint64        // seed of new parameters; nil: no parameters may be added
	err        error          // the first one

	rows    *op.Rows         // the rows of values with one row for each image
	several map[int]*op.Rows // the rows of values with several rows for each image, by that number
	key     noise.Key        // key of the random numbers of a run
	drawn   int              // number of random operations so far

	nodes    map[string]op.Node  // of parameters
	moved    gorgonia.Nodes      // nodes of the trained parameters
	trained  []Parameter         // the parameters of those nodes
	lanes    map[op.Node]op.Node // from rows to the images in lanes that they were made from
	kept     map[string]Value    // see Keep
	inputs   []*input            // in the order of declaration
	outputs  map[string]Value    // by name
	loss     Loss                // the loss that the program minimises
	reported []Term              // the reported terms of the loss
	node     op.Node             // node of the loss
	forward  int64               // the nodes from this number on are gradients; 0: there are none
	ramps    []ramp              // numbers that rise during training
	updates  []func()            // update statistics after a training step, see After
	flops    float64             // of the matrix products of a run, with their gradients if the program trains
	dense    float64             // of those of fully connected layers, to which Options.Precision applies
}

// declare runs a declaration on a new graph.
func declare(p *Parameters, o Options, seed *uint64, d Declaration) (s *Scope, err error) {
	return declareTraced(p, o, seed, nil, d)
}

// declareTraced is declare for a scope that records a network; nil: it records none.
func declareTraced(p *Parameters, o Options, seed *uint64, network *trace.Network, d Declaration) (s *Scope, err error) {
	defer func() {
		if r := recover(); r != nil { // Gorgonia panics where it should return errors
			s, err = nil, fmt.Errorf("%w: %v", ErrArchitecture, r)
		}
	}()
	if o.Batch < 1 {
		return nil, fmt.Errorf("%w: batches of %d images; hint: at least 1", ErrArchitecture, o.Batch)
	}
	rows := &op.Rows{Live: o.Batch, Compiled: o.Batch, Precision: o.Precision}
	s = &Scope{declaration: &declaration{
		graph: gorgonia.NewGraph(), parameters: p, options: o, seed: seed, network: network,
		rows: rows, several: map[int]*op.Rows{1: rows},
		nodes: make(map[string]op.Node), lanes: make(map[op.Node]op.Node), kept: make(map[string]Value), outputs: make(map[string]Value),
	}}
	d(s)
	s.minimise()
	return s, s.err
}

// Fail records an error, unless an earlier one is recorded. Declarations after
// an error have no effect.
func (s *Scope) Fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// Failf records an error with the given text that wraps ErrArchitecture.
func (s *Scope) Failf(format string, values ...any) {
	s.Fail(fmt.Errorf("%w: %w", ErrArchitecture, fmt.Errorf(format, values...)))
}

// Failed reports whether the declaration has failed.
func (s *Scope) Failed() bool { return s.err != nil }

// Training reports whether the program trains. In training, dropout is active,
// batch normalisation uses the statistics of the batch, and weights of the loss
// may rise.
func (s *Scope) Training() bool { return s.options.Training && !s.settled }

// Batch is the largest number of images in a run of the program.
func (s *Scope) Batch() int { return s.rows.Compiled }

// Frozen returns a scope whose parameters are not trained. Gradients pass
// through what is declared on it.
func (s *Scope) Frozen() *Scope {
	derived := *s
	derived.frozen = true
	return &derived
}

// Settled returns a scope that declares what a program computes that does not train:
// its parameters are not trained, dropout is not active, and statistics do not change.
// A stage that trains another part of a model uses it for the trained part.
func (s *Scope) Settled() *Scope {
	derived := *s
	derived.frozen, derived.settled = true, true
	return &derived
}

// Fixed returns a scope for a network that is a constant of the loss. Its parameters are
// statistics, and it is settled. Gradients pass through what is declared on
// it. When a parameter is created, it gets the values that initial returns for its name, or
// its usual ones if these are nil. An error of initial is the error of the declaration.
func (s *Scope) Fixed(initial func(name string) ([]float32, error)) *Scope {
	derived := *s.Settled()
	derived.fixed = initial
	return &derived
}

// KeepingStatistics returns a scope on which After has no effect, so that running means and other
// statistics of what is declared on it are not updated.
func (s *Scope) KeepingStatistics() *Scope {
	derived := *s
	derived.keeping = true
	return &derived
}

// Moves reports whether parameters declared on this scope are trained.
func (s *Scope) Moves() bool { return s.Training() && !s.frozen }

// WithWeights returns a scope on which layers use f(w) in place of their
// weights w. Spectral normalisation uses it.
func (s *Scope) WithWeights(f func(s *Scope, spec Spec, w Value) Value) *Scope {
	derived := *s
	derived.weights = f
	return &derived
}

// Weights declares the weights of a layer, transformed by the function given to
// WithWeights.
func (s *Scope) Weights(spec Spec) Value {
	w := s.Parameter(spec)
	if s.weights == nil || s.Failed() {
		return w
	}
	return s.weights(s, spec, w)
}

// Replacing returns a scope on which f chooses the parameter to read. f gets
// the spec of each trainable parameter and returns the spec to use, for example
// that of a moving average.
func (s *Scope) Replacing(f func(s *Scope, spec Spec) Spec) *Scope {
	derived := *s
	derived.replace = f
	return &derived
}

// Observing returns a scope that calls f once for each trainable parameter that
// is declared on it.
func (s *Scope) Observing(f func(s *Scope, p Parameter)) *Scope {
	derived := *s
	derived.observe = f
	return &derived
}

// EveryClass returns a scope whose labels are all classes in turn, and not those
// of the images of x. What is declared on it with labels has C rows for each
// image, one for each class.
func (s *Scope) EveryClass(classes int, x Value) *Scope {
	derived := *s
	derived.labels = s.Apply(func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Node, error) {
		return op.EveryClass("classes", rows, classes, x)
	}, x)
	derived.labels.constant = true
	return &derived
}

// Parameter declares a trainable parameter. A second declaration with the same
// name gives the same parameter. It is trained if one of its scopes is not
// frozen.
func (s *Scope) Parameter(spec Spec) Value {
	if s.Failed() {
		return Value{}
	}
	name := spec.Name
	if s.replace != nil {
		if spec = s.replace(s, spec); s.Failed() {
			return Value{}
		}
	}
	_, declared := s.nodes[spec.Name]
	p, ok := s.tensor(spec)
	if !ok {
		return Value{}
	}
	node := s.nodes[spec.Name]
	if !s.frozen && spec.Role != Statistic && !slices.Contains(s.moved, node) {
		s.moved, s.trained = append(s.moved, node), append(s.trained, p)
	}
	if s.observe != nil && !declared {
		s.observe(s, p)
	}
	return Value{node: node, traced: s.constant(name, p)}
}

// Statistic declares a parameter that no solver changes and returns its values.
// An operation may read them in every run, and a function given to After may
// change them.
func (s *Scope) Statistic(spec Spec) []float32 {
	if p := s.StatisticParameter(spec); p.Tensor != nil {
		return p.Values()
	}
	return make([]float32, size(spec.Shape)) // in a sketch, or after an error
}

// Codebook declares the entries of a codebook and returns their values. No solver changes
// them. An operation may read them in every run, and a function given to After may
// change them.
func (s *Scope) Codebook(spec Spec) []float32 {
	spec.Role = Codebook
	if p, ok := s.find(spec); ok && p.Tensor != nil {
		return p.Values()
	}
	return make([]float32, size(spec.Shape)) // in a sketch, or after an error
}

// StatisticParameter is Statistic for code that reads and changes the values
// between runs. It returns the zero Parameter if the declaration has failed.
func (s *Scope) StatisticParameter(spec Spec) Parameter {
	spec.Role = Statistic
	p, _ := s.find(spec)
	return p
}

// StatisticValue declares a statistic as an input of operations.
func (s *Scope) StatisticValue(spec Spec) Value {
	spec.Role = Statistic
	p, ok := s.tensor(spec)
	if !ok {
		return Value{}
	}
	return Value{node: s.nodes[spec.Name], constant: true, traced: s.constant(spec.Name, p)}
}

// find returns the parameter of a spec. It creates the parameter if there is a
// seed.
func (s *Scope) find(spec Spec) (Parameter, bool) {
	if s.Failed() {
		return Parameter{}, false
	}
	if s.fixed != nil {
		var err error
		if spec, err = s.fix(spec); err != nil {
			s.Fail(err)
			return Parameter{}, false
		}
	}
	if s.seed != nil {
		p, err := s.parameters.add(spec, *s.seed)
		if err != nil {
			s.Fail(err)
		}
		return p, err == nil
	}
	p, ok := s.parameters.Get(spec.Name)
	if !ok {
		s.Failf("no parameter %q", spec.Name)
		return p, false
	}
	if err := fits(p, spec); err != nil {
		s.Fail(err)
		return p, false
	}
	return p, true
}

// fix returns the spec of a constant, with the initial values of Fixed.
func (s *Scope) fix(spec Spec) (Spec, error) {
	spec.Role = Statistic
	values, err := s.fixed(spec.Name)
	switch {
	case err != nil || values == nil:
		return spec, err
	case len(values) != size(spec.Shape):
		return spec, fmt.Errorf("%w: %s has %d values, but the shape %v", ErrArchitecture, spec.Name, len(values), spec.Shape)
	}
	spec.Fill = func(to []float32, _ uint64) { copy(to, values) }
	return spec, nil
}

// tensor adds the parameter of a spec to the graph, as an input node that
// shares the tensor.
func (s *Scope) tensor(spec Spec) (Parameter, bool) {
	p, ok := s.find(spec)
	if _, declared := s.nodes[spec.Name]; ok && !declared {
		options := []gorgonia.NodeConsOpt{gorgonia.WithName(spec.Name), gorgonia.WithShape(spec.Shape...)}
		if p.Tensor != nil {
			options = append(options, gorgonia.WithValue(p.Tensor))
		}
		s.nodes[spec.Name] = gorgonia.NewTensor(s.graph, tensor.Float32, len(spec.Shape), options...)
	}
	return p, ok
}

func size(shape []int) int {
	n := 1
	for _, side := range shape {
		n *= side
	}
	return n
}

// Keep stores a value under a name for another part of the declaration. An
// unpooling layer, for example, needs the input of its pooling layer.
func (s *Scope) Keep(name string, v Value) { s.kept[name] = v }

// Kept returns the value that Keep stored, or the zero Value if there is none.
func (s *Scope) Kept(name string) Value { return s.kept[name] }

// After adds a function that Program.Advance calls after a training step, for
// example to update a running mean. Programs that do not train ignore it.
func (s *Scope) After(update func()) {
	if s.Training() && !s.keeping {
		s.updates = append(s.updates, update)
	}
}

// Draw registers an operation that draws random numbers. It returns the key of
// the current run and the number of the operation among those that draw.
func (s *Scope) Draw() (key *noise.Key, number int) {
	s.drawn++
	return &s.key, s.drawn
}

// Product counts the floating-point operations of the product of one row of a
// batch with weights. In training it adds the gradient in the weights, if they
// are trained, and the gradient in x, unless x is constant. dense says that the
// weights are those of a fully connected layer.
func (s *Scope) Product(flops float64, dense bool, x Value) {
	products := 1
	if s.Moves() {
		products++
	}
	if s.options.Training && !x.constant {
		products++
	}
	if x.rows == nil {
		return
	}
	flops *= float64(products * x.rows.Compiled)
	s.flops += flops
	if dense {
		s.dense += flops
	}
}
