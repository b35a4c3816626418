package compute

// window is where the taps of filters or of pooling lie.
type window struct {
	kh, kw, sh, sw, dh, dw, top, left int
}

func windowOf(a attributes) (w window) {
	w.kh, w.kw = a.pair("kernel_shape", 1)
	w.sh, w.sw = a.pair("strides", 1)
	w.dh, w.dw = a.pair("dilations", 1)
	w.top, w.left = a.pair("pads", 0)
	return w
}

// out returns the size of the result for images of a size, without enlargement.
func (w window) out(height, width int) (int, int) {
	return (height+2*w.top-w.dh*(w.kh-1)-1)/w.sh + 1, (width+2*w.left-w.dw*(w.kw-1)-1)/w.sw + 1
}

// span returns the outputs from ≤ i < to for which i·stride + shift is inside 0 … side−1.
func span(side, outputs, stride, shift int) (from, to int) {
	if shift < 0 {
		from = (-shift + stride - 1) / stride
	}
	if last := side - 1 - shift; last >= 0 {
		to = min(outputs, last/stride+1)
	}
	return from, max(from, to)
}

// convolution computes W ∗ x + b (x: C×H×W, W: F×C×kh×kw).
func convolution(a attributes, in []array) []array {
	x, w, win := in[0], in[1], windowOf(a)
	maps, channels, height, width := w.shape[0], x.shape[1], x.shape[2], x.shape[3]
	oh, ow := win.out(height, width)
	y := zeros(1, maps, oh, ow)
	for f := range maps {
		plane := y.values[f*oh*ow:][:oh*ow]
		if len(in) > 2 {
			fill(plane, in[2].values[f])
		}
		for c := range channels {
			source, taps := x.values[c*height*width:], w.values[(f*channels+c)*win.kh*win.kw:]
			win.each(taps, height, width, oh, ow, func(tap float32, out, at, stride, count int) {
				for i := range count {
					plane[out+i] += tap * source[at+i*stride]
				}
			})
		}
	}
	return []array{y}
}

// transposed computes the transposed convolution, its transposed map (x: C×H×W, W: C×F×kh×kw).
func transposed(a attributes, in []array) []array {
	x, w, win := in[0], in[1], windowOf(a)
	channels, maps, height, width := x.shape[1], w.shape[1], x.shape[2], x.shape[3]
	eh, ew := a.pair("output_padding", 0)
	oh := (height-1)*win.sh - 2*win.top + win.dh*(win.kh-1) + 1 + eh
	ow := (width-1)*win.sw - 2*win.left + win.dw*(win.kw-1) + 1 + ew
	y := zeros(1, maps, oh, ow)
	for f := range maps {
		plane := y.values[f*oh*ow:][:oh*ow]
		if len(in) > 2 {
			fill(plane, in[2].values[f])
		}
		for c := range channels {
			source, taps := x.values[c*height*width:], w.values[(c*maps+f)*win.kh*win.kw:]
			win.each(taps, oh, ow, height, width, func(tap float32, at, out, stride, count int) {
				for i := range count {
					plane[out+i*stride] += tap * source[at+i]
				}
			})
		}
	}
	return []array{y}
}

func fill(values []float32, with float32) {
	for i := range values {
		values[i] = with
	}
}

// each calls do for each tap and row of outputs, with the runs of outputs and of inputs
// (input: height×width, output: oh×ow).
func (w window) each(taps []float32, height, width, oh, ow int, do func(tap float32, out, at, stride, count int)) {
	for i := range w.kh {
		top := i*w.dh - w.top
		firstRow, endRow := span(height, oh, w.sh, top)
		for j := range w.kw {
			left := j*w.dw - w.left
			from, to := span(width, ow, w.sw, left)
			for row := firstRow; row < endRow; row++ {
				do(taps[i*w.kw+j], row*ow+from, (row*w.sh+top)*width+from*w.sw+left, w.sw, to-from)
			}
		}
	}
}

// resize enlarges images by a whole factor: pixels are repeated or interpolated.
func resize(a attributes, in []array) []array {
	x, factor := in[0], int(in[2].values[2])
	channels, height, width := x.shape[1], x.shape[2], x.shape[3]
	y := zeros(1, channels, height*factor, width*factor)
	rows, columns := neighbours(height, factor, a.text("mode") == "linear"), neighbours(width, factor, a.text("mode") == "linear")
	at := 0
	for c := range channels {
		plane := x.values[c*height*width:]
		for _, r := range rows {
			above, below := plane[r.first*width:][:width], plane[r.second*width:][:width]
			for _, s := range columns {
				upper := above[s.first] + s.share*(above[s.second]-above[s.first])
				lower := below[s.first] + s.share*(below[s.second]-below[s.first])
				y.values[at] = upper + r.share*(lower-upper)
				at++
			}
		}
	}
	return []array{y}
}

// neighbour are the two inputs between which an output lies.
type neighbour struct {
	first, second int
	share         float32 // of the second
}

func neighbours(side, factor int, linear bool) []neighbour {
	list := make([]neighbour, side*factor)
	for i := range list {
		list[i] = neighbour{i / factor, i / factor, 0}
		if linear {
			place := max(0, (float64(i)+0.5)/float64(factor)-0.5)
			first := min(int(place), side-1)
			list[i] = neighbour{first, min(first+1, side-1), float32(place - float64(first))}
		}
	}
	return list
}

// maxPool returns the largest value of each window, and its place in x.
func maxPool(a attributes, in []array) []array {
	values, places := pooled(a, in[0], func(x []float32, at []int) (float32, int) {
		best := at[0]
		for _, i := range at[1:] {
			if x[i] > x[best] {
				best = i
			}
		}
		return x[best], best
	})
	return []array{values, places}
}

func averagePool(a attributes, in []array) []array {
	values, _ := pooled(a, in[0], func(x []float32, at []int) (float32, int) {
		sum := 0.0
		for _, i := range at {
			sum += float64(x[i])
		}
		return float32(sum / float64(len(at))), 0
	})
	return []array{values}
}

func pooled(a attributes, x array, of func(x []float32, at []int) (float32, int)) (values, places array) {
	win := windowOf(a)
	channels, height, width := x.shape[1], x.shape[2], x.shape[3]
	oh, ow := win.out(height, width)
	values, places = zeros(1, channels, oh, ow), zeros(1, channels, oh, ow)
	at := make([]int, win.kh*win.kw)
	for i := range values.values {
		c, row, column := i/(oh*ow), i/ow%oh*win.sh, i%ow*win.sw
		for k := range at {
			at[k] = (c*height+row+k/win.kw)*width + column + k%win.kw
		}
		v, place := of(x.values, at)
		values.values[i], places.values[i] = v, float32(place)
	}
	return values, places
}
