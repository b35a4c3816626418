package viz

import (
	"image"
	"image/color"
	"math"
	"sync"
)

// divergingStops is the scheme RdBu of ColorBrewer (Harrower and Brewer 2003), which is safe for colour-blind readers,
// from negative (blue) over zero (near white) to positive (red).
var divergingStops = []color.RGBA{
	{0x05, 0x30, 0x61, 0xff}, {0x21, 0x66, 0xac, 0xff}, {0x43, 0x93, 0xc3, 0xff}, {0x92, 0xc5, 0xde, 0xff}, {0xd1, 0xe5, 0xf0, 0xff},
	{0xf7, 0xf7, 0xf7, 0xff},
	{0xfd, 0xdb, 0xc7, 0xff}, {0xf4, 0xa5, 0x82, 0xff}, {0xd6, 0x60, 0x4d, 0xff}, {0xb2, 0x18, 0x2b, 0xff}, {0x67, 0x00, 0x1f, 0xff},
}

// divergingMap holds the colours of −1…1 in 255 equal steps, so that zero has an entry of its own.
var divergingMap = sync.OnceValue(func() *[255]color.RGBA {
	var table [255]color.RGBA
	for i := range table {
		at := float64(i) / 254 * float64(len(divergingStops)-1)
		k := min(int(at), len(divergingStops)-2)
		table[i] = mix(divergingStops[k], divergingStops[k+1], at-float64(k))
	}
	return &table
})

// filterImage colours filter i, scaled by its own greatest magnitude.
func filterImage(weights Images, i int) image.Image {
	values := weights.Pixels[i*weights.size() : (i+1)*weights.size()]
	if weights.Channels != 3 {
		values = channelMean(values, weights.Channels, weights.Height*weights.Width)
	}
	scale := 1 / magnitude(values)
	if weights.Channels == 3 {
		shifted := make([]float32, len(values))
		for p, v := range values {
			shifted[p] = 0.5 + 0.5*v*scale
		}
		return colourImage(shifted, weights.Width, weights.Height)
	}
	return diverging(values, weights.Width, weights.Height, scale)
}

// signedImage colours map i, whose values from −most to most get all colours.
func signedImage(maps Images, i int, most float32) image.Image {
	values := channelMean(maps.Pixels[i*maps.size():(i+1)*maps.size()], maps.Channels, maps.Height*maps.Width)
	return diverging(values, maps.Width, maps.Height, 1/max(most, math.SmallestNonzeroFloat32))
}

// diverging colours values H×W, which are multiplied by scale.
func diverging(values []float32, width, height int, scale float32) image.Image {
	table := divergingMap()
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for p, v := range values {
		c := missing
		if v == v {
			c = table[min(max(int(math.Round(float64(v*scale)*127))+127, 0), 254)]
		}
		picture.SetRGBA(p%width, p/width, c)
	}
	return picture
}

// magnitude is the greatest finite |v|, or 1 when there is none above zero.
func magnitude(values []float32) float32 {
	greatest := float32(0)
	for _, v := range values {
		if a := float32(math.Abs(float64(v))); a > greatest && !math.IsInf(float64(a), 0) {
			greatest = a
		}
	}
	if greatest == 0 {
		return 1
	}
	return greatest
}
