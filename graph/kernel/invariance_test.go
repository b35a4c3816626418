package kernel

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// TestThreadsChangeNothing checks that every operation gives the same bits for
// any number of threads, also with concurrent callers.
func TestThreadsChangeNothing(t *testing.T) {
	const n = 70001
	for _, o := range operations {
		var want [][]float32
		var numbers []float64
		for _, threads := range []int{1, 2, 3} {
			setThreads(t, threads)
			got, check := arrays(t, rand.New(rand.NewPCG(3, 4)), o.arrays, n)
			result := o.do(got)
			check()
			if want == nil {
				want, numbers = got, result
				continue
			}
			if !slices.Equal(result, numbers) {
				t.Errorf("%s: %v with %d threads, %v with one", o.name, result, threads, numbers)
			}
			for i := range got {
				if !slices.Equal(got[i], want[i]) {
					t.Errorf("%s: array %d differs with %d threads", o.name, i, threads)
				}
			}
		}
	}
}

func TestConcurrentCallers(t *testing.T) {
	setThreads(t, 2)
	const n = 40000
	src := normals(n)
	want, total := make([]float32, n), SumSquares(src)
	Exp(want, src)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			dst := make([]float32, n)
			for range 5 {
				Exp(dst, src)
				if !slices.Equal(dst, want) || SumSquares(src) != total {
					t.Error("a concurrent caller got something else")
				}
			}
		})
	}
	wait.Wait()
}

func TestNothingIsAllocated(t *testing.T) {
	setThreads(t, 2)
	const rows, columns = 64, 784
	n := rows * columns
	a, b, c, d, pixels := normals(n), normals(n), normals(n), normals(n), make([]uint8, n)
	loss, squared := make([]float32, rows), make([]float32, rows)
	calls := map[string]func(){
		"exp":           func() { Exp(a, b) },
		"activate":      func() { Activate(Tanh, a, b) },
		"gradient":      func() { ActivationGradient(Tanh, rows, columns, a, b, c, d) },
		"smooth":        func() { ActivateSmooth(GELU, a, b); SmoothGradient(GELU, b, c, d) },
		"multiply":      func() { Multiply(a, b, c) },
		"axpy":          func() { Axpy(1, a, b) },
		"scale":         func() { Scale(1, a) },
		"scale bytes":   func() { ScaleBytes(a, pixels) },
		"sum":           func() { SumSquares(a) },
		"finite":        func() { Finite(a) },
		"squared error": func() { SquaredError(rows, 1, columns, 1, a, b, c, loss) },
		"cross-entropy": func() { CrossEntropy(rows, 1, columns, 1, a, b, c, loss, squared) },
		"pixel weights": func() { WeightedCrossEntropy(rows, columns, 1, PixelWeights{1, 2}, a, b, d, c, loss, squared) },
		"momentum":      func() { Momentum(update, 0.9, true, a, Gradient{Values: b}, c) },
		"adam":          func() { Adam(update, AdamMoments{0.9, 0.999, 1e-8, 1, 1}, a, Gradient{Values: b}, c, d) },
		"gaussian":      func() { FillGaussian(a, key) },
		"bernoulli":     func() { FillBernoulli(a, 0.5, key) },
	}
	for name, call := range calls {
		if count := testing.AllocsPerRun(10, call); count != 0 {
			t.Errorf("%s: %v allocations per call", name, count)
		}
	}
}

func TestShortSlicesPanic(t *testing.T) {
	t.Parallel()
	long, short := make([]float32, 100), make([]float32, 99)
	loss := make([]float32, 10)
	calls := map[string]func(){
		"exp":              func() { Exp(short[:99:99], long) },
		"multiply":         func() { Multiply(long, long, short[:99:99]) },
		"axpy":             func() { Axpy(1, long, short[:99:99]) },
		"scale bytes":      func() { ScaleBytes(short[:99:99], make([]uint8, 100)) },
		"gradient":         func() { ActivationGradient(ReLU, 10, 10, long, short[:99:99], long, nil) },
		"bias gradient":    func() { ActivationGradient(ReLU, 10, 10, long, long, long, loss[:9:9]) },
		"cross-entropy":    func() { CrossEntropy(10, 1, 10, 1, long, short[:99:99], nil, loss, loss) },
		"squared error":    func() { SquaredError(10, 1, 10, 1, long, long, nil, loss[:9:9]) },
		"squares in cross": func() { CrossEntropy(10, 1, 10, 1, long, long, nil, loss, loss[:9:9]) },
		"smooth":           func() { SmoothGradient(GELU, long, short[:99:99], long) },
		"mask": func() {
			WeightedSquaredError(10, 10, 1, PixelWeights{1, 2}, long, long, short[:99:99], nil, loss, loss)
		},
		"adam": func() { Adam(Update{}, AdamMoments{}, long, Gradient{Values: long}, long, short[:99:99]) },
	}
	for name, call := range calls {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: a short slice does not panic", name)
				}
			}()
			call()
		}()
	}
}
