package loaders

import (
	"math"

	"gaetrain/graph/kernel/noise"
)

// Augmentation describes random changes of training images, which are drawn again for
// each image in each epoch. The zero value changes nothing. The image is cropped,
// flipped, rotated and then shifted, with one bilinear interpolation for all of these.
// Points outside the image have the value of the nearest pixel. All channels are changed
// in the same way, so the frames of a pair keep their motion.
type Augmentation struct {
	Flip       bool    // mirror the image horizontally with probability ½
	Shift      float64 // in pixels; the shifts down and to the right are uniform in ±Shift
	Rotate     float64 // in degrees; the angle about the centre is uniform in ±Rotate
	Crop       float64 // cut out a part at a random place, and enlarge it to the size of the image; its sides, relative to those of the image, are uniform in [Crop, 1]; 0: no crop
	Brightness float64 // multiply all pixels by a factor that is uniform in 1 ± Brightness, and clip them to [0, 1]
}

func (a *Augmentation) parts() parts {
	return parts{"augment", "flip,shift:2,rotate:10,crop:0.9,brightness:0.1", []part{
		{name: "flip", on: &a.Flip}, {name: "shift", amount: &a.Shift}, {name: "rotate", amount: &a.Rotate},
		{name: "crop", amount: &a.Crop}, {name: "brightness", amount: &a.Brightness},
	}}
}

// ParseAugmentation reads "none" or some of the parts of
// "flip,shift:2,rotate:10,crop:0.9,brightness:0.1". The empty string is none. Errors
// wrap ErrUnknown.
func ParseAugmentation(spec string) (Augmentation, error) {
	var a Augmentation
	if err := a.parts().parse(spec); err != nil {
		return Augmentation{}, err
	}
	if err := a.check(); err != nil {
		return Augmentation{}, err
	}
	return a, nil
}

// MarshalText implements encoding.TextMarshaler.
func (a Augmentation) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Augmentation) UnmarshalText(text []byte) (err error) {
	*a, err = ParseAugmentation(string(text))
	return err
}

// String returns what ParseAugmentation reads.
func (a Augmentation) String() string { return a.parts().String() }

func (a Augmentation) check() error {
	finite := func(v float64) bool { return v >= 0 && !math.IsInf(v, 0) } // also excludes NaN
	switch {
	case !finite(a.Shift):
		return usageErrorf("augment %v: shift must be a finite number of pixels", a)
	case !finite(a.Rotate) || a.Rotate > 180:
		return usageErrorf("augment %v: rotate is more than 180 degrees; hint: rotate:180 is any angle", a)
	case !finite(a.Crop) || a.Crop >= 1:
		return usageErrorf("augment %v: crop is the smallest side of a crop, relative to that of the image, so it must be below 1; hint: crop:0.9", a)
	case !finite(a.Brightness) || a.Brightness > 1:
		return usageErrorf("augment %v: brightness must be at most 1, because no factor may be negative; hint: brightness:0.1", a)
	}
	return nil
}

// Check returns an error if an augmentation is not valid, or does not fit the images of
// a split. It wraps ErrUnknown.
func (a Augmentation) Check(s Split) error {
	if a == (Augmentation{}) {
		return nil
	}
	if err := a.check(); err != nil {
		return err
	}
	switch h, w := s.Shape.Height, s.Shape.Width; {
	case !s.Shape.IsImage():
		return usageErrorf("augment %v changes images, but the data are rows of %d numbers; hint: leave it out", a, s.Shape.Size())
	case s.Motion != (Motion{}):
		return usageErrorf("augment %v cannot be combined with motion %v, which moves images already; hint: --augment none or --motion none", a, s.Motion)
	case a.Shift >= float64(min(h, w)):
		return usageErrorf("augment %v shifts all of an image of %d×%d pixels out of it; hint: shift by less than %d", a, h, w, min(h, w))
	}
	return nil
}

// moves reports whether pixels change their places.
func (a Augmentation) moves() bool { return a.Flip || a.Shift > 0 || a.Rotate > 0 || a.Crop > 0 }

// streamAugment is the stream of random numbers for augmentation. The step of their key
// holds the epoch and the image.
const streamAugment noise.Stream = 11

// augmenting is the memory for an augmentation of images.
type augmenting struct {
	random [8]float32
	image  []float32 // C×H×W, before its pixels are moved
}

func newAugmenting(s Shape) *augmenting { return &augmenting{image: make([]float32, s.Size())} }

// apply changes an image C×H×W in place. Each part has random numbers of its own, so
// that it does not depend on the other parts.
func (a Augmentation) apply(image []float32, s Shape, with *augmenting, key noise.Key) {
	key.Stream = streamAugment
	noise.Uniform(with.random[:], key)
	if a.moves() {
		copy(with.image, image)
		a.warp(with.random[:7], s).apply(image, s, with.image, s)
	}
	if a.Brightness > 0 {
		factor := float32(1 + float64(plusMinus(with.random[7], a.Brightness)))
		for i, v := range image {
			image[i] = min(v*factor, 1)
		}
	}
}

// warp draws the geometric part of an augmentation with 7 random numbers from [0, 1). A
// part that is not set leaves every pixel exactly where it is.
func (a Augmentation) warp(random []float32, s Shape) warp {
	height, width := float64(s.Height), float64(s.Width)
	side, mirror := 1.0, 1.0
	if a.Crop > 0 {
		side = 1 - float64(float64(random[4])*(1-a.Crop))
	}
	if a.Flip && random[0] < 0.5 {
		mirror = -1
	}
	sin, cos := math.Sincos(plusMinus(random[3], a.Rotate) * math.Pi / 180)
	return warp{
		centreY: (height - 1) / 2, centreX: (width - 1) / 2,
		shiftY: plusMinus(random[1], a.Shift), shiftX: plusMinus(random[2], a.Shift),
		// The centre of a crop whose upper edge is at u·(1−side)·H, in pixels.
		fromY: float64(float64(random[5])*(1-side)*height) + (float64(side*height)-1)/2, fromX: float64(float64(random[6])*(1-side)*width) + (float64(side*width)-1)/2,
		yFromY: side * cos, yFromX: -side * sin, xFromY: mirror * side * sin, xFromX: mirror * side * cos,
		extends: true,
	}
}

// plusMinus maps a number u from [0, 1) to ±most.
func plusMinus(u float32, most float64) float64 { return most * (2*float64(u) - 1) }
