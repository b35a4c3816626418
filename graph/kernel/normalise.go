package kernel

// NormaliseEpsilon is added to a variance before its square root is taken.
const NormaliseEpsilon = 1e-5

// A batch of rows B×D is normalised as images of D channels with one pixel and
// one lane. The functions below then process Pixel = D values of a row at a
// time, and otherwise C·Lanes values of a pixel.

// RowsOf is the layout of a batch of rows with the given number of units.
func RowsOf(units int) Images { return Images{Channels: units, Height: 1, Width: 1, Lanes: 1} }

// pixelSums sums the values of each position in a pixel: a few pixels in
// float32, and these sums in float64.
type pixelSums struct {
	some  []float32
	total []float64
	count int // number of pixels in some
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

// pixelPass processes some pixels. Its patterns have the width of a pixel.
type pixelPass struct {
	centre        []float32 // −μ
	scale, shift  []float32 // gain/√(σ²+ε), bias
	slope, offset []float32 // coefficients of a gradient: of x − μ, and constant
	work          []float32
	first, second pixelSums
}

func (p *pixelPass) prepare(width int) {
	for _, pattern := range []*[]float32{&p.centre, &p.scale, &p.shift, &p.slope, &p.offset, &p.work} {
		*pattern = grow(*pattern, width)
	}
}

// sum computes Σx in first.
func (p *pixelPass) sum(x []float32) {
	width := len(p.work)
	p.first.reset(width)
	for at := 0; at < len(x); at += width {
		p.first.add(x[at : at+width])
	}
	p.first.flush()
}

// squares computes Σ(x−μ)² in second.
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

// gradientSums computes dz = dy ⊙ act′, and Σdz in first and Σdz ⊙ (x−μ) in
// second.
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

// spread writes a value for each channel to all its lanes; nil is zeros.
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

// lengthen adds an element. It reuses the old element if there is capacity.
func lengthen[T any](s []T) []T {
	if len(s) < cap(s) {
		return s[:len(s)+1]
	}
	var zero T
	return append(s, zero)
}
