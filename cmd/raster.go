package cmd

import "gaetrain/viz"

// pixel is a colour: red, green and blue from 0 to 1.
type pixel [3]float32

// luminance is the brightness of a pixel, from 0 to 1.
func (p pixel) luminance() float32 { return 0.299*p[0] + 0.587*p[1] + 0.114*p[2] }

// raster is a small image.
type raster struct {
	width, height int
	pixels        []pixel
}

func (r raster) at(x, y int) pixel { return r.pixels[y*r.width+x] }

// fit returns the size at which an image is shown in a room of pixels. The proportions are
// kept. Small images are enlarged by a whole number.
func fit(width, height, columns, rows int) (w, h int) {
	const enough = 28 // pixels of the longer side
	if width < 1 || height < 1 || columns < 1 || rows < 1 {
		return 0, 0
	}
	if k := min(enough/max(width, height), columns/width, rows/height); k > 1 {
		return k * width, k * height
	}
	w, h = min(width, columns), min(height, rows)
	return min(w, max(1, width*h/height)), min(h, max(1, height*w/width))
}

// newRaster scales image i to another size. A pixel is the mean of those that it covers.
// Images that are neither grey nor in colour are drawn as the mean of their channels.
func newRaster(images viz.Images, i, width, height int) raster {
	r := raster{width, height, make([]pixel, 0, width*height)}
	area := images.Height * images.Width
	at := images.Pixels[i*images.Channels*area : (i+1)*images.Channels*area]
	for y := range height {
		top, bottom := covered(y, height, images.Height)
		for x := range width {
			left, right := covered(x, width, images.Width)
			means := make([]float32, images.Channels)
			for channel := range means {
				for row := top; row < bottom; row++ {
					for _, v := range at[channel*area+row*images.Width+left : channel*area+row*images.Width+right] {
						means[channel] += v
					}
				}
				means[channel] /= float32((bottom - top) * (right - left))
			}
			r.pixels = append(r.pixels, newPixel(means))
		}
	}
	return r
}

// covered is the range of from source pixels that pixel i of n shows, at least one.
func covered(i, n, from int) (low, high int) {
	low = i * from / n
	return low, max(low+1, (i+1)*from/n)
}

// newPixel makes a pixel of the values of channels. Values outside [0, 1] are clipped, and
// NaN is black.
func newPixel(channels []float32) (p pixel) {
	clipped := func(v float32) float32 {
		if v != v {
			return 0
		}
		return min(max(v, 0), 1)
	}
	if len(channels) == 3 {
		return pixel{clipped(channels[0]), clipped(channels[1]), clipped(channels[2])}
	}
	sum := float32(0)
	for _, v := range channels {
		sum += v
	}
	grey := clipped(sum / float32(len(channels)))
	return pixel{grey, grey, grey}
}
