package kernel

// NormaliseEpsilon is added to a variance before its root is taken.
const NormaliseEpsilon = 1e-5

// A batch of rows B×D is normalised as images of D channels, of one pixel and
// one lane: what follows then works on Pixel = D numbers of a row at a time,
// and on C·Lanes numbers of a pixel otherwise.

// RowsOf is the layout of a batch of rows of so many units.
func RowsOf(units int) Images { return Images{Channels: units, Height: 1, Width: 1, Lanes: 1} }

// pixelSums adds up the numbers of pixels, each for itself: a few in float32,
// and those sums in float64.
type pixelSums struct {
	some  []float32
	total []float64
	count int // pixels in some
}

func (s *pixelSums) reset(width int) {
	s.some, s.total, s.count = grow(s.some, width), grow(s.total, width), 0
	clear(s.some)
	clear(s.total)
}

func (s *pixelSums) add(values []float32) {
	const few = 64
	active.add(s.some, s.some, values)
	if s.count++; s.count == few {
		s.flush()
	}
}

func (s *pixelSums) flush() {
	for i, v := range s.some {
		s.total[i] += float64(v)
	}
	clear(s.some)
	s.count = 0
}

// pixelPass goes over some pixels. Its patterns are a pixel wide.
type pixelPass struct {
	centre        []float32 // −μ
	scale, shift  []float32 // gain/√(σ²+ε), bias
	slope, offset []float32 // of a gradient: what it has of x − μ, and for all
	work          []float32
	first, second pixelSums
}

func (p *pixelPass) prepare(width int) {
	for _, pattern := range []*[]float32{&p.centre, &p.scale, &p.shift, &p.slope, &p.offset, &p.work} {
		*pattern = grow(*pattern, width)
	}
}

// sum leaves Σx in first.
func (p *pixelPass) sum(x []float32) {
	width := len(p.work)
	p.first.reset(width)
	for at := 0; at < len(x); at += width {
		p.first.add(x[at : at+width])
	}
	p.first.flush()
}

// squares leaves Σ(x−μ)² in second.
func (p *pixelPass) squares(centre, x []float32) {
	width := len(p.work)
	p.second.reset(width)
	for at := 0; at < len(x); at += width {
		active.add(p.work, x[at:at+width], centre)
		active.multiply(p.work, p.work, p.work)
		p.second.add(p.work)
	}
	p.second.flush()
}

// normalise computes y = act(scale ⊙ (x−μ) + shift).
func (p *pixelPass) normalise(act Activation, x, y []float32) {
	width := len(p.centre)
	for at := 0; at < len(x); at += width {
		to := y[at : at+width]
		active.add(to, x[at:at+width], p.centre)
		active.multiply(to, to, p.scale)
		active.add(to, to, p.shift)
		if act != Linear {
			active.activate[act](to, to)
		}
	}
}

// gradientSums computes dz = dy ⊙ act′, and leaves Σdz in first and
// Σdz ⊙ (x−μ) in second.
func (p *pixelPass) gradientSums(act Activation, centre, x, y, dy, dz []float32) {
	width := len(p.work)
	p.first.reset(width)
	p.second.reset(width)
	for at := 0; at < len(x); at += width {
		end := at + width
		active.gradient[act](y[at:end], dy[at:end], dz[at:end], nil, 1, width, width)
		p.first.add(dz[at:end])
		active.add(p.work, x[at:end], centre)
		active.multiply(p.work, p.work, dz[at:end])
		p.second.add(p.work)
	}
	p.first.flush()
	p.second.flush()
}

// gradient computes dx = scale ⊙ dz + slope ⊙ (x−μ) + offset in place of dz.
func (p *pixelPass) gradient(x, dx, work []float32) {
	width := len(p.centre)
	for at := 0; at < len(x); at += width {
		to := dx[at : at+width]
		active.add(work, x[at:at+width], p.centre)
		active.multiply(work, work, p.slope)
		active.add(work, work, p.offset)
		active.multiply(to, to, p.scale)
		active.add(to, to, work)
	}
}

// spread writes a number for each channel to each of its lanes; nil is zeros.
func (s Images) spread(values, pattern []float32) {
	if values == nil {
		clear(pattern)
		return
	}
	for channel := range s.Channels {
		lanes := pattern[channel*s.Lanes:][:s.Lanes]
		for lane := range lanes {
			lanes[lane] = values[channel]
		}
	}
}

// lengthen adds an element, the one that was there before where there was one.
func lengthen[T any](s []T) []T {
	if len(s) < cap(s) {
		return s[:len(s)+1]
	}
	var zero T
	return append(s, zero)
}
