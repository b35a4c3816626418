package loaders

import (
	"math"

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

func (m *Motion) parts() parts {
	return parts{"motion", "shift:3,rotate:20,patch:14", []part{{name: "shift", amount: &m.Shift}, {name: "rotate", amount: &m.Rotate}, {name: "patch", amount: &m.Patch}}}
}

// ParseMotion reads "none" or parts of "shift:3,rotate:20,patch:14". The empty string is
// none. Errors wrap ErrUnknown.
func ParseMotion(spec string) (Motion, error) {
	var m Motion
	if err := m.parts().parse(spec); err != nil {
		return Motion{}, err
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
func (m Motion) String() string { return m.parts().String() }

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
	below := func(u float32, n int) int { return int(float64(u) * float64(n)) }
	frame := m.frame(image)
	return Move{
		Top: below(random[3], image.Height-frame.Height+1), Left: below(random[4], image.Width-frame.Width+1),
		Down: plusMinus(random[0], m.Shift), Right: plusMinus(random[1], m.Shift), Angle: plusMinus(random[2], m.Rotate) * math.Pi / 180,
	}
}

// apply writes the moved frame of an image into dst with bilinear interpolation. Pixels
// outside the image are 0.
func (m Move) apply(dst []float32, frame Shape, image []float32, s Shape) {
	sin, cos := math.Sincos(m.Angle)
	w := warp{
		centreY: float64(frame.Height-1) / 2, centreX: float64(frame.Width-1) / 2, shiftY: m.Down, shiftX: m.Right,
		yFromY: cos, yFromX: -sin, xFromY: sin, xFromX: cos,
	}
	w.fromY, w.fromX = float64(m.Top)+w.centreY, float64(m.Left)+w.centreX
	w.apply(dst, frame, image, s)
}
