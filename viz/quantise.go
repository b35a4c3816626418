package viz

import (
	"cmp"
	"image/color"
	"maps"
	"slices"
)

// counted is a colour and the number of its pixels.
type counted struct {
	colour [3]uint8
	pixels int
}

// medianCut chooses at most size colours that represent the counted ones (Heckbert 1982, "Color image quantization for
// frame buffer display"): the box of colours with the widest spread is halved at its median until there are enough boxes,
// and each gives its mean. With no more colours than size they are returned as they are, from dark to light.
func medianCut(counts map[color.RGBA]int, size int) color.Palette {
	colours := make([]counted, 0, len(counts))
	for _, c := range slices.SortedFunc(maps.Keys(counts), compareColours) {
		colours = append(colours, counted{[3]uint8{c.R, c.G, c.B}, counts[c]})
	}
	boxes := [][]counted{colours}
	if len(colours) <= size {
		boxes = boxes[:0]
		for i := range colours {
			boxes = append(boxes, colours[i:i+1])
		}
	}
	for len(boxes) < size && len(boxes) < len(colours) {
		widest, channel, spread := 0, 0, -1.0
		for i, box := range boxes {
			if c, s := widestChannel(box); s > spread {
				widest, channel, spread = i, c, s
			}
		}
		low, high := halve(boxes[widest], channel)
		boxes[widest] = low
		boxes = append(boxes, high)
	}
	palette := make(color.Palette, len(boxes))
	for i, box := range boxes {
		palette[i] = mean(box)
	}
	return palette
}

func compareColours(a, b color.RGBA) int {
	return cmp.Or(cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
}

// widestChannel returns the channel with the greatest range, weighted by its share of the luminance.
func widestChannel(box []counted) (channel int, spread float64) {
	if len(box) < 2 {
		return 0, -1
	}
	weights := [3]float64{0.30, 0.59, 0.11}
	for c := range 3 {
		low, high := uint8(255), uint8(0)
		for _, k := range box {
			low, high = min(low, k.colour[c]), max(high, k.colour[c])
		}
		if s := float64(high-low) * weights[c]; s > spread {
			channel, spread = c, s
		}
	}
	return channel, spread
}

// halve sorts a box by a channel and divides it into two parts with half of the pixels each. No part is empty.
func halve(box []counted, channel int) (low, high []counted) {
	slices.SortStableFunc(box, func(a, b counted) int { return cmp.Compare(a.colour[channel], b.colour[channel]) })
	total := 0
	for _, k := range box {
		total += k.pixels
	}
	cut, below := 1, box[0].pixels
	for cut < len(box)-1 && below+box[cut].pixels <= total/2 {
		below += box[cut].pixels
		cut++
	}
	return box[:cut:cut], box[cut:]
}

// mean is the mean colour of a box, weighted by pixels.
func mean(box []counted) color.RGBA {
	var sum [3]int
	total := 0
	for _, k := range box {
		for c := range 3 {
			sum[c] += int(k.colour[c]) * k.pixels
		}
		total += k.pixels
	}
	at := func(c int) uint8 { return uint8((sum[c] + total/2) / total) }
	return color.RGBA{at(0), at(1), at(2), 0xff}
}
