package graph

import (
	"gorgonia.org/tensor"
)

// Parameter is one named tensor that training moves.
type Parameter struct {
	Name   string // such as "encoder/1/weights"
	Tensor *tensor.Dense
}

// Values returns the numbers of the tensor, row-major, without a copy.
func (p Parameter) Values() []float32 { return p.Tensor.Float32s() }

// Shape returns the tensor's shape: D×H of weights, H of a bias.
func (p Parameter) Shape() []int { return p.Tensor.Shape() }

// IsBias reports whether weight decay leaves the parameter alone.
func (p Parameter) IsBias() bool { return p.Tensor.Dims() == 1 }

// Parameters are the tensors of a model in order, shared by reference between
// all its programs.
type Parameters struct {
	list []Parameter
	at   map[string]int
}

// NewParameters makes the parameters of an architecture. Their initial values
// depend on the seed and on each one's name alone.
func NewParameters(a Architecture, seed uint64) (*Parameters, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	p := &Parameters{at: make(map[string]int)}
	for _, l := range a.layers() {
		if !l.transposed {
			weights := p.add(l.weights, l.inputs, l.Units)
			l.Initialiser.fill(weights.Values(), seed, l.weights, l.inputs, l.Units)
		}
		if !l.NoBias {
			p.add(l.bias(), l.Units)
		}
	}
	return p, nil
}

func (p *Parameters) add(name string, shape ...int) Parameter {
	parameter := Parameter{name, tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))}
	p.at[name] = len(p.list)
	p.list = append(p.list, parameter)
	return parameter
}

// All lists the parameters in order.
func (p *Parameters) All() []Parameter { return p.list }

// Get finds a parameter by name.
func (p *Parameters) Get(name string) (Parameter, bool) {
	i, ok := p.at[name]
	if !ok {
		return Parameter{}, false
	}
	return p.list[i], true
}

// Count is the number of trainable numbers.
func (p *Parameters) Count() int {
	n := 0
	for _, parameter := range p.list {
		n += parameter.Tensor.Size()
	}
	return n
}
