package kernel

// Affine computes y = act(x·W + b), the forward pass of a fully connected layer
// (x: m×k, y: m×n, b: n or nil for none). W is stored k×n, or n×k if transW is
// set, as a tied decoder uses the weights of its encoder.
func Affine(p Precision, act Activation, transW bool, m, n, k int, x, w, b, y []float32) {
	ldw := n
	if transW {
		ldw = k
	}
	multiply(product{
		precision: p, transB: transW, m: m, n: n, k: k,
		alpha: 1, a: x, lda: k, b: w, ldb: ldw, bias: b, act: act, c: y, ldc: n,
	})
}
