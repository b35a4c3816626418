package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// convolutionCase is a convolution of a batch.
type convolutionCase struct {
	batch, channels, filters          int
	size                              Extent // of the image that the filters read
	kernel, stride, padding, dilation Extent
	enlarge                           Enlargement
	extra                             Extent // number of missing maps
}

func square(n int) Extent { return Extent{n, n} }

var convolutionCases = []convolutionCase{
	{batch: 2, channels: 1, filters: 1, size: square(1), kernel: square(1), stride: square(1), dilation: square(1)},
	{batch: 1, channels: 3, filters: 5, size: Extent{7, 5}, kernel: square(3), stride: square(1), padding: square(1), dilation: square(1)},
	{batch: 33, channels: 1, filters: 16, size: square(28), kernel: square(3), stride: square(2), padding: square(1), dilation: square(1)},
	{batch: 5, channels: 3, filters: 37, size: Extent{9, 7}, kernel: square(3), stride: square(1), padding: square(1), dilation: square(2)}, // narrow
	{batch: 3, channels: 16, filters: 33, size: Extent{9, 14}, kernel: Extent{3, 5}, stride: Extent{2, 3}, padding: Extent{1, 2}, dilation: square(1)},
	{batch: 17, channels: 2, filters: 3, size: square(8), kernel: square(4), stride: square(2), padding: square(1), dilation: square(1)},
	{batch: 2, channels: 3, filters: 2, size: square(9), kernel: square(2), stride: square(3), dilation: square(1)},                     // stride > kernel
	{batch: 2, channels: 3, filters: 2, size: square(4), kernel: square(3), stride: square(1), padding: square(3), dilation: square(1)}, // padding ≥ kernel/2
	{batch: 5, channels: 4, filters: 3, size: Extent{11, 10}, kernel: square(3), stride: square(1), padding: square(2), dilation: square(2)},
	{batch: 5, channels: 2, filters: 3, size: Extent{13, 12}, kernel: Extent{3, 2}, stride: square(2), padding: square(1), dilation: Extent{3, 2}},
	{batch: 40, channels: 20, filters: 24, size: Extent{9, 10}, kernel: square(3), stride: square(2), padding: square(1), dilation: square(1)}, // maps are transposed
	{batch: 3, channels: 64, filters: 64, size: square(7), kernel: square(7), stride: square(1), dilation: square(1)},
	{batch: 40, channels: 5, filters: 6, size: square(8), kernel: square(3), stride: square(1), padding: square(1), dilation: square(1), enlarge: Enlargement{Factor: 2}},
	{batch: 3, channels: 5, filters: 1, size: Extent{6, 9}, kernel: square(3), stride: square(2), padding: square(1), dilation: square(1), enlarge: Enlargement{Factor: 3}},
	{batch: 3, channels: 2, filters: 3, size: Extent{8, 6}, kernel: square(3), stride: square(1), padding: square(1), dilation: square(1), enlarge: Enlargement{Factor: 2, Bilinear: true}},
	{batch: 3, channels: 2, filters: 3, size: square(2), kernel: square(3), stride: square(1), padding: square(1), dilation: square(1), enlarge: Enlargement{Factor: 2, Bilinear: true}},
	{batch: 2, channels: 3, filters: 4, size: square(8), kernel: square(3), stride: square(2), padding: square(1), dilation: square(1), extra: square(1)},
}

func (c convolutionCase) String() string {
	return fmt.Sprintf("%d×%d×%v→%d kernel %v stride %v padding %v dilation %v enlarge %v", c.batch, c.channels, c.size, c.filters, c.kernel, c.stride, c.padding, c.dilation, c.enlarge)
}

func (c convolutionCase) make() *Convolution {
	side := func(n, kernel, stride, padding, dilation int) int {
		return (n+2*padding-dilation*(kernel-1)-1)/stride + 1
	}
	lanes := LanesFor(c.batch)
	convolution := &Convolution{
		Image: Images{c.channels, c.size.Height, c.size.Width, lanes},
		Maps: Images{c.filters,
			side(c.size.Height, c.kernel.Height, c.stride.Height, c.padding.Height, c.dilation.Height) - c.extra.Height,
			side(c.size.Width, c.kernel.Width, c.stride.Width, c.padding.Width, c.dilation.Width) - c.extra.Width, lanes},
		Kernel: c.kernel, Stride: c.stride, Padding: c.padding, Dilation: c.dilation, Enlarge: c.enlarge,
	}
	convolution.Prepare()
	return convolution
}

