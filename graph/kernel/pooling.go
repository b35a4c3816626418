package kernel

// Pooling makes images smaller. The result is the maximum or the mean of each
// window (from: B×C×H×W, to: B×C×H′×W′). Windows lie within the image.
type Pooling struct {
	From, To       Images // with equal channels and lanes
	Window, Stride Extent
	Average        bool // the mean instead of the maximum
}

// Pool computes y. For maxima it also writes their positions to at, the first
// of equal values (y, at: To.Size values).
func (p Pooling) Pool(batch int, x, y []float32, at []uint32) { p.do(batch, x, y, at, pooled) }

// Gradient computes dx from dy and the positions at that Pool wrote. It is also
// max unpooling, which moves values to the positions of the maxima (Zeiler &
// Fergus 2014). Values of overlapping windows are added.
func (p Pooling) Gradient(batch int, dy []float32, at []uint32, dx []float32) {
	p.do(batch, dx, dy, at, spread)
}

// Gather reads the values at the positions of the maxima. It is the gradient of
// max unpooling.
func (p Pooling) Gather(batch int, x []float32, at []uint32, y []float32) {
	p.do(batch, x, y, at, gathered)
}

// The operations on a window.
const (
	pooled = iota
	spread
	gathered
)

func (p Pooling) do(batch int, x, y []float32, at []uint32, what int) {
	t := poolingTasks.get()
	*t = poolingTask{p, x[:p.From.Size(batch)], y[:p.To.Size(batch)], at, what}
	if !p.Average {
		t.at = at[:len(t.y)]
	}
	parallel(p.From.Blocks(batch)*p.From.Channels, 1, t)
	*t = poolingTask{}
	poolingTasks.put(t)
}

// poolingTask processes one channel of a block at a time.
type poolingTask struct {
	Pooling
	x, y []float32
	at   []uint32
	what int
}

var poolingTasks freeList[poolingTask]

func (t *poolingTask) run(lo, hi int) {
	for unit := lo; unit < hi; unit++ {
		block, channel := unit/t.From.Channels, unit%t.From.Channels
		x, first := t.x[block*t.From.Block()+channel*t.From.Lanes:], block*t.To.Block()+channel*t.To.Lanes
		if t.what == spread {
			for pixel := range t.From.Height * t.From.Width {
				clear(x[pixel*t.From.Pixel():][:t.From.Lanes])
			}
		}
		for i := range t.To.Height {
			for j := range t.To.Width {
				to := first + (i*t.To.Width+j)*t.To.Pixel()
				y, window := t.y[to:][:t.To.Lanes], x[(i*t.Stride.Height*t.From.Width+j*t.Stride.Width)*t.From.Pixel():]
				switch {
				case t.Average:
					t.average(window, y)
				case t.what == spread:
					for lane, at := range t.at[to:][:t.To.Lanes] {
						window[at] += y[lane]
					}
				case t.what == gathered:
					for lane, at := range t.at[to:][:t.To.Lanes] {
						y[lane] = window[at]
					}
				default:
					t.greatest(window, y, t.at[to:][:t.To.Lanes])
				}
			}
		}
	}
}

// average computes the mean of a window, or in the gradient distributes it.
func (t *poolingTask) average(window, y []float32) {
	share := 1 / float32(t.Window.Height*t.Window.Width)
	if t.what == pooled {
		clear(y)
	}
	for i := range t.Window.Height {
		for j := range t.Window.Width {
			x := window[(i*t.From.Width+j)*t.From.Pixel():][:len(y)]
			if t.what == spread {
				active.axpy(share, y, x)
			} else {
				active.axpy(share, x, y)
			}
		}
	}
}

// greatest computes the maxima of windows. A NaN is larger than all numbers.
func (t *poolingTask) greatest(window, y []float32, at []uint32) {
	copy(y, window)
	for lane := range at {
		at[lane] = uint32(lane)
	}
	for i := range t.Window.Height {
		for j := range t.Window.Width {
			from := (i*t.From.Width + j) * t.From.Pixel()
			for lane, v := range window[from:][:len(y)] {
				if v > y[lane] || v != v {
					y[lane], at[lane] = v, uint32(from+lane)
				}
			}
		}
	}
}
