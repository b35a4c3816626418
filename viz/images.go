package viz

import (
	"image"
	"image/color"
)

// Images is a batch of N images as an array in the order N×C×H×W, where N = len(Pixels)/(C·H·W). An incomplete last image is
// ignored. Values are clipped to [0, 1]. Values that are not numbers are drawn in magenta. One channel is drawn in grey and
// three in red, green and blue. For other numbers of channels, their mean is drawn in grey.
type Images struct {
	Pixels   []float32
	Channels int
	Height   int
	Width    int
	Frames   int // parts of the same height, one above the other, such as 2 for a pair of frames; 0 and 1: an image is a whole
}

// size is the number of values of one image, 0 when a dimension is not positive.
func (m Images) size() int {
	if m.Channels <= 0 || m.Height <= 0 || m.Width <= 0 {
		return 0
	}
	return m.Channels * m.Height * m.Width
}

// Len is the number of whole images, 0 when a dimension is not positive.
func (m Images) Len() int {
	if m.size() == 0 {
		return 0
	}
	return len(m.Pixels) / m.size()
}

// At returns image i as *image.Gray if that is exact, else as *image.RGBA. It is empty if i is outside [0, Len).
func (m Images) At(i int) image.Image {
	if i < 0 || i >= m.Len() {
		return image.NewGray(image.Rectangle{})
	}
	area := m.Height * m.Width
	values := m.Pixels[i*m.size() : (i+1)*m.size()]
	if m.Channels == 3 {
		return colourImage(values, m.Width, m.Height)
	}
	return greyImage(channelMean(values, m.Channels, area), m.Width, m.Height)
}

// channelMean averages an image C×H×W over its channels into H×W. A single channel is returned unchanged.
func channelMean(values []float32, channels, area int) []float32 {
	if channels == 1 {
		return values
	}
	mean := make([]float32, area)
	for c := range channels {
		for p, v := range values[c*area : (c+1)*area] {
			mean[p] += v / float32(channels)
		}
	}
	return mean
}

func greyImage(values []float32, width, height int) image.Image {
	grey := image.NewGray(image.Rect(0, 0, width, height))
	for p, v := range values {
		if v != v {
			return markMissing(values, width, height)
		}
		grey.Pix[p] = level(v)
	}
	return grey
}

func markMissing(values []float32, width, height int) image.Image {
	marked := image.NewRGBA(image.Rect(0, 0, width, height))
	for p, v := range values {
		c := color.RGBA{level(v), level(v), level(v), 0xff}
		if v != v {
			c = missing
		}
		marked.SetRGBA(p%width, p/width, c)
	}
	return marked
}

func colourImage(values []float32, width, height int) image.Image {
	rgb := image.NewRGBA(image.Rect(0, 0, width, height))
	area := width * height
	for p := range area {
		r, g, b := values[p], values[area+p], values[2*area+p]
		c := color.RGBA{level(r), level(g), level(b), 0xff}
		if r != r || g != g || b != b {
			c = missing
		}
		rgb.SetRGBA(p%width, p/width, c)
	}
	return rgb
}

// level maps [0, 1] to 0…255, rounded to the nearest. Values outside are clipped.
func level(v float32) uint8 {
	switch {
	case v >= 1:
		return 0xff
	case v > 0:
		return uint8(v*255 + 0.5)
	}
	return 0
}