// factors lists the inputs of position i of an enlarged axis.
func (c convolutionCase) factors(i, small int) map[int]float64 {
	f := max(1, c.enlarge.Factor)
	if !c.enlarge.Bilinear {
		return map[int]float64{i / f: 1}
	}
	centre := (float64(i)+0.5)/float64(f) - 0.5
	low := math.Floor(centre)
	all := map[int]float64{}
	all[min(max(int(low), 0), small-1)] += 1 - (centre - low)
	all[min(max(int(low)+1, 0), small-1)] += centre - low
	return all
}

// each calls f for every product of a convolution, with the indices of B×C×H×W
// images, of maps, and of the weights.
func (c convolutionCase) each(convolution *Convolution, f func(image, maps, weight int, factor float64)) {
	small, maps := convolution.Small, convolution.Maps
	for n := range c.batch {
		for filter := range c.filters {
			for y := range maps.Height {
				for x := range maps.Width {
					for i := range c.kernel.Height {
						for j := range c.kernel.Width {
							iy, ix := y*c.stride.Height-c.padding.Height+i*c.dilation.Height, x*c.stride.Width-c.padding.Width+j*c.dilation.Width
							if iy < 0 || ix < 0 || iy >= c.size.Height || ix >= c.size.Width {
								continue
							}
							for sy, fy := range c.factors(iy, small.Height) {
								for sx, fx := range c.factors(ix, small.Width) {
									for channel := range c.channels {
										f(((n*c.channels+channel)*small.Height+sy)*small.Width+sx,
											((n*c.filters+filter)*maps.Height+y)*maps.Width+x,
											((filter*c.kernel.Height+i)*c.kernel.Width+j)*c.channels+channel, fy*fx)
									}
								}
							}
						}
					}
				}
			}
		}
	}
}

// blocks converts B×C×H×W values to blocks whose dead lanes held NaN before.
func blocks(s Images, batch int, rows []float32) []float32 {
	values := make([]float32, s.Size(batch))
	for i := range values {
		values[i] = float32(math.NaN())
	}
	s.FromRows(batch, rows, values)
	return values
}

func rowsOf(s Images, batch int, values []float32) []float32 {
	rows := make([]float32, batch*s.Values())
	s.ToRows(batch, values, rows)
	return rows
}

// within fails if got and want differ by more than the rounding error of a sum
// of float32 values of the given size.
func within(t *testing.T, what string, got []float32, want, size []float64, terms int) {
	t.Helper()
	for i, w := range want {
		if !(math.Abs(float64(got[i])-w) <= float64(terms+8)*0x1p-23*(size[i]+math.Abs(w))) {
			t.Fatalf("%s: element %d is %g, want %g", what, i, got[i], w)
		}
	}
}

func (c convolutionCase) check(t *testing.T) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(c.batch)))
	convolution := c.make()
	image := sample(random, c.batch*convolution.Small.Values())
	maps := sample(random, c.batch*convolution.Maps.Values())
	weights := sample(random, convolution.Weights())
	bias := sample(random, max(c.filters, c.channels))

	forward, back, gradient := make([]float64, len(maps)), make([]float64, len(image)), make([]float64, len(weights))
	sizes := [3][]float64{make([]float64, len(maps)), make([]float64, len(image)), make([]float64, len(weights))}
	for i := range forward {
		forward[i] = float64(bias[i/convolution.Maps.Height/convolution.Maps.Width%c.filters])
	}
	c.each(convolution, func(i, m, w int, factor float64) {
		x, z, v := factor*float64(image[i]), float64(maps[m]), float64(weights[w])
		forward[m] += x * v
		back[i] += factor * z * v
		gradient[w] += x * z
		sizes[0][m] += math.Abs(x * v)
		sizes[1][i] += math.Abs(factor * z * v)
		sizes[2][w] += math.Abs(x * z)
	})
	for i, v := range forward {
		forward[i] = math.Tanh(v)
	}

	got := make([]float32, convolution.Maps.Size(c.batch))
	convolution.Convolve(c.batch, Tanh, blocks(convolution.Small, c.batch, image), weights, bias, got)
	within(t, c.String()+": convolve", rowsOf(convolution.Maps, c.batch, got), forward, sizes[0], 50)
	got = make([]float32, convolution.Small.Size(c.batch))
	convolution.Spread(c.batch, Linear, blocks(convolution.Maps, c.batch, maps), weights, nil, got)
	within(t, c.String()+": spread", rowsOf(convolution.Small, c.batch, got), back, sizes[1], 50)
	got = sample(random, len(weights))
	convolution.Gradient(c.batch, blocks(convolution.Small, c.batch, image), blocks(convolution.Maps, c.batch, maps), got)
	within(t, c.String()+": gradient", got, gradient, sizes[2], 50)
}

