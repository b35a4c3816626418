package kernel

// similarityWork is the work space of a comparison.
type similarityWork struct {
	x, y, gradients [][]float32    // the images of each scale, and the gradient in x
	values          []float64      // v_j
	slopes          [][3][]float32 // of each scale, in the means of x, x² and x·y at each place
	product, half   []float32
	means           [5][]float32 // of x, y, x², y² and x·y
}

var similarityWorks freeList[similarityWork]

// prepare makes room for the scales.
func (w *similarityWork) prepare(scales []similarityScale) {
	w.x, w.y, w.gradients = grow(w.x, len(scales)), grow(w.y, len(scales)), grow(w.gradients, len(scales))
	w.values, w.slopes = grow(w.values, len(scales)), grow(w.slopes, len(scales))
	for j, s := range scales {
		if j > 0 {
			pixels := s.height * s.width
			w.x[j], w.y[j], w.gradients[j] = grow(w.x[j], pixels), grow(w.y[j], pixels), grow(w.gradients[j], pixels)
		}
		for k := range w.slopes[j] {
			w.slopes[j][k] = grow(w.slopes[j][k], s.rows*s.columns)
		}
	}
}

// compare returns the mean of c over the places of the window, or that of l·c if
// it is the last scale. With slopes, it also keeps the derivatives of each place
// in the means of x, x² and x·y.
func (s similarityScale) compare(w *similarityWork, j int, x, y []float32, last, slopes bool) float64 {
	w.product = grow(w.product, len(x))
	for k, of := range [...]struct{ a, b []float32 }{{x, nil}, {y, nil}, {x, x}, {y, y}, {x, y}} {
		from := of.a
		if of.b != nil {
			from = w.product
			for i, v := range of.a {
				from[i] = v * of.b[i]
			}
		}
		w.means[k] = grow(w.means[k], s.rows*s.columns)
		s.windowed(w, from, w.means[k])
	}
	var sum float64
	for i := range w.means[0] {
		a, b := float64(w.means[0][i]), float64(w.means[1][i])
		aa, bb, ab := float64(a*a), float64(b*b), float64(a*b) // rounded before they are added
		variances := float64(w.means[2][i]) - aa + float64(w.means[3][i]) - bb + similarityContrast
		c := (2*(float64(w.means[4][i])-ab) + similarityContrast) / variances
		l, squares := 1.0, aa+bb+similarityLuminance
		if last {
			l = (2*ab + similarityLuminance) / squares
		}
		sum += float64(l * c)
		if !slopes {
			continue
		}
		// c depends on a by x's variance and by the covariance, and l directly.
		slope := l * 2 * (float64(a*c) - b) / variances
		if last {
			slope += float64(c * 2 * (b - float64(a*l)) / squares)
		}
		w.slopes[j][0][i] = float32(slope)
		w.slopes[j][1][i] = float32(-l * c / variances)
		w.slopes[j][2][i] = float32(2 * l / variances)
	}
	return sum / float64(len(w.means[0]))
}

// windowed computes the means of a plane in the places of the window.
func (s similarityScale) windowed(w *similarityWork, plane, means []float32) {
	w.half = grow(w.half, s.height*s.columns)
	Gemm(false, false, s.height, s.columns, s.width, 1, plane, s.width, s.across, s.columns, 0, w.half, s.columns)
	Gemm(false, false, s.rows, s.columns, s.height, 1, s.down, s.height, w.half, s.columns, 0, means, s.columns)
}

// back computes the gradient in x from the slopes of scale j, times factor.
func (s similarityScale) back(w *similarityWork, j int, factor float32, gradient []float32) {
	x, y := w.x[j], w.y[j]
	w.half, w.product = grow(w.half, s.height*s.columns), grow(w.product, len(x))
	for k, slopes := range w.slopes[j] {
		Gemm(true, false, s.height, s.columns, s.rows, factor, s.down, s.height, slopes, s.columns, 0, w.half, s.columns)
		to := w.product
		if k == 0 {
			to = gradient
		}
		Gemm(false, true, s.height, s.width, s.columns, 1, w.half, s.columns, s.across, s.columns, 0, to, s.width)
		switch k {
		case 1:
			for i, v := range to[:len(x)] {
				gradient[i] += float32(2 * x[i] * v)
			}
		case 2:
			for i, v := range to[:len(x)] {
				gradient[i] += float32(y[i] * v)
			}
		}
	}
}

// halve computes the means of 2×2 pixels of an image of scale s. An odd last row
// or column is left out.
func halve(s similarityScale, from, to []float32) {
	width := s.width / 2
	for i := range s.height / 2 {
		upper, lower := from[2*i*s.width:][:s.width], from[(2*i+1)*s.width:][:s.width]
		for j := range to[i*width:][:width] {
			to[i*width+j] = 0.25 * (upper[2*j] + upper[2*j+1] + lower[2*j] + lower[2*j+1])
		}
	}
}

// double adds the gradient of halve to that of an image of scale s.
func double(s similarityScale, from, to []float32) {
	width := s.width / 2
	for i := range s.height / 2 * 2 {
		row := to[i*s.width:][:s.width]
		for j := range 2 * width {
			row[j] += 0.25 * from[i/2*width+j/2]
		}
	}
}
