package kernel_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gaetrain/graph/kernel"
)

func TestThreshold(t *testing.T) {
	t.Parallel()
	nan, infinity := float32(math.NaN()), float32(math.Inf(1))
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 7, 100_000} {
		for _, bound := range []float32{0, 1e-40, 0.5, 1, infinity} {
			by, src, dst := make([]float32, n), make([]float32, n), make([]float32, n)
			for i := range by {
				special := []float32{0, bound, -bound, math.Nextafter32(bound, infinity), -math.Nextafter32(bound, 0), infinity, -infinity, nan}
				by[i], src[i] = float32(random.NormFloat64()), float32(random.NormFloat64())
				if at := random.IntN(20); at < len(special) {
					by[i] = special[at]
				}
			}
			kernel.Threshold(dst, src, by, bound)
			for i, got := range dst {
				want := src[i]
				if math.Abs(float64(by[i])) <= float64(bound) {
					want = 0
				}
				if got != want {
					t.Fatalf("bound %g: Threshold(%g by %g) = %g, want %g", bound, src[i], by[i], got, want)
				}
			}
			if n == 0 {
				continue
			}
			src[0] = nan
			by[0] = nan
			kernel.Threshold(src, src, by, bound) // in place
			if src[0] == src[0] {
				t.Errorf("bound %g: what is not a number becomes %g", bound, src[0])
			}
		}
	}
}