func TestConvolution(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, c := range convolutionCases {
			c.check(t)
		}
	})
}

// TestConvolutionsOfAnyShape compares random shapes with the reference.
func TestConvolutionsOfAnyShape(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	pick := func(lo, hi int) Extent { return Extent{lo + random.IntN(hi-lo+1), lo + random.IntN(hi-lo+1)} }
	for tested := 0; tested < 40; {
		c := convolutionCase{
			batch: 1 + random.IntN(40), channels: 1 + random.IntN(6), filters: 1 + random.IntN(20),
			size: pick(1, 12), kernel: pick(1, 5), stride: pick(1, 4), padding: pick(0, 4), dilation: pick(1, 3),
		}
		if c.size.Height+2*c.padding.Height <= c.dilation.Height*(c.kernel.Height-1) || c.size.Width+2*c.padding.Width <= c.dilation.Width*(c.kernel.Width-1) {
			continue
		}
		if random.IntN(3) == 0 {
			c.enlarge = Enlargement{Factor: 2 + random.IntN(2), Bilinear: random.IntN(2) == 0}
			c.size.Height *= c.enlarge.Factor
			c.size.Width *= c.enlarge.Factor
		}
		c.check(t)
		tested++
	}
}

// TestConvolutionThreadsChangeNothing checks that all directions give the same
// bits for any number of threads.
func TestConvolutionThreadsChangeNothing(t *testing.T) {
	for _, c := range convolutionCases {
		random := rand.New(rand.NewPCG(1, 2))
		convolution := c.make()
		image := blocks(convolution.Small, c.batch, sample(random, c.batch*convolution.Small.Values()))
		maps := blocks(convolution.Maps, c.batch, sample(random, c.batch*convolution.Maps.Values()))
		weights := sample(random, convolution.Weights())
		var want []float32
		for _, threads := range []int{1, 2, 3} {
			setThreads(t, threads)
			forward, back, gradient := make([]float32, len(maps)), make([]float32, len(image)), make([]float32, len(weights))
			convolution.Convolve(c.batch, ELU, image, weights, nil, forward)
			convolution.Spread(c.batch, Linear, maps, weights, nil, back)
			convolution.Gradient(c.batch, image, maps, gradient)
			got := slices.Concat(forward, back, gradient)
			if want == nil {
				want = got
			} else if !slices.Equal(got, want) {
				t.Errorf("%v: %d threads make another result than one", c, threads)
			}
		}
	}
}

// TestConvolutionDeadLanes checks the values of lanes without an image.
func TestConvolutionDeadLanes(t *testing.T) {
	t.Parallel()
	c := convolutionCases[3]
	convolution := c.make()
	random := rand.New(rand.NewPCG(1, 2))
	maps := blocks(convolution.Maps, c.batch, sample(random, c.batch*convolution.Maps.Values()))
	image := make([]float32, convolution.Small.Size(c.batch))
	convolution.Spread(c.batch, Linear, maps, sample(random, convolution.Weights()), nil, image)
	for i, v := range image {
		if i%convolution.Small.Lanes >= c.batch && v != 0 {
			t.Fatalf("element %d of a gradient is %g in a dead lane", i, v)
		}
	}
}

