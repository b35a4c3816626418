package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// benchmarkOn runs f on every path and reports the time per element.
func benchmarkOn(b *testing.B, name string, elements int, f func()) {
	before := Path()
	defer Use(before)
	for _, path := range Paths() {
		Use(path)
		b.Run(fmt.Sprintf("%s/%d/%s", name, elements, path), func(b *testing.B) {
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(elements), "ns/element")
		})
	}
}

func normals(n int) []float32 {
	x, random := make([]float32, n), rand.New(rand.NewPCG(1, 2))
	for i := range x {
		x[i] = float32(random.NormFloat64())
	}
	return x
}

// One block of an array that fits in the first-level cache, on one thread.
func BenchmarkElementwise(b *testing.B) {
	const n = 2048
	src, dst := normals(n), make([]float32, n)
	benchmarkOn(b, "exp", n, func() { Exp(dst, src) })
	for _, act := range Activations() {
		benchmarkOn(b, act.String(), n, func() { Activate(act, dst, src) })
	}
	for _, a := range SmoothActivations() {
		benchmarkOn(b, a.String(), n, func() { ActivateSmooth(a, dst, src) })
		benchmarkOn(b, "gradient of "+a.String(), n, func() { SmoothGradient(a, src, src, dst) })
	}
	benchmarkOn(b, "axpy", n, func() { Axpy(1e-9, src, dst) })
	benchmarkOn(b, "sum", n, func() { Sum(src) })
	benchmarkOn(b, "sum of squares", n, func() { SumSquares(src) })
	benchmarkOn(b, "finite", n, func() { Finite(src) })
	bytes := make([]uint8, n)
	benchmarkOn(b, "scale bytes", n, func() { ScaleBytes(dst, bytes) })
	key := Words{Seed: 1}
	benchmarkOn(b, "uniform", n, func() { FillUniform(dst, key) })
	benchmarkOn(b, "bernoulli", n, func() { FillBernoulli(dst, 0.5, key) })
	benchmarkOn(b, "gaussian", n, func() { FillGaussian(dst, key) })
}

func BenchmarkGradient(b *testing.B) {
	const rows, columns = 128, 512
	y, dy, dz, db := normals(rows*columns), normals(rows*columns), normals(rows*columns), make([]float32, columns)
	for _, act := range Activations() {
		benchmarkOn(b, act.String(), rows*columns, func() { ActivationGradient(act, rows, columns, y, dy, dz, db) })
	}
}

func BenchmarkLoss(b *testing.B) {
	const rows, columns = 128, 784
	z, x, g, loss := normals(rows*columns), normals(rows*columns), normals(rows*columns), make([]float32, 2*rows)
	benchmarkOn(b, "squared error", rows*columns, func() { SquaredError(rows, 1, columns, 1, z, x, g, loss) })
	benchmarkOn(b, "cross-entropy", rows*columns, func() { CrossEntropy(rows, 1, columns, 1, z, x, g, loss, loss[rows:]) })
}

// The parameters of one layer, and of a whole model.
func BenchmarkSolver(b *testing.B) {
	for _, n := range []int{32 << 10, 870 << 10} {
		w, g, first, second := normals(n), normals(n), make([]float32, n), make([]float32, n)
		u := Update{Rate: 1e-9, Scale: 1}
		benchmarkOn(b, "descend", n, func() { Descend(u, w, Gradient{Values: g}) })
		benchmarkOn(b, "momentum", n, func() { Momentum(u, 0.9, false, w, Gradient{Values: g}, first) })
		benchmarkOn(b, "adam", n, func() {
			Adam(u, AdamMoments{0.9, 0.999, 1e-8, 1, 1}, w, Gradient{Values: g}, first, second)
		})
	}
}
