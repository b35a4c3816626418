package graph

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel/noise"
	"gaetrain/graph/op"
)

// Declaration puts what a program computes on a scope.
type Declaration func(s *Scope)

// Scope takes a declaration. Scopes that are derived from one another, such as
// Frozen, share the graph, the parameters and the first error.
type Scope struct {
	*declaration
	frozen  bool                            // parameters do not move
	weights func(*Scope, Spec, Value) Value // what layers get in place of their weights; nil: those
	replace func(*Scope, Spec) Spec         // see Replacing
	observe func(*Scope, Parameter)         // see Observing
}

// declaration is what the scopes of a program share.
type declaration struct {
	graph      *gorgonia.ExprGraph
	parameters *Parameters
	options    Options
	seed       *uint64 // of parameters that are not there yet; nil: there must be all
	err        error   // the first one

	rows    *op.Rows         // of what has one row for each image
	several map[int]*op.Rows // of what has several, by their number
	key     noise.Key        // of what is drawn in a run
	drawn   int              // operations so far that draw

	nodes    map[string]op.Node  // of parameters
	moved    gorgonia.Nodes      // the nodes of trained parameters
	trained  []Parameter         // the parameters of those nodes
	lanes    map[op.Node]op.Node // the images in lanes of which rows were made
	kept     map[string]Value    // by Keep
	inputs   []*input            // in the order in which they were declared
	outputs  map[string]Value    // by name
	loss     Loss                // that the program minimises
	reported []Term              // of the loss
	node     op.Node             // of the loss
	ramps    []ramp              // what rises over training
	updates  []func()            // each brings a statistic up to date with the last run
	flops    float64             // of the matrix products, trained if the program is
}

// declare runs a declaration on a new graph.
func declare(p *Parameters, o Options, seed *uint64, d Declaration) (s *Scope, err error) {
	defer func() {
		if r := recover(); r != nil { // Gorgonia panics where others return errors
			s, err = nil, fmt.Errorf("%w: %v", ErrArchitecture, r)
		}
	}()
	if o.Batch < 1 {
		return nil, fmt.Errorf("%w: batches of %d images; hint: at least 1", ErrArchitecture, o.Batch)
	}
	rows := &op.Rows{Live: o.Batch, Compiled: o.Batch}
	s = &Scope{declaration: &declaration{
		graph: gorgonia.NewGraph(), parameters: p, options: o, seed: seed,
		rows: rows, several: map[int]*op.Rows{1: rows},
		nodes: make(map[string]op.Node), lanes: make(map[op.Node]op.Node), kept: make(map[string]Value), outputs: make(map[string]Value),
	}}
	d(s)
	s.minimise()
	return s, s.err
}

// Fail records an error, unless there is one already. What is declared after
// it has no effect.
func (s *Scope) Fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// Failf records an error that wraps ErrArchitecture.
func (s *Scope) Failf(format string, values ...any) {
	s.Fail(fmt.Errorf("%w: %w", ErrArchitecture, fmt.Errorf(format, values...)))
}

// Failed reports whether the declaration has failed.
func (s *Scope) Failed() bool { return s.err != nil }

// Training reports whether the program trains: then there is dropout, batches
// are normalised by their own statistics, and weights of the loss may rise.
func (s *Scope) Training() bool { return s.options.Training }

// Batch is the number of images that the program is compiled for.
func (s *Scope) Batch() int { return s.rows.Compiled }

// Frozen is the scope with parameters that the program does not move: gradients
// only pass through what is declared on it.
func (s *Scope) Frozen() *Scope {
	derived := *s
	derived.frozen = true
	return &derived
}

// Moves reports whether parameters that are declared on the scope are trained.
func (s *Scope) Moves() bool { return s.Training() && !s.frozen }

// WithWeights is the scope on which layers get f of their weights in place of
// them, such as their quotient by a norm.
func (s *Scope) WithWeights(f func(s *Scope, spec Spec, w Value) Value) *Scope {
	derived := *s
	derived.weights = f
	return &derived
}

// Weights declares the weights of a layer.
func (s *Scope) Weights(spec Spec) Value {
	w := s.Parameter(spec)
	if s.weights == nil || s.Failed() {
		return w
	}
	return s.weights(s, spec, w)
}

// Replacing is the scope on which f chooses what a parameter is read from: it
// gets the spec of each trainable parameter and returns the one to use.
func (s *Scope) Replacing(f func(s *Scope, spec Spec) Spec) *Scope {
	derived := *s
	derived.replace = f
	return &derived
}

// Observing is the scope on which f sees each trainable parameter that is
// declared.
func (s *Scope) Observing(f func(s *Scope, p Parameter)) *Scope {
	derived := *s
	derived.observe = f
	return &derived
}

// Parameter declares a trainable parameter. Declared twice, it is the same, and
// moves if one of the scopes moves it.
func (s *Scope) Parameter(spec Spec) Value {
	if s.Failed() {
		return Value{}
	}
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
	return Value{node: node}
}

// Statistic declares a parameter that no gradient moves, and returns its
// numbers, which an operation may read in every run and After may change.
func (s *Scope) Statistic(spec Spec) []float32 {
	if p := s.StatisticParameter(spec); p.Tensor != nil {
		return p.Values()
	}
	return make([]float32, size(spec.Shape)) // of a sketch
}

// StatisticParameter declares a parameter that no gradient moves, for what reads
// and changes its numbers between runs.
func (s *Scope) StatisticParameter(spec Spec) Parameter {
	spec.Role = Statistic
	p, _ := s.find(spec)
	return p
}

// StatisticValue declares a statistic as an input of operations.
func (s *Scope) StatisticValue(spec Spec) Value {
	spec.Role = Statistic
	if _, ok := s.tensor(spec); !ok {
		return Value{}
	}
	return Value{node: s.nodes[spec.Name], constant: true}
}

// find returns the parameter of a spec, which it makes where it may.
func (s *Scope) find(spec Spec) (Parameter, bool) {
	if s.Failed() {
		return Parameter{}, false
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

// tensor puts the parameter of a spec on the graph as an input that shares its
// tensor.
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

// Keep remembers a value under a name for another part of the declaration: an
// unpooling, for one, needs to know what was pooled.
func (s *Scope) Keep(name string, v Value) { s.kept[name] = v }

// Kept returns what Keep has remembered; none where there is nothing.
func (s *Scope) Kept(name string) Value { return s.kept[name] }

// After adds what is to be done once a run of a program that trains is over and
// its step is taken, such as to bring a running mean up to date.
func (s *Scope) After(update func()) {
	if s.Training() {
		s.updates = append(s.updates, update)
	}
}

// Draw is the key of what an operation draws in each run, and the operation's
// number among those that draw.
func (s *Scope) Draw() (key *noise.Key, number int) {
	s.drawn++
	return &s.key, s.drawn
}

// Product counts the floating-point operations in the product of one row of a
// batch with weights. Training adds the gradient in the weights, if they move,
// and that in x, unless it is constant.
func (s *Scope) Product(flops float64, x Value) {
	products := 1
	if s.Moves() {
		products++
	}
	if s.Training() && !x.constant {
		products++
	}
	if x.rows != nil {
		s.flops += float64(products*x.rows.Compiled) * flops
	}
}
