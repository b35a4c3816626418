package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSixtyFourThreadsChangeNothing checks that a pool with far more threads than
// most machines have gives the bits of one thread: products, a step of Adam within a
// product, and convolutions in all directions.
func TestSixtyFourThreadsChangeNothing(t *testing.T) {
	const repeats = 3 // workers start and join at other times
	setThreads(t, 1)
	want := manyResults()
	setThreads(t, 64)
	for range repeats {
		for i, got := range manyResults() {
			if !slices.Equal(got, want[i]) {
				t.Fatalf("result %d differs with 64 threads", i)
			}
		}
	}
}

// manyResults computes with calls of the pool that have enough blocks for 64 threads.
func manyResults() (results [][]float32) {
	const rows, in, out = 80, 200, 131
	x, w, z := normals(rows*in), normals(in*out), normals(rows*out)
	y, dx := make([]float32, rows*out), make([]float32, rows*in)
	Affine(Float32, ReLU, false, rows, out, in, x, w, z[:out], y)
	Gemm(false, true, rows, in, out, 1, z, out, w, out, 0, dx, in)
	moments := [2][]float32{make([]float32, in*out), make([]float32, in*out)}
	Adam(Update{Rate: 0.01, Scale: 1}, AdamMoments{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, Correction1: 10, Correction2: 1000},
		w, Gradient{Rows: rows, Inputs: in, Outputs: out, X: x, Z: z}, moments[0], moments[1])
	results = append(results, y, dx, w, moments[0], moments[1])

	const batch = 64
	lanes, three := LanesFor(batch), Extent{3, 3}
	c := Convolution{
		Image: Images{3, 8, 8, lanes}, Maps: Images{16, 8, 8, lanes},
		Kernel: three, Stride: Extent{1, 1}, Padding: Extent{1, 1}, Dilation: Extent{1, 1},
	}
	c.Prepare()
	image, maps := normals(batch*c.Image.Values()), make([]float32, batch*c.Maps.Values())
	filters, gradient, back := normals(c.Weights()), make([]float32, c.Weights()), make([]float32, len(image))
	c.Convolve(batch, ReLU, image, filters, nil, maps)
	c.Spread(batch, Linear, maps, filters, nil, back)
	c.Gradient(batch, image, maps, gradient)
	return append(results, maps, back, gradient)
}

// TestSixtyFourThreadsRunEachIndexOnce has calls of random sizes that follow one
// another at once.
func TestSixtyFourThreadsRunEachIndexOnce(t *testing.T) {
	setThreads(t, 64)
	random := rand.New(rand.NewPCG(1, 64))
	calls := 400
	if testing.Short() { // with the race detector
		calls = 50
	}
	for range calls {
		n, grain := 1+random.IntN(300), 1+random.IntN(7)
		v := &visits{count: make([]int32, n), grain: grain}
		parallel(n, grain, v)
		v.check(t)
	}
}