// TestConvolutionGradientBeforeActivation checks that the fused gradient in z has
// the bits of the gradient in y = act(z) followed by ActivationGradient.
func TestConvolutionGradientBeforeActivation(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, c := range convolutionCases[1:5] {
			random, convolution := rand.New(rand.NewPCG(3, 4)), c.make()
			image := blocks(convolution.Small, c.batch, sample(random, c.batch*convolution.Small.Values()))
			maps := blocks(convolution.Maps, c.batch, sample(random, c.batch*convolution.Maps.Values()))
			weights := sample(random, convolution.Weights())
			want, got := make([]float32, len(image)), make([]float32, len(image))
			convolution.ImageGradient(c.batch, Linear, image, maps, weights, want)
			convolution.Small.ActivationGradient(c.batch, ELU, image, want, want, nil)
			convolution.ImageGradient(c.batch, ELU, image, maps, weights, got)
			if !slices.Equal(got, want) {
				t.Errorf("%v: gradient in the image differs", c)
			}
			want, got = make([]float32, len(maps)), make([]float32, len(maps))
			convolution.MapsGradient(c.batch, Linear, maps, image, weights, want)
			convolution.Maps.ActivationGradient(c.batch, ELU, maps, want, want, nil)
			convolution.MapsGradient(c.batch, ELU, maps, image, weights, got)
			if !slices.Equal(got, want) {
				t.Errorf("%v: gradient in the maps differs", c)
			}
		}
	})
}

func TestConvolutionAllocatesNothing(t *testing.T) {
	setThreads(t, 2)
	for _, c := range convolutionCases[:4] {
		convolution := c.make()
		image, maps := make([]float32, convolution.Small.Size(c.batch)), make([]float32, convolution.Maps.Size(c.batch))
		weights := make([]float32, convolution.Weights())
		if n := testing.AllocsPerRun(5, func() {
			convolution.Convolve(c.batch, ReLU, image, weights, nil, maps)
			convolution.Spread(c.batch, ReLU, maps, weights, nil, image)
			convolution.Gradient(c.batch, image, maps, weights)
		}); n != 0 {
			t.Errorf("%v: %v allocations per call", c, n)
		}
	}
}

// BenchmarkConvolution times the layers of two autoencoders of 28×28 images.
func BenchmarkConvolution(b *testing.B) {
	one, two := square(1), square(2)
	cases := []convolutionCase{
		{channels: 1, filters: 16, size: square(28), kernel: square(3), stride: two, padding: one},
		{channels: 16, filters: 32, size: square(14), kernel: square(3), stride: two, padding: one},
		{channels: 32, filters: 16, size: square(14), kernel: square(3), stride: one, padding: one, enlarge: Enlargement{Factor: 2}},
		{channels: 16, filters: 1, size: square(28), kernel: square(3), stride: one, padding: one, enlarge: Enlargement{Factor: 2}},
		{channels: 32, filters: 64, size: square(14), kernel: square(3), stride: two, padding: one},
		{channels: 32, filters: 64, size: square(14), kernel: square(4), stride: two, padding: one},
		{channels: 1, filters: 32, size: square(28), kernel: square(4), stride: two, padding: one},
		{channels: 32, filters: 64, size: square(7), kernel: square(7), stride: one},
	}
	for _, c := range cases {
		c.batch, c.dilation = 128, one
		convolution := c.make()
		image, maps := make([]float32, convolution.Small.Size(c.batch)), make([]float32, convolution.Maps.Size(c.batch))
		weights, bias := make([]float32, convolution.Weights()), make([]float32, 64)
		for name, f := range map[string]func(){
			"convolve": func() { convolution.Convolve(c.batch, ReLU, image, weights, bias, maps) },
			"spread":   func() { convolution.Spread(c.batch, Linear, maps, weights, nil, image) },
			"gradient": func() { convolution.Gradient(c.batch, image, maps, weights) },
		} {
			b.Run(fmt.Sprintf("%d-%d-k%d-s%d-up%d/%s", c.channels, c.filters, c.kernel.Height, c.stride.Height, c.enlarge.Factor, name), func(b *testing.B) {
				for b.Loop() {
					f()
				}
				b.ReportMetric(float64(c.batch)*convolution.FLOPs()*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
