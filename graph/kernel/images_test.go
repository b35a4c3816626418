package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestImagesThereAndBack converts batches of many shapes to blocks and back.
func TestImagesThereAndBack(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, s := range []Images{{1, 1, 1, 16}, {1, 28, 28, 32}, {3, 5, 7, 16}, {70, 1, 1, 32}, {17, 3, 2, 32}} {
			for _, batch := range []int{1, 16, 33, 64} {
				rows := sample(rand.New(rand.NewPCG(1, 2)), batch*s.Values())
				values := blocks(s, batch, rows)
				for i, v := range values {
					image, channel := i/s.Block()*s.Lanes+i%s.Lanes, i/s.Lanes%s.Channels
					pixel := i % s.Block() / s.Pixel()
					var want float32
					if image < batch {
						want = rows[(image*s.Channels+channel)*s.Height*s.Width+pixel]
					}
					if v != want {
						t.Fatalf("%v, batch of %d: element %d is %g, want %g", s, batch, i, v, want)
					}
				}
				if !slices.Equal(rowsOf(s, batch, values), rows) {
					t.Fatalf("%v, batch of %d: rows are not what they were", s, batch)
				}
			}
		}
	})
}

func TestImagesActivationGradient(t *testing.T) {
	t.Parallel()
	s, batch := Images{3, 4, 5, 16}, 20
	random := rand.New(rand.NewPCG(1, 2))
	y, dy := sample(random, batch*s.Values()), sample(random, batch*s.Values())
	want, sums := make([]float32, len(y)), make([]float64, 3)
	ActivationGradient(Tanh, 1, len(y), y, dy, want, nil)
	for i, v := range want {
		sums[i/20%3] += float64(v)
	}
	dz, db := make([]float32, s.Size(batch)), make([]float32, 3)
	s.ActivationGradient(batch, Tanh, blocks(s, batch, y), blocks(s, batch, dy), dz, db)
	if !slices.Equal(rowsOf(s, batch, dz), want) {
		t.Error("dz differs from that of rows")
	}
	within(t, "db", db, sums, []float64{100, 100, 100}, 10)

	again, copied := make([]float32, 3), make([]float32, len(dz))
	s.ActivationGradient(batch, Linear, dz, dz, dz, again)
	s.ActivationGradient(batch, Linear, dz, dz, copied, nil)
	if !slices.Equal(again, db) || !slices.Equal(copied, dz) {
		t.Errorf("sums of dz alone are %v, want %v", again, db)
	}
}
