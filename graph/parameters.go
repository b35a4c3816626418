package graph

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"
)

// Role says what a layer uses a parameter for.
type Role string

// The roles. Weight decay applies only to weights. Solvers do not change
// codebooks and statistics.
const (
	Weight   Role = "weight"
	Bias     Role = "bias"
	Gain     Role = "gain"     // scale of a normalisation, one value for each unit or channel
	Codebook Role = "codebook" // entries of a quantised code
	// Statistic is a quantity that training keeps, such as the running mean of
	// an activation. Checkpoints hold it, and no solver changes it.
	Statistic Role = "statistic"
)

// Spec describes a parameter when it is declared.
type Spec struct {
	Name  string // such as "encoder/1/weights", unique within a model
	Part  string // part of the model, such as "encoder"; learning rates are set for each part
	Role  Role
	Shape []int // D×H of weights, F×kh×kw×C of filters, H of a bias
	// Fill writes the initial values. It gets a tensor of zeros; nil leaves the
	// zeros. The values may depend only on the seed and the name.
	Fill func(values []float32, seed uint64)
}

// Parameter is one named tensor of a model.
type Parameter struct {
	Spec
	Tensor *tensor.Dense // nil in a sketch
}

// Values returns the values of the tensor, row-major, without a copy. It
// returns nil in a sketch.
func (p Parameter) Values() []float32 {
	if p.Tensor == nil {
		return nil
	}
	return p.Tensor.Float32s()
}

// Size is the number of values.
func (p Parameter) Size() int { return size(p.Shape) }

// Parameters are the tensors of a model in the order of their declaration. All
// programs of the model share them by reference. The zero value holds none.
type Parameters struct {
	list   []Parameter
	at     map[string]int
	sketch bool
}

// Sketch returns parameters that get names and shapes but no values. Programs
// over them cannot run. Their Program.Bytes is an estimate of the memory of a
// real run.
func Sketch() *Parameters { return &Parameters{sketch: true} }

// Declared is what Declare learned about its declarations.
type Declared struct {
	FLOPs float64 // floating-point operations of the matrix products of one training step on a whole batch
	Dense float64 // those of them in fully connected layers
	Terms []Term  // of all losses
}

// Declare runs declarations as training programs for batches of the given
// number of images. It adds the parameters that are missing, with initial
// values from the seed. Programs that are compiled later use these parameters
// and add none. Errors in the architecture wrap ErrArchitecture.
func (p *Parameters) Declare(seed uint64, batch int, declarations ...Declaration) (all Declared, err error) {
	for _, d := range declarations {
		s, err := declare(p, Options{Batch: batch, Training: true}, &seed, d)
		if err != nil {
			return Declared{}, err
		}
		all.FLOPs += s.flops
		all.Dense += s.dense
		all.Terms = append(all.Terms, s.reported...)
	}
	return all, nil
}

// add returns the parameter of a spec. It creates the parameter if it is
// missing.
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

// fits returns an error if a parameter does not match a spec.
func fits(p Parameter, spec Spec) error {
	if !slices.Equal(p.Shape, spec.Shape) || p.Role != spec.Role {
		return fmt.Errorf("%w: %s is a %s of shape %v, but a %s of shape %v is wanted", ErrArchitecture, spec.Name, p.Role, p.Shape, spec.Role, spec.Shape)
	}
	return nil
}

// All returns the parameters in order.
func (p *Parameters) All() []Parameter { return p.list }

// Get finds a parameter by name.
func (p *Parameters) Get(name string) (Parameter, bool) {
	i, ok := p.at[name]
	if !ok {
		return Parameter{}, false
	}
	return p.list[i], true
}

// Count is the number of trainable values.
func (p *Parameters) Count() int {
	n := 0
	for _, parameter := range p.list {
		if parameter.Role != Statistic {
			n += parameter.Size()
		}
	}
	return n
}

// Bytes is the memory of the values of all parameters in bytes, statistics
// included.
func (p *Parameters) Bytes() int64 {
	var n int64
	for _, parameter := range p.list {
		n += 4 * int64(parameter.Size())
	}
	return n
}

// Digest is the SHA-256 hash of the names, shapes and values of all parameters,
// in order.
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
