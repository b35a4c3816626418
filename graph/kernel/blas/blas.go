// Package blas makes the matrix product of graph/kernel available to Gorgonia's
// own operations and to gonum, through gonum's BLAS interfaces.
package blas

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"gaetrain/graph/kernel"
)

// Implementation is gonum's BLAS with Sgemm from graph/kernel. Pass it to
// gorgonia.Use or to blas32.Use. The zero value is ready for use.
type Implementation struct{ gonum.Implementation }

var (
	_ blas.Float32    = Implementation{}
	_ blas.Float64    = Implementation{}
	_ blas.Complex64  = Implementation{}
	_ blas.Complex128 = Implementation{}
)

// Sgemm computes C = alpha·op(A)·op(B) + beta·C for row-major matrices, where
// op(A) is m×k and op(B) is k×n. op is the transpose or the identity, as given
// by tA and tB. It panics on bad arguments like gonum's Sgemm.
func (i Implementation) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	transA, transB := tA != blas.NoTrans, tB != blas.NoTrans
	if !valid(tA, tB, m, n, k, a, lda, b, ldb, c, ldc) || k == 0 || alpha == 0 {
		// gonum handles empty products and bad arguments.
		i.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	kernel.Gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// valid reports whether the arguments describe non-empty matrices that fit in
// their slices.
func valid(tA, tB blas.Transpose, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) bool {
	return known(tA) && known(tB) &&
		fits(tA != blas.NoTrans, m, k, a, lda) && fits(tB != blas.NoTrans, k, n, b, ldb) && fits(false, m, n, c, ldc)
}

func known(t blas.Transpose) bool {
	return t == blas.NoTrans || t == blas.Trans || t == blas.ConjTrans
}

func fits(transposed bool, rows, columns int, x []float32, stride int) bool {
	if transposed {
		rows, columns = columns, rows
	}
	return rows > 0 && columns > 0 && stride >= columns && len(x) >= (rows-1)*stride+columns
}
