package graph

import (
	"sync"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// Gradient is the gradient of the loss in one parameter.
type Gradient struct {
	Parameter
	node    op.Node
	product func() kernel.Gradient // of a deferred gradient; nil: the node holds the values
	values  *[]float32             // buffer of a deferred gradient, allocated by Values
}

// Values returns the values of the gradient, in the order of the parameter's
// values.
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

// Step returns the gradient for the step of a solver. It may be a product that
// has not been computed.
func (g Gradient) Step() kernel.Gradient {
	if g.product != nil {
		return g.product()
	}
	return kernel.Gradient{Values: g.Values()}
}

// Deferred reports whether the gradient is a product that takes memory of its
// own only after a call of Values.
func (g Gradient) Deferred() bool { return g.product != nil }

// Gradients returns the gradients of the last run, in the order in which the
// parameters were declared. Evaluation programs have none.
func (p *Program) Gradients() []Gradient { return p.gradients }

// differentiate declares the gradients of the loss in the trained parameters.
func (s *Scope) differentiate() (gradients []Gradient, err error) {
	if !s.Training() || s.node == nil || len(s.moved) == 0 {
		op.Spare(s.graph, nil) // the gradient operations that VJP uses
		return nil, nil
	}
	s.forward = int64(s.graph.Nodes().Len())
	nodes, err := grad(s.node, s.moved)
	if err != nil {
		return nil, err
	}
	for i, node := range nodes {
		gradients = append(gradients, Gradient{s.trained[i], node, op.Defer(node), new([]float32)})
	}
	op.Spare(s.graph, nodes)
	op.Fuse(s.graph, nodes)
	op.Share(s.graph, nodes)
	return gradients, nil
}

var gradMutex sync.Mutex

// grad is gorgonia.Grad, which caches the hash of a constant that all graphs
// share. The mutex lets programs be compiled at the same time.
func grad(cost op.Node, wrt gorgonia.Nodes) (gorgonia.Nodes, error) {
	gradMutex.Lock()
	defer gradMutex.Unlock()
	return gorgonia.Grad(cost, wrt...)
}

// backpropagate declares v·∂y/∂x.
func backpropagate(y, v, x op.Node) (op.Node, error) {
	products, err := gorgonia.Backpropagate(gorgonia.Nodes{y}, gorgonia.Nodes{v}, gorgonia.Nodes{x})
	if err != nil {
		return nil, err
	}
	return products[0], nil
}
