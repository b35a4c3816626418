package loaders

import "image"

// rounding is what is added to a sum of 16 parts of chroma values before it is divided.
// It differs between even and odd columns.
type rounding [2]int

// The roundings of libjpeg and of libwebp.
var jpegRounding, webpRounding = rounding{8, 7}, rounding{8, 8}

// smooth interpolates the chroma of a JPEG image. Libjpeg repeats up to two columns.
func smooth(m *image.YCbCr) *image.YCbCr {
	if halved, _ := subsampled(m); halved && m.Rect.Dx() <= 4 {
		return m
	}
	return interpolate(m, jpegRounding)
}

// subsampled reports whether the chroma of an image has half of its width and height. It
// supports only the ratios whose chroma is interpolated.
func subsampled(m *image.YCbCr) (wide, high bool) {
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio420:
		return true, true
	case image.YCbCrSubsampleRatio422:
		return true, false
	}
	return false, m.SubsampleRatio == image.YCbCrSubsampleRatio440
}

// interpolate returns an image with chroma of the size of its luma, as libjpeg and libwebp
// do. Package image repeats values instead, which makes edges in colour jagged. Each
// new value is 3/4 of the nearest value and 1/4 of the next one, in each direction in
// which the chroma is halved. Images with other chroma are returned unchanged.
func interpolate(m *image.YCbCr, add rounding) *image.YCbCr {
	wide, high := subsampled(m)
	if !wide && !high || m.Rect.Min != (image.Point{}) {
		return m
	}
	width, height := m.Rect.Dx(), m.Rect.Dy()
	if wide && width <= 4 || m.Rect.Min != (image.Point{}) { // libjpeg repeats up to two values, too
		return m
	}
	out := *m
	out.SubsampleRatio, out.CStride = image.YCbCrSubsampleRatio444, width
	out.Cb, out.Cr = make([]uint8, width*height), make([]uint8, width*height)
	columns, rows := width, height
	if wide {
		columns = (width + 1) / 2
	}
	if high {
		rows = (height + 1) / 2
	}
	sums := make([]int, columns)
	for _, plane := range []struct{ src, dst []uint8 }{{m.Cb, out.Cb}, {m.Cr, out.Cr}} {
		for y := range height {
			weight := mixRows(sums, plane.src, m.CStride, y, rows, high)
			mixColumns(plane.dst[y*width:][:width], sums, weight, y%2, wide, add)
		}
	}
	return &out
}

// mixRows writes the values of a row of chroma at the height y, times the weight that it
// returns.
func mixRows(sums []int, src []uint8, stride, y, rows int, high bool) (weight int) {
	if !high {
		for x, v := range src[y*stride:][:len(sums)] {
			sums[x] = int(v)
		}
		return 1
	}
	near, next := y/2, y/2-1+y%2*2 // the next row is above for even y, below for odd y
	other := src[max(0, min(next, rows-1))*stride:]
	for x, v := range src[near*stride:][:len(sums)] {
		sums[x] = 3*int(v) + int(other[x])
	}
	return 4
}

// mixColumns writes a row of chroma from weighted values. odd is the height modulo 2.
func mixColumns(dst []uint8, sums []int, weight, odd int, wide bool, add rounding) {
	if !wide {
		for x, sum := range sums {
			dst[x] = uint8((sum + 1 + odd) / weight)
		}
		return
	}
	if weight == 1 {
		add = rounding{1, 2}
	}
	shift := 2 // divides by 4 or by 16
	if weight == 4 {
		shift = 4
	}
	last := sums[0]
	for i, sum := range sums {
		dst[2*i] = uint8((3*sum + last + add[0]) >> shift)
		if last = sum; 2*i+1 < len(dst) {
			next := sums[min(i+1, len(sums)-1)]
			dst[2*i+1] = uint8((3*sum + next + add[1]) >> shift)
		}
	}
}
