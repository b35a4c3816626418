package kernel

import "math"

// Singular follows the largest singular value of a matrix W: M×N by power
// iteration. Left and right, M and N values of unit length, are the singular
// vectors that belong to it once they have settled.
type Singular struct {
	Left, Right []float32
	Value       float32
}

// Iterate makes one step from a left vector u,
//
//	v = Wᵀu / ‖Wᵀu‖, u' = W·v / ‖W·v‖, σ = ‖W·v‖,
//
// and leaves v, u' and σ behind (w: M×N row-major).
func (s *Singular) Iterate(w, u []float32) {
	m, n := len(s.Left), len(s.Right)
	Gemm(false, false, 1, n, m, 1, u, m, w, n, 0, s.Right, n)
	normalise(s.Right)
	Gemm(false, false, m, 1, n, 1, w, n, s.Right, 1, 0, s.Left, 1)
	s.Value = normalise(s.Left)
}

// normalise gives a vector unit length, and returns the length that it had.
// One of nothing but zeros stays what it is.
func normalise(x []float32) float32 {
	length := float32(math.Sqrt(SumSquares(x)))
	if length > 0 {
		Scale(1/length, x)
	}
	return length
}

// Divide computes Ŵ = W/σ; of a matrix without a singular value above 0, Ŵ = W
// (w, normal: M×N).
func (s *Singular) Divide(w, normal []float32) {
	copy(normal, w)
	if s.Value > 0 {
		Scale(1/s.Value, normal)
	}
}

// Gradient computes the gradient in W from that in Ŵ,
//
//	dW = (dŴ − ⟨dŴ, Ŵ⟩·u·vᵀ) / σ,
//
// where u and v are the singular vectors (Miyato 2018; normal, dNormal, dw: M×N).
func (s *Singular) Gradient(normal, dNormal, dw []float32) {
	if !(s.Value > 0) {
		copy(dw, dNormal)
		return
	}
	inner, n := dot(normal, dNormal), len(s.Right)
	for i, u := range s.Left {
		row := dw[i*n : (i+1)*n]
		copy(row, dNormal[i*n:])
		Axpy(-inner*u, s.Right, row)
		Scale(1/s.Value, row)
	}
}

// dot is the inner product ⟨x, y⟩, added up as float64.
func dot(x, y []float32) float32 {
	var sum float64
	for i, v := range x {
		sum += float64(v) * float64(y[i])
	}
	return float32(sum)
}
