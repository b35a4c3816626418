package loaders

import (
	"math"
	"strconv"
	"strings"

	"gaetrain/graph/kernel/noise"
)

// Motion makes a pair of frames of an image: the image as it is, and moved by
// an amount drawn at random. The zero value makes none.
type Motion struct {
	Shift  float64 // pixels; a shift is uniform in ±Shift, down and to the right
	Rotate float64 // degrees; an angle is uniform in ±Rotate, about the centre
	Patch  float64 // pixels; side of the square cut out of both frames, anywhere in the image; 0: all of it
}

// A Move is one motion, which takes a pixel at c + p, seen from the centre c of
// a frame, to c + R·p + (Down, Right).
type Move struct {
	Top, Left   int     // of the frame in the image
	Down, Right float64 // pixels
	Angle       float64 // radians, clockwise
}

// ParseMotion reads "none" or some of "shift:3,rotate:20,patch:14". The empty
// string is none. Errors wrap ErrUnknown.
func ParseMotion(spec string) (m Motion, err error) {
	if spec == "" || spec == "none" {
		return m, nil
	}
	for part := range strings.SplitSeq(spec, ",") {
		name, amount, ok := strings.Cut(part, ":")
		into := map[string]*float64{"shift": &m.Shift, "rotate": &m.Rotate, "patch": &m.Patch}[name]
		if into == nil || !ok || *into != 0 {
			return Motion{}, usageErrorf("motion %q; hint: none, or some of shift:3,rotate:20,patch:14", spec)
		}
		if *into, err = strconv.ParseFloat(amount, 64); err != nil {
			return Motion{}, usageErrorf("motion %q: %q is not a number", spec, amount)
		}
		if !(*into > 0) || math.IsInf(*into, 0) {
			return Motion{}, usageErrorf("motion %q: %s by %s; hint: a finite number above 0", spec, name, amount)
		}
	}
	return m, nil
}

// MarshalText implements encoding.TextMarshaler.
func (m Motion) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Motion) UnmarshalText(text []byte) (err error) {
	*m, err = ParseMotion(string(text))
	return err
}

// String returns what ParseMotion reads.
func (m Motion) String() string {
	var parts []string
	for _, part := range []struct {
		name   string
		amount float64
	}{{"shift", m.Shift}, {"rotate", m.Rotate}, {"patch", m.Patch}} {
		if part.amount != 0 {
			parts = append(parts, part.name+":"+strconv.FormatFloat(part.amount, 'g', -1, 64))
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ",")
}

// frame is the shape of the frames of images.
func (m Motion) frame(image Shape) Shape {
	if m.Patch > 0 {
		image.Height, image.Width = min(image.Height, int(m.Patch)), min(image.Width, int(m.Patch))
	}
	return image
}

// streamMotion is the noise of second frames. The step holds epoch and image.
const streamMotion noise.Stream = 4

// draw returns the move of image i in an epoch; random has room for 5 numbers.
func (m Motion) draw(random []float32, image Shape, seed uint64, epoch, i int) Move {
	noise.Uniform(random[:5], noise.Key{Seed: seed, Stream: streamMotion, Step: uint64(epoch)<<32 | uint64(i)})
	within := func(u float32, most float64) float64 { return most * (2*float64(u) - 1) }
	below := func(u float32, n int) int { return int(float64(u) * float64(n)) }
	frame := m.frame(image)
	return Move{
		Top: below(random[3], image.Height-frame.Height+1), Left: below(random[4], image.Width-frame.Width+1),
		Down: within(random[0], m.Shift), Right: within(random[1], m.Shift), Angle: within(random[2], m.Rotate) * math.Pi / 180,
	}
}

// apply writes the moved frame of an image into dst, interpolating linearly
// between pixels; what comes from beyond the border of the image is 0.
func (m Move) apply(dst []float32, frame Shape, image []float32, s Shape) {
	sin, cos := math.Sincos(m.Angle)
	centreY, centreX := float64(frame.Height-1)/2, float64(frame.Width-1)/2
	for y := range frame.Height {
		for x := range frame.Width {
			down, right := float64(y)-centreY-m.Down, float64(x)-centreX-m.Right
			fromY, fromX := float64(m.Top)+centreY+cos*down-sin*right, float64(m.Left)+centreX+sin*down+cos*right
			for channel := range s.Channels {
				plane := image[channel*s.Height*s.Width : (channel+1)*s.Height*s.Width]
				dst[(channel*frame.Height+y)*frame.Width+x] = between(plane, s.Height, s.Width, fromY, fromX)
			}
		}
	}
}

// between is the value of a plane H×W at a point between pixels.
func between(plane []float32, height, width int, y, x float64) float32 {
	top, left := int(math.Floor(y)), int(math.Floor(x))
	fractionY, fractionX := float32(y-float64(top)), float32(x-float64(left))
	at := func(y, x int) float32 {
		if y < 0 || x < 0 || y >= height || x >= width {
			return 0
		}
		return plane[y*width+x]
	}
	upper := at(top, left)*(1-fractionX) + at(top, left+1)*fractionX
	lower := at(top+1, left)*(1-fractionX) + at(top+1, left+1)*fractionX
	return upper*(1-fractionY) + lower*fractionY
}
