package kernel

// Gemm computes C = alpha·op(A)·op(B) + beta·C for row-major matrices, where
// op(A) is m×k, op(B) is k×n and C is m×n. A is stored m×k, or k×m if transA;
// B is stored k×n, or n×k if transB; lda, ldb and ldc are the row strides.
// With beta 0 the old C is not read, so it may hold NaN.
func Gemm(transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		for j := range row {
			var sum float32
			for l := range k {
				x, y := i*lda+l, l*ldb+j
				if transA {
					x = l*lda + i
				}
				if transB {
					y = j*ldb + l
				}
				sum += a[x] * b[y]
			}
			if beta == 0 {
				row[j] = alpha * sum
			} else {
				row[j] = alpha*sum + beta*row[j]
			}
		}
	}
}

// Affine computes y = act(x·W + b), the whole forward pass of a fully
// connected layer (x: m×k, y: m×n, b: n or nil). W is stored k×n, or n×k if
// transW: that is how a tied decoder uses its encoder's weights.
func Affine(act Activation, transW bool, m, n, k int, x, w, b, y []float32) {
	ldw := n
	if transW {
		ldw = k
	}
	Gemm(false, transW, m, n, k, 1, x, k, w, ldw, 0, y, n)
	if b != nil {
		for i := range m {
			row := y[i*n : i*n+n]
			for j := range row {
				row[j] += b[j]
			}
		}
	}
	Activate(act, y[:m*n], y[:m*n])
}
