package loaders

import (
	"math"
	"strconv"
	"strings"

	"gaetrain/graph/kernel/noise"
)

// Motion describes how a pair of frames is made from an image. The first frame is the
// image, the second is the image moved by a random amount. The zero value makes no pairs.
type Motion struct {
	Shift  float64 // in pixels; the shifts down and to the right are uniform in ±Shift
	Rotate float64 // in degrees; the angle about the centre is uniform in ±Rotate
	Patch  float64 // in pixels; side of a square at a random place, which is cut out of both frames; 0: the whole image
}

// Move is one motion. It moves a pixel from c + p to c + R·p + (Down, Right), where c is
// the centre of the frame and R rotates by Angle.
type Move struct {
	Top, Left   int     // place of the frame in the image, in pixels
	Down, Right float64 // in pixels
	Angle       float64 // in radians, clockwise
}

// ParseMotion reads "none" or parts of "shift:3,rotate:20,patch:14". The empty string is
// none. Errors wrap ErrUnknown.
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

// frame returns the shape of the frames of an image.
func (m Motion) frame(image Shape) Shape {
	if m.Patch > 0 {
		image.Height, image.Width = min(image.Height, int(m.Patch)), min(image.Width, int(m.Patch))
	}
	return image
}

// streamMotion is the stream of random numbers for second frames. The step of their key
// holds the epoch and the image.
const streamMotion noise.Stream = 4

// draw returns the move of image i in an epoch. random has room for 5 numbers.
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

// apply writes the moved frame of an image into dst with bilinear interpolation. Pixels
// outside the image are 0.
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

// between returns the interpolated value of a plane H×W at a point between pixels.
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
