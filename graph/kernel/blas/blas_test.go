package blas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// TestSgemm compares with gonum's Sgemm in every form, and its panics.
func TestSgemm(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	sample := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(random.NormFloat64())
		}
		return x
	}
	for _, tA := range []blas.Transpose{blas.NoTrans, blas.Trans, blas.ConjTrans, 'x'} {
		for _, tB := range []blas.Transpose{blas.NoTrans, blas.Trans, blas.ConjTrans, 0} {
			for range 300 {
				m, n, k := random.IntN(20)-1, random.IntN(40)-1, random.IntN(20)-1
				lda, ldb, ldc := random.IntN(45), random.IntN(45), random.IntN(45)
				a, b, c := sample(random.IntN(900)), sample(random.IntN(1800)), sample(random.IntN(1800))
				alpha, beta := float32(random.IntN(3)), float32(random.IntN(3)-1)
				want := append([]float32(nil), c...)
				wantPanic := caught(func() { gonum.Implementation{}.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, want, ldc) })
				gotPanic := caught(func() { Implementation{}.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) })
				if gotPanic != wantPanic {
					t.Fatalf("panic %q, want %q", gotPanic, wantPanic)
				}
				for i := range want {
					if !(math.Abs(float64(c[i]-want[i])) <= 1e-4) {
						t.Fatalf("element %d is %g, want %g", i, c[i], want[i])
					}
				}
			}
		}
	}
}

// caught runs f and returns the text of its panic.
func caught(f func()) (value string) {
	defer func() { value = fmt.Sprint(recover()) }()
	f()
	return
}
