package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSecondLevelOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ size, threads, want int }{
		{2 << 20, 1, 2 << 20}, {1 << 20, 2, 1 << 19}, {1 << 20, 0, 1 << 20}, // 0: unknown
		{-1, 1, 1 << 20}, {0, 0, 1 << 20}, {1 << 16, 1, 1 << 17},
	} {
		if got := secondLevelOf(c.size, c.threads); got != c.want {
			t.Errorf("cache of %d bytes with %d threads per core: %d bytes for a thread, want %d", c.size, c.threads, got, c.want)
		}
	}
}

// TestCachesDoNotChangeResults checks that products and steps have the same
// bits with the blocks of any cache.
func TestCachesDoNotChangeResults(t *testing.T) {
	old := secondLevel
	t.Cleanup(func() { secondLevel = old })
	eachPath(t, func(t *testing.T) {
		for _, shape := range [][3]int{{300, 70, 40}, {61, 1024, 130}, {33, 48, active.gemmDepth + 90}} {
			var want []float32
			for _, bytes := range []int{1 << 17, 1 << 14, 1 << 19, 1 << 21, 1 << 26} {
				secondLevel = bytes
				got := productAndStep(shape[0], shape[1], shape[2])
				if want == nil {
					want = got
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: %v with a cache of %d bytes: other bits", active.name, shape, bytes)
				}
			}
		}
	})
}

// productAndStep returns a product of m×k and k×n, and the weights and moments
// after a step of Adam with the gradient of m×n weights over k rows.
func productAndStep(m, n, k int) []float32 {
	random := rand.New(rand.NewPCG(3, uint64(m)))
	x, w, z, v := sample(random, m*k), sample(random, m*n), sample(random, k*n), make([]float32, m*n)
	first, product := sample(random, m*n), make([]float32, m*n)
	Gemm(false, false, m, n, k, 1, x, k, z, n, 0, product, n)
	Adam(Update{Rate: 0.1, Scale: 1}, AdamMoments{0.9, 0.99, 1e-8, 1.1, 1.2}, w, Gradient{Rows: k, Inputs: m, Outputs: n, X: x, Z: z}, first, v)
	return slices.Concat(product, w, first, v)
}
