package op

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// SpectralNorm declares Ŵ = W/σ, where σ estimates the largest singular value of
// W as a matrix M×N of its first side and the others (Miyato et al. 2018). The
// estimate is one step of power iteration from vector, M values of unit length. The
// gradient takes the singular vectors of that step for constants, which is exact
// once they have converged. The function returned copies the left singular vector
// of the last run to vector. A run alone leaves vector as it is.
//
// The estimate is never above the largest singular value. It lags behind while
// vector converges, so the largest singular value of Ŵ is 1 or more. For the
// convolutional discriminator of a gan it was up to 1.22 after 10 steps of
// training, 1.11 after 50, and 1.00 for a fully connected one after 320.
func SpectralNorm(name string, w *gorgonia.Node, vector []float32) (*gorgonia.Node, func(), error) {
	s := &spectralNorm{base: base{name: name + ": spectral norm"}, shape: w.Shape().Clone(), vector: vector}
	if len(s.shape) < 2 || s.shape[0] != len(vector) {
		return nil, nil, fmt.Errorf("%s: weights are %v, want at least a matrix of %d rows", s.name, s.shape, len(vector))
	}
	s.singular = kernel.Singular{Left: make([]float32, len(vector)), Right: make([]float32, s.shape.TotalSize()/len(vector))}
	normal, err := gorgonia.ApplyOp(s, w)
	return normal, func() { copy(s.vector, s.singular.Left) }, err
}

type spectralNorm struct {
	base
	shape    tensor.Shape
	vector   []float32
	singular kernel.Singular // of the last run
	normal   buffer
}

func (s *spectralNorm) Arity() int { return 1 }

func (s *spectralNorm) Type() hm.Type {
	return hm.NewFnType(typeOf(len(s.shape)), typeOf(len(s.shape)))
}

func (s *spectralNorm) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return s.shape.Clone(), nil
}

func (s *spectralNorm) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer s.end(&err)
	dense, normal := s.normal.of(s.shape...)
	s.singular.Iterate(floats(in[0]), s.vector)
	s.singular.Divide(floats(in[0]), normal)
	return dense, nil
}

func (s *spectralNorm) DiffWRT(int) []bool { return []bool{true} }

func (s *spectralNorm) SymDiff(_ gorgonia.Nodes, normal, gradient *gorgonia.Node) (gorgonia.Nodes, error) {
	node, err := gorgonia.ApplyOp(&spectralNormBackward{base: s.derive("backward"), forward: s}, normal, gradient)
	return gorgonia.Nodes{node}, err
}

type spectralNormBackward struct {
	base
	forward *spectralNorm
	dw      buffer
}

func (s *spectralNormBackward) Arity() int { return 2 }

func (s *spectralNormBackward) Type() hm.Type {
	dimensions := len(s.forward.shape)
	return hm.NewFnType(typeOf(dimensions), typeOf(dimensions), typeOf(dimensions))
}

func (s *spectralNormBackward) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return s.forward.shape.Clone(), nil
}

func (s *spectralNormBackward) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer s.end(&err)
	dense, dw := s.dw.of(s.forward.shape...)
	s.forward.singular.Gradient(floats(in[0]), floats(in[1]), dw)
	return dense, nil
}
