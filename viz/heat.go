package viz

import (
	"image"
	"image/color"
	"math"
	"sync"
)

// heatStops is the scheme inferno of matplotlib (van der Walt and Smith 2015), which is safe for colour-blind readers and
// whose lightness rises evenly from black to light yellow.
var heatStops = []color.RGBA{
	{0x00, 0x00, 0x04, 0xff}, {0x1b, 0x0c, 0x41, 0xff}, {0x4a, 0x0c, 0x6b, 0xff}, {0x78, 0x1c, 0x6d, 0xff}, {0xa5, 0x2c, 0x60, 0xff},
	{0xcf, 0x44, 0x46, 0xff}, {0xed, 0x69, 0x25, 0xff}, {0xfb, 0x9b, 0x06, 0xff}, {0xf7, 0xd1, 0x3d, 0xff}, {0xfc, 0xff, 0xa4, 0xff},
}

// heatMap holds the colours of 0…1 in 256 equal steps.
var heatMap = sync.OnceValue(func() *[256]color.RGBA {
	var table [256]color.RGBA
	for i := range table {
		at := float64(i) / 255 * float64(len(heatStops)-1)
		k := min(int(at), len(heatStops)-2)
		table[i] = mix(heatStops[k], heatStops[k+1], at-float64(k))
	}
	return &table
})

// heatImage colours map i, whose values are divided by most.
func heatImage(maps Images, i int, most float32) image.Image {
	table, values := heatMap(), maps.Pixels[i*maps.size():(i+1)*maps.size()]
	values = channelMean(values, maps.Channels, maps.Height*maps.Width)
	heat := image.NewRGBA(image.Rect(0, 0, maps.Width, maps.Height))
	for p, v := range values {
		c := missing
		if v == v {
			c = table[level(v/max(most, math.SmallestNonzeroFloat32))]
		}
		heat.SetRGBA(p%maps.Width, p/maps.Width, c)
	}
	return heat
}
