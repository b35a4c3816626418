package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPooling compares both kinds, also with overlapping windows and with gaps,
// with sums and maxima in plain loops.
func TestPooling(t *testing.T) {
	for _, p := range []Pooling{
		{From: Images{3, 6, 4, 16}, To: Images{3, 3, 2, 16}, Window: square(2), Stride: square(2)},
		{From: Images{1, 7, 5, 32}, To: Images{1, 3, 2, 32}, Window: Extent{3, 2}, Stride: Extent{2, 3}},
		{From: Images{2, 1, 1, 16}, To: Images{2, 1, 1, 16}, Window: square(1), Stride: square(1)},
	} {
		for _, average := range []bool{false, true} {
			p.Average = average
			batch := p.From.Lanes + 3
			random := rand.New(rand.NewPCG(1, 2))
			x, dy := sample(random, batch*p.From.Values()), sample(random, batch*p.To.Values())
			want, gradient := make([]float64, len(dy)), make([]float64, len(x))
			for i := range want {
				plane, pixel := i/(p.To.Height*p.To.Width), i%(p.To.Height*p.To.Width)
				best := -1
				for u := range p.Window.Height {
					for v := range p.Window.Width {
						from := (plane*p.From.Height+pixel/p.To.Width*p.Stride.Height+u)*p.From.Width + pixel%p.To.Width*p.Stride.Width + v
						if average {
							share := 1 / float64(p.Window.Height*p.Window.Width)
							want[i] += share * float64(x[from])
							gradient[from] += share * float64(dy[i])
						} else if best < 0 || x[from] > x[best] {
							best = from
						}
					}
				}
				if !average {
					want[i] = float64(x[best])
					gradient[best] += float64(dy[i])
				}
			}
			var first []float32
			for _, threads := range []int{1, 2, 3} {
				setThreads(t, threads)
				y, dx, at := make([]float32, p.To.Size(batch)), make([]float32, p.From.Size(batch)), make([]uint32, p.To.Size(batch))
				p.Pool(batch, blocks(p.From, batch, x), y, at)
				p.Gradient(batch, blocks(p.To, batch, dy), at, dx)
				size := make([]float64, len(x))
				for i := range size {
					size[i] = 4
				}
				within(t, "pool", rowsOf(p.To, batch, y), want, size, 4)
				within(t, "gradient", rowsOf(p.From, batch, dx), gradient, size, 4)
				if got := slices.Concat(y, dx); first == nil {
					first = got
				} else if !slices.Equal(got, first) {
					t.Errorf("%+v: %d threads make another result than one", p, threads)
				}
			}
		}
	}
}

func TestMaxPoolingKeepsNaN(t *testing.T) {
	t.Parallel()
	p := Pooling{From: Images{1, 1, 2, 16}, To: Images{1, 1, 1, 16}, Window: Extent{1, 2}, Stride: square(1)}
	x, y := make([]float32, 32), make([]float32, 16)
	x[3], x[16+5] = float32(math.NaN()), float32(math.NaN())
	p.Pool(1, x, y, make([]uint32, 16))
	if y[3] == y[3] || y[5] == y[5] || y[0] != 0 {
		t.Errorf("%v", y)
	}
}
