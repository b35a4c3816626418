package kernel

// Affine computes y = act(x·W + b), the whole forward pass of a fully
// connected layer (x: m×k, y: m×n, b: n or nil). W is stored k×n, or n×k if
// transW: that is how a tied decoder uses its encoder's weights.
func Affine(act Activation, transW bool, m, n, k int, x, w, b, y []float32) {
	ldw := n
	if transW {
		ldw = k
	}
	multiply(product{
		transB: transW, m: m, n: n, k: k,
		alpha: 1, a: x, lda: k, b: w, ldb: ldw, bias: b, act: act, c: y, ldc: n,
	})
}
