package kernel

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"
)

// guarded returns n elements that end (or, with front, begin) at a page that
// cannot be accessed.
func guarded[T float32 | uint8](t *testing.T, n int, front bool) []T {
	t.Helper()
	var element T
	bytes, page := n*int(unsafe.Sizeof(element)), syscall.Getpagesize()
	inside := (bytes + page - 1) / page * page
	memory, err := syscall.Mmap(-1, 0, inside+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(memory) })
	for _, fence := range [][]byte{memory[:page], memory[page+inside:]} {
		if err := syscall.Mprotect(fence, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	from := page
	if !front {
		from += inside - bytes
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&memory[from])), n)
}

// TestNothingBeyondTheSlices runs all functions next to pages that cannot be
// accessed.
func TestNothingBeyondTheSlices(t *testing.T) {
	for _, front := range []bool{false, true} {
		for _, n := range []int{1, 2, 5, 8, 9, 13, 16, 17, 31, 33, 47, 64, 65, 100} {
			var a [][]float32
			for range 4 {
				a = append(a, guarded[float32](t, n, front))
			}
			pixels := guarded[uint8](t, n, front)
			eachPath(t, func(t *testing.T) {
				for _, f := range functions {
					f.f(a[0], a[1])
				}
				for _, o := range operations {
					o.do(a[:o.arrays])
				}
				Finite(a[0])
				ScaleBytes(a[0], pixels)
			})
		}
	}
}

// TestGemmNothingBeyondTheSlices does the same with matrices of many shapes.
func TestGemmNothingBeyondTheSlices(t *testing.T) {
	sizes := []int{1, 3, 7, 16, 20, 33}
	for _, front := range []bool{false, true} {
		for _, m := range sizes {
			for _, n := range sizes {
				for _, k := range sizes {
					a, b := guarded[float32](t, m*k, front), guarded[float32](t, k*n, front)
					c, bias := guarded[float32](t, m*n, front), guarded[float32](t, n, front)
					eachBF16(t, func(t *testing.T) {
						for form := range 4 {
							transA, transB := form&1 != 0, form&2 != 0
							lda, ldb := k, n
							if transA {
								lda = m
							}
							if transB {
								ldb = k
							}
							Gemm(transA, transB, m, n, k, 1, a, lda, b, ldb, 0.5, c, n)
							Affine(Float32, Sigmoid, transB, m, n, k, a, b, bias, c)
							MatMul(BF16, transA, transB, m, n, k, a, lda, b, ldb, c, n)
							Affine(BF16, Sigmoid, transB, m, n, k, a, b, bias, c)
						}
					})
				}
			}
		}
	}
}

// TestGemmRunsNothingBeyondTheSlices does the same with sums of two products,
// and compares the results with plain Go.
func TestGemmRunsNothingBeyondTheSlices(t *testing.T) {
	for _, front := range []bool{false, true} {
		for _, columns := range []int{1, 4, 7, 8, 13, 16, 17, 31, 32} {
			for rows := 1; rows <= 14; rows++ {
				const k = 5
				a, b, bias := guarded[float32](t, rows*k, front), guarded[float32](t, k*columns, front), guarded[float32](t, rows, front)
				for _, x := range [][]float32{a, b, bias} {
					copy(x, sample(rand.New(rand.NewPCG(1, 2)), len(x)))
				}
				runs := []int{0, 0, 2, 2, 2 * columns, k - 2}
				eachPath(t, func(t *testing.T) {
					if rows >= len(active.gemmRuns) || columns > active.gemmColumns {
						return
					}
					for add := range 2 {
						got, want := guarded[float32](t, rows*columns, front), make([]float32, rows*columns)
						for range 2 {
							active.gemmRuns[rows](columns, runs, a, k, b, columns, bias, add, got, columns)
							gemmRunsGeneric(rows)(columns, runs, a, k, b, columns, bias, add, want, columns)
						}
						for i, v := range got {
							if !near(v, want[i], 1e-5) {
								t.Fatalf("%d×%d: element %d is %g, the twin's is %g", rows, columns, i, v, want[i])
							}
						}
					}
				})
			}
		}
	}
}
