package kernel

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// normaliser is one of the two normalisations.
type normaliser interface {
	Forward(batch int, x, gain, bias, y []float32)
	Backward(batch int, x, y, dy, dx, dgain, dbias []float32)
}

// newNormaliser normalises the channels of an image in the given number of
// groups, or with 0 each channel over the batch.
func newNormaliser(s Images, act Activation, groups int) normaliser {
	if groups > 0 {
		return &ImageNormalisation{Images: s, Activation: act, Groups: groups}
	}
	return &BatchNormalisation{Images: s, Activation: act, Mean: make([]float32, s.Channels), Variance: make([]float32, s.Channels)}
}

// TestNormalisationAsPyTorch compares both directions with the results of
// PyTorch, written by testdata/normalisation.py.
func TestNormalisationAsPyTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/normalisation.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Batch, Channels, Height, Width int
		Rows                           bool
		Over                           string
		X, Gain, Bias, Mean, Variance  []float32
		Y                              []float64
		YGradient                      []float32 `json:"y_gradient"`
		XGradient                      []float64 `json:"x_gradient"`
		GainGradient                   []float64 `json:"gain_gradient"`
		BiasGradient                   []float64 `json:"bias_gradient"`
		NewMean                        []float64 `json:"new_mean"`
		NewVariance                    []float64 `json:"new_variance"`
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	eachPath(t, func(t *testing.T) {
		for _, p := range cases {
			for _, s := range []Images{RowsOf(p.Channels), {p.Channels, p.Height, p.Width, 16}, {p.Channels, p.Height, p.Width, 32}} {
				if !p.Rows && s.Lanes == 1 {
					continue
				}
				n := newNormaliser(s, Linear, map[string]int{"image": 1}[p.Over])
				batch, settled := n.(*BatchNormalisation)
				if settled = settled && p.Over == "settled"; settled {
					batch.Settled, batch.Mean, batch.Variance = true, slices.Clone(p.Mean), slices.Clone(p.Variance)
				}
				size := make([]float64, 1000)
				for i := range size {
					size[i] = 20
				}
				x, y, dx := blocks(s, p.Batch, p.X), make([]float32, s.Size(p.Batch)), make([]float32, s.Size(p.Batch))
				n.Forward(p.Batch, x, p.Gain, p.Bias, y)
				within(t, p.Over+": y", rowsOf(s, p.Batch, y), p.Y, size, 10)
				dgain, dbias := make([]float32, p.Channels), make([]float32, p.Channels)
				n.Backward(p.Batch, x, y, blocks(s, p.Batch, p.YGradient), dx, dgain, dbias)
				within(t, p.Over+": dx", rowsOf(s, p.Batch, dx), p.XGradient, size, 10)
				within(t, p.Over+": dgain", dgain, p.GainGradient, size, 20)
				within(t, p.Over+": dbias", dbias, p.BiasGradient, size, 20)
				if p.Over == "batch" { // PyTorch's running statistics, one step later
					count := float64(batch.Count(p.Batch))
					for channel := range p.Channels {
						mean := 0.9*float64(p.Mean[channel]) + 0.1*float64(batch.Mean[channel])
						variance := 0.9*float64(p.Variance[channel]) + 0.1*float64(batch.Variance[channel])*count/(count-1)
						within(t, "mean", []float32{float32(mean)}, p.NewMean[channel:channel+1], size, 10)
						within(t, "variance", []float32{float32(variance)}, p.NewVariance[channel:channel+1], size, 10)
					}
				}
			}
		}
	})
}

// TestNormalisationThreads checks that any number of threads gives the same
// bits, and that dead lanes of gradients are zero.
func TestNormalisationThreads(t *testing.T) {
	for _, s := range []Images{RowsOf(300), {3, 9, 8, 32}, {40, 3, 3, 16}, {1, 1, 1, 16}} {
		for _, groups := range []int{0, 1, s.Channels} {
			const batch = 75
			random := rand.New(rand.NewPCG(1, 2))
			x, dy := blocks(s, batch, sample(random, batch*s.Values())), blocks(s, batch, sample(random, batch*s.Values()))
			last := batch / s.Lanes * s.Block()
			for i := last; i < len(x); i++ {
				if i%s.Lanes >= batch%s.Lanes {
					x[i] = 3
				}
			}
			gain, bias := sample(random, s.Channels), sample(random, s.Channels)
			var want []float32
			for _, threads := range []int{1, 2, 3} {
				setThreads(t, threads)
				n := newNormaliser(s, Tanh, groups)
				y, dx := make([]float32, len(x)), make([]float32, len(x))
				dgain, dbias := make([]float32, s.Channels), make([]float32, s.Channels)
				for range 2 { // the second time, buffers hold old values
					n.Forward(batch, x, gain, bias, y)
					n.Backward(batch, x, y, dy, dx, dgain, dbias)
				}
				for i := last; i < len(dx); i++ {
					if i%s.Lanes >= batch%s.Lanes && dx[i] != 0 {
						t.Fatalf("%+v: the gradient of a dead lane is %g", s, dx[i])
					}
				}
				if got := slices.Concat(y, dx, dgain, dbias); want == nil {
					want = got
				} else if !slices.Equal(got, want) {
					t.Errorf("%+v, %d groups: %d threads make another result than one", s, groups, threads)
				}
			}
		}
	}
}

func TestNormalisationAllocatesNothing(t *testing.T) {
	setThreads(t, 2)
	for _, s := range []Images{RowsOf(64), {4, 7, 7, 32}} {
		for _, groups := range []int{0, 1, s.Channels} {
			const batch = 70
			n, size := newNormaliser(s, ReLU, groups), s.Size(batch)
			x, y, dx, gain, dgain, dbias := normals(size), make([]float32, size), make([]float32, size), normals(s.Channels), make([]float32, s.Channels), make([]float32, s.Channels)
			if count := testing.AllocsPerRun(10, func() {
				for _, live := range []int{batch, 33} {
					n.Forward(live, x, gain, nil, y)
					n.Backward(live, x, y, x, dx, dgain, dbias)
				}
			}); count != 0 {
				t.Errorf("%+v, %d groups: %v allocations per step", s, groups, count)
			}
		}
	}
}
