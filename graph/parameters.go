package graph

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"
)

// Parameter is one named tensor of a model.
type Parameter struct {
	Name   string // such as "encoder/1/weights"
	Tensor *tensor.Dense
	// Statistic marks what training keeps count of, such as the running mean of
	// an activation: checkpoints hold it, no gradient moves it.
	Statistic bool
}

// Values returns the numbers of the tensor, row-major, without a copy.
func (p Parameter) Values() []float32 { return p.Tensor.Float32s() }

// Shape returns the tensor's shape: D×H of weights, F×kh×kw×C of filters, H of
// a bias.
func (p Parameter) Shape() []int { return p.Tensor.Shape() }

// IsBias reports whether weight decay leaves the parameter alone.
func (p Parameter) IsBias() bool { return p.Tensor.Dims() == 1 }

// Parameters are the tensors of a model in order, shared by reference between
// all its programs. The zero value holds none.
type Parameters struct {
	list []Parameter
	at   map[string]int
}

// NewParameters makes the parameters of an architecture trained towards an
// objective. Their initial values depend on the seed and on each one's name
// alone.
func NewParameters(a Architecture, o Objective, seed uint64) (*Parameters, error) {
	p := new(Parameters)
	return p, p.Extend(a, o, seed)
}

// Extend adds the parameters of a further architecture over the same tensors:
// those of a name that is there are shared.
func (p *Parameters) Extend(a Architecture, o Objective, seed uint64) error {
	if err := a.Validate(); err != nil {
		return err
	}
	if err := p.extendLayers(a, seed); err != nil {
		return err
	}
	if a.Classifier == nil {
		if err := o.extendVariance(p); err != nil {
			return err
		}
	}
	for _, penalty := range o.Penalties {
		if err := penalty.extend(a, p); err != nil {
			return err
		}
	}
	return nil
}

func (p *Parameters) extendLayers(a Architecture, seed uint64) error {
	if a.standardises() {
		if err := p.addStandardisation(a.Input.Size()); err != nil {
			return err
		}
	}
	for _, l := range a.layers() {
		if !l.transposed {
			weights, added, err := p.add(l.weights, l.weightShape()...)
			if err != nil {
				return err
			}
			if added {
				in, out := l.fans()
				l.Initialiser.fill(weights.Values(), seed, l.weights, in, out)
			}
		}
		if err := p.addNormalisation(l); err != nil {
			return err
		}
		if !l.NoBias {
			if _, _, err := p.add(l.bias(), l.Units); err != nil {
				return err
			}
		}
		if err := p.addClasses(l, seed); err != nil {
			return err
		}
		if l.Spectral {
			if err := p.addSingular(l, seed); err != nil {
				return err
			}
		}
	}
	return p.addAverages(a)
}

// addStatistic adds a statistic, which set fills where it is new.
func (p *Parameters) addStatistic(name string, set func([]float32), shape ...int) error {
	statistic, added, err := p.add(name, shape...)
	if added {
		p.list[p.at[name]].Statistic = true
		set(statistic.Values())
	}
	return err
}

// add makes a tensor of zeros unless there is one of that name.
func (p *Parameters) add(name string, shape ...int) (parameter Parameter, added bool, err error) {
	if old, ok := p.Get(name); ok {
		if !slices.Equal(old.Shape(), shape) {
			return old, false, fmt.Errorf("%w: %s is %v, another stage has it %v", ErrArchitecture, name, old.Shape(), shape)
		}
		return old, false, nil
	}
	parameter = Parameter{Name: name, Tensor: tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))}
	if p.at == nil {
		p.at = make(map[string]int)
	}
	p.at[name] = len(p.list)
	p.list = append(p.list, parameter)
	return parameter, true, nil
}

// All lists the parameters in order.
func (p *Parameters) All() []Parameter { return p.list }

// Digest is the SHA-256 of the names, shapes and numbers of all parameters, in
// order.
func (p *Parameters) Digest() (digest [sha256.Size]byte) {
	sum := sha256.New()
	for _, parameter := range p.list {
		fmt.Fprintln(sum, parameter.Name, parameter.Shape())
		var words []byte
		for _, v := range parameter.Values() {
			words = binary.LittleEndian.AppendUint32(words, math.Float32bits(v))
		}
		sum.Write(words)
	}
	sum.Sum(digest[:0])
	return digest
}

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
		if !parameter.Statistic {
			n += parameter.Tensor.Size()
		}
	}
	return n
}
