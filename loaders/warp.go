package loaders

import "math"

// warp takes the pixels of a frame from points of an image. The pixel at p is taken from
// the point from + M·((p − centre) − shift). All points are in pixels, as (y, x), and
// pixel (0, 0) is at (0, 0).
type warp struct {
	centreY, centreX float64 // of the frame
	shiftY, shiftX   float64
	fromY, fromX     float64
	yFromY, yFromX   float64 // first row of M
	xFromY, xFromX   float64 // second row of M
	extends          bool    // points outside the image have the value of the nearest pixel; false: 0
}

// apply writes the frame into dst with bilinear interpolation. The frame and the image
// have the same channels.
func (w warp) apply(dst []float32, frame Shape, image []float32, s Shape) {
	bottom, end := float64(s.Height-1), float64(s.Width-1)
	for y := range frame.Height {
		for x := range frame.Width {
			down, right := float64(y)-w.centreY-w.shiftY, float64(x)-w.centreX-w.shiftX
			fromY, fromX := w.fromY+float64(w.yFromY*down)+float64(w.yFromX*right), w.fromX+float64(w.xFromY*down)+float64(w.xFromX*right)
			if w.extends {
				fromY, fromX = min(max(fromY, 0), bottom), min(max(fromX, 0), end)
			}
			from := between(fromY, fromX)
			for channel := range s.Channels {
				plane := image[channel*s.Height*s.Width : (channel+1)*s.Height*s.Width]
				dst[(channel*frame.Height+y)*frame.Width+x] = from.read(plane, s.Height, s.Width)
			}
		}
	}
}

// tap is a point between the four pixels from (top, left) to (top+1, left+1).
type tap struct {
	top, left int
	y, x      float32 // fractions of the way to the lower and to the right pixels
}

func between(y, x float64) tap {
	top, left := math.Floor(y), math.Floor(x)
	return tap{int(top), int(left), float32(y - top), float32(x - left)}
}

// read returns the interpolated value of a plane H×W. Pixels outside the plane are 0.
func (t tap) read(plane []float32, height, width int) float32 {
	if t.top >= 0 && t.left >= 0 && t.top+1 < height && t.left+1 < width {
		upper, lower := plane[t.top*width+t.left:], plane[(t.top+1)*width+t.left:]
		return t.blend(upper[0], upper[1], lower[0], lower[1])
	}
	at := func(y, x int) float32 {
		if y < 0 || x < 0 || y >= height || x >= width {
			return 0
		}
		return plane[y*width+x]
	}
	return t.blend(at(t.top, t.left), at(t.top, t.left+1), at(t.top+1, t.left), at(t.top+1, t.left+1))
}

func (t tap) blend(upperLeft, upperRight, lowerLeft, lowerRight float32) float32 {
	upper := float32(upperLeft*(1-t.x)) + float32(upperRight*t.x)
	lower := float32(lowerLeft*(1-t.x)) + float32(lowerRight*t.x)
	return float32(upper*(1-t.y)) + float32(lower*t.y)
}
