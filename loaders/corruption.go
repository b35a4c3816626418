package loaders

import (
	"math"
	"strconv"
	"strings"

	"github.com/xrash/smetrics"

	"gaetrain/graph/kernel/noise"
)

// CorruptionKind is the way in which the input of a denoising autoencoder is corrupted
// (Vincent 2010, section 3.3).
type CorruptionKind uint8

// The kinds of corruption. The level is the probability that a pixel is changed, or the
// standard deviation of the Gaussian noise.
const (
	NoCorruption  CorruptionKind = iota
	Gaussian                     // x + level·ε with ε ~ N(0, 1), not clipped
	Masking                      // each pixel is 0 with probability level
	SaltAndPepper                // each pixel is 0 or 1 with probability level/2 each
	Patches                      // a share of the patches of an image, the level, is 0 (He 2022)
)

var corruptionNames = [...]string{"none", "gaussian", "masking", "salt-and-pepper", "patches"}

// Corruption turns clean images into the inputs of a denoising autoencoder. The zero
// value does not change images.
type Corruption struct {
	Kind  CorruptionKind
	Level float32
	Side  int // of a patch, in pixels; 0 for the other kinds
}

// ParseCorruption reads "none", "gaussian:0.3", "masking:0.25",
// "salt-and-pepper:0.1" or "patches:0.75:4". The empty string is none. Errors wrap ErrUnknown.
func ParseCorruption(spec string) (Corruption, error) {
	name, level, hasLevel := strings.Cut(spec, ":")
	level, side, hasSide := strings.Cut(level, ":")
	if name == "" && !hasLevel {
		name = "none"
	}
	kind := CorruptionKind(0)
	for int(kind) < len(corruptionNames) && corruptionNames[kind] != name {
		kind++
	}
	switch {
	case int(kind) == len(corruptionNames):
		return Corruption{}, usageErrorf("unknown corruption %q; hint: did you mean %s? (%s)",
			name, nearest(name, corruptionNames[:]), strings.Join(corruptionNames[:], ", "))
	case kind == NoCorruption && hasLevel:
		return Corruption{}, usageErrorf("corruption %q: none takes no level", spec)
	case kind == NoCorruption:
		return Corruption{}, nil
	case !hasLevel:
		return Corruption{}, usageErrorf("corruption %q lacks a level; hint: for example %s:0.25%s", spec, name, sideOf(kind))
	case hasSide != (kind == Patches):
		return Corruption{}, usageErrorf("corruption %q; hint: for example %s:0.25%s", spec, name, sideOf(kind))
	}
	value, err := strconv.ParseFloat(level, 32)
	if err != nil {
		return Corruption{}, usageErrorf("corruption %q: level %q is not a number", spec, level)
	}
	c := Corruption{Kind: kind, Level: float32(value)}
	if kind == Patches {
		if c.Side, err = strconv.Atoi(side); err != nil {
			return Corruption{}, usageErrorf("corruption %q: side %q is not a whole number", spec, side)
		}
	}
	return c, c.check()
}

// sideOf is an example of the side in the text of a kind.
func sideOf(kind CorruptionKind) string {
	if kind == Patches {
		return ":4"
	}
	return ""
}

// MarshalText implements encoding.TextMarshaler.
func (c Corruption) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Corruption) UnmarshalText(text []byte) (err error) {
	*c, err = ParseCorruption(string(text))
	return err
}

// String returns what ParseCorruption reads.
func (c Corruption) String() string {
	if int(c.Kind) >= len(corruptionNames) {
		return "corruption(" + strconv.Itoa(int(c.Kind)) + ")"
	}
	if c.Kind == NoCorruption {
		return corruptionNames[NoCorruption]
	}
	text := corruptionNames[c.Kind] + ":" + strconv.FormatFloat(float64(c.Level), 'g', -1, 32)
	if c.Kind == Patches {
		text += ":" + strconv.Itoa(c.Side)
	}
	return text
}

func (c Corruption) check() error {
	switch level := float64(c.Level); {
	case int(c.Kind) >= len(corruptionNames):
		return usageErrorf("unknown corruption kind %d", c.Kind)
	case c.Kind == NoCorruption:
		return nil
	case math.IsNaN(level) || math.IsInf(level, 0) || level < 0:
		return usageErrorf("corruption %v: the level must be a finite number ≥ 0", c)
	case c.Kind != Gaussian && level > 1:
		return usageErrorf("corruption %v: the level is a probability, at most 1", c)
	case c.Kind == Patches && c.Side < 1:
		return usageErrorf("corruption %v: the side of a patch is at least 1 pixel", c)
	}
	return nil
}

