package graph

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"
)

// Role says what a parameter is to its layer.
type Role string

// The roles. Weight decay applies to weights alone, and solvers leave
// statistics as they are.
const (
	Weight   Role = "weight"
	Bias     Role = "bias"
	Gain     Role = "gain"     // of a normalisation
	Codebook Role = "codebook" // entries that a code is replaced by
	// Statistic is what training keeps count of, such as the running mean of an
	// activation: checkpoints hold it, no gradient moves it.
	Statistic Role = "statistic"
)

// Spec describes a parameter when it is declared.
type Spec struct {
	Name  string // such as "encoder/1/weights", unique within a model
	Part  string // of the model, such as "encoder"; learning rates are set by part
	Role  Role
	Shape []int // D×H of weights, F×kh×kw×C of filters, H of a bias
	// Fill writes the initial values into a tensor of zeros; nil leaves it so.
	// What it writes may depend on the seed and the name alone.
	Fill func(values []float32, seed uint64)
}

// Parameter is one named tensor of a model.
type Parameter struct {
	Spec
	Tensor *tensor.Dense // nil in a sketch
}

// Values returns the numbers of the tensor, row-major, without a copy; nil in a
// sketch.
func (p Parameter) Values() []float32 {
	if p.Tensor == nil {
		return nil
	}
	return p.Tensor.Float32s()
}

// Size is the number of numbers.
func (p Parameter) Size() int { return size(p.Shape) }

// Parameters are the tensors of a model in the order in which they were
// declared, shared by reference between all its programs. The zero value holds
// none.
type Parameters struct {
	list   []Parameter
	at     map[string]int
	sketch bool
}

// Sketch returns parameters that will have names and shapes and no numbers.
// Programs over them cannot run, and Program.Bytes is what they would take.
func Sketch() *Parameters { return &Parameters{sketch: true} }

// Declared is what declarations were found to be.
type Declared struct {
	FLOPs float64 // floating-point operations in the matrix products of training steps on whole batches
	Terms []Term  // of the losses
}

// Declare runs declarations for what they need of parameters, trained on batches
// of so many images, and adds what is not there yet with its initial values.
// Programs that are compiled later use these parameters and add none.
func (p *Parameters) Declare(seed uint64, batch int, declarations ...Declaration) (all Declared, err error) {
	for _, d := range declarations {
		s, err := declare(p, Options{Batch: batch, Training: true}, &seed, d)
		if err != nil {
			return Declared{}, err
		}
		all.FLOPs += s.flops
		all.Terms = append(all.Terms, s.reported...)
	}
	return all, nil
}

// add makes the parameter that a spec describes, unless it is there.
func (p *Parameters) add(spec Spec, seed uint64) (Parameter, error) {
	if old, ok := p.Get(spec.Name); ok {
		return old, fits(old, spec)
	}
	parameter := Parameter{Spec: spec}
	if !p.sketch {
		parameter.Tensor = tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(spec.Shape...))
		if spec.Fill != nil {
			spec.Fill(parameter.Values(), seed)
		}
	}
	if p.at == nil {
		p.at = make(map[string]int)
	}
	p.at[spec.Name] = len(p.list)
	p.list = append(p.list, parameter)
	return parameter, nil
}

// fits reports where a parameter is not what a spec asks for.
func fits(p Parameter, spec Spec) error {
	if !slices.Equal(p.Shape, spec.Shape) || p.Role != spec.Role {
		return fmt.Errorf("%w: %s is a %s of shape %v, but a %s of shape %v is wanted", ErrArchitecture, spec.Name, p.Role, p.Shape, spec.Role, spec.Shape)
	}
	return nil
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
		if parameter.Role != Statistic {
			n += parameter.Size()
		}
	}
	return n
}

// Bytes is the memory that the numbers of all parameters take, statistics
// included.
func (p *Parameters) Bytes() int64 {
	var n int64
	for _, parameter := range p.list {
		n += 4 * int64(parameter.Size())
	}
	return n
}

// Digest is the SHA-256 of the names, shapes and numbers of all parameters, in
// order.
func (p *Parameters) Digest() (digest [sha256.Size]byte) {
	sum := sha256.New()
	for _, parameter := range p.list {
		fmt.Fprintln(sum, parameter.Name, parameter.Shape)
		var words []byte
		for _, v := range parameter.Values() {
			words = binary.LittleEndian.AppendUint32(words, math.Float32bits(v))
		}
		sum.Write(words)
	}
	sum.Sum(digest[:0])
	return digest
}