// Fits returns an error that wraps ErrUnknown if the corruption makes no sense for values
// of a range. Salt-and-pepper noise needs the extremes 0 and 1.
func (c Corruption) Fits(r Range) error {
	if c.Kind != SaltAndPepper || r.IsUnit() {
		return nil
	}
	return usageErrorf("corruption %v sets values to 0 or 1, but the data have values from %.4g to %.4g; hint: masking:%g or gaussian:0.3", c, r.Low, r.High, c.Level)
}

// Corrupts returns an error that wraps ErrUnknown if items of a shape cannot be corrupted.
// Only images have patches.
func (c Corruption) Corrupts(s Shape) error {
	if c.Kind == Patches && !s.IsImage() {
		return usageErrorf("corruption %v hides patches of images, but the data are rows of numbers; hint: masking:%g", c, c.Level)
	}
	return nil
}

// Apply writes the corrupted values of src, an item of the given shape, into dst. They do
// not overlap. Value i of the noise depends only on key and i.
func (c Corruption) Apply(dst, src []float32, s Shape, key noise.Key) {
	switch c.Kind {
	case NoCorruption:
		copy(dst, src)
	case Gaussian:
		noise.Normal(dst, key)
		for i, x := range src {
			dst[i] = x + float32(c.Level*dst[i])
		}
	case Masking:
		noise.Uniform(dst, key)
		for i, x := range src {
			if dst[i] < c.Level {
				x = 0
			}
			dst[i] = x
		}
	case SaltAndPepper:
		noise.Uniform(dst, key)
		for i, x := range src {
			switch {
			case dst[i] < c.Level/2:
				x = 0
			case dst[i] < c.Level:
				x = 1
			}
			dst[i] = x
		}
	case Patches:
		c.hide(dst, s, key)
		for i, hidden := range dst {
			dst[i] = src[i]
			if hidden == 1 {
				dst[i] = 0
			}
		}
	}
}

// Mask writes 1 for each value that Apply changes with the same key, and 0 for others.
// A value that had the new value already, such as a masked black pixel, has a mask of 1.
func (c Corruption) Mask(dst []float32, s Shape, key noise.Key) {
	switch c.Kind {
	case NoCorruption:
		clear(dst)
	case Gaussian:
		for i := range dst {
			dst[i] = 1
		}
	case Masking, SaltAndPepper:
		noise.Uniform(dst, key)
		for i, u := range dst {
			dst[i] = 0
			if u < c.Level {
				dst[i] = 1
			}
		}
	case Patches:
		c.hide(dst, s, key)
	}
}

// hide writes 1 for each value in a hidden patch, and 0 for others. Patches at the right
// and lower border are smaller if the side does not divide that of the image. The number of
// hidden patches is the same for all images, and every choice of them is equally likely.
func (c Corruption) hide(mask []float32, s Shape, key noise.Key) {
	across := (s.Width + c.Side - 1) / c.Side
	count := across * ((s.Height + c.Side - 1) / c.Side)
	patches, left := mask[:count], int(math.Round(float64(c.Level)*float64(count)))
	noise.Uniform(patches, key)
	for i, u := range patches { // selection sampling (Knuth, The Art of Computer Programming, algorithm 3.4.2 S)
		patches[i] = 0
		if float32(count-i)*u < float32(left) {
			patches[i] = 1
			left--
		}
	}
	// From the end, because a pixel is never before its patch in memory.
	for line := s.Channels*s.Height - 1; line >= 0; line-- {
		row, hidden := mask[line*s.Width:][:s.Width], patches[line%s.Height/c.Side*across:][:across]
		for x := s.Width - 1; x >= 0; x-- {
			row[x] = hidden[x/c.Side]
		}
	}
}

// nearest returns the candidate with the smallest edit distance to name.
func nearest(name string, candidates []string) string {
	best, distance := "", math.MaxInt
	for _, c := range candidates {
		if d := smetrics.WagnerFischer(strings.ToLower(name), c, 1, 1, 1); d < distance {
			best, distance = c, d
		}
	}
	return best
}
