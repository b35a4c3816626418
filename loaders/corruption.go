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
)

var corruptionNames = [...]string{"none", "gaussian", "masking", "salt-and-pepper"}

// Corruption turns clean images into the inputs of a denoising autoencoder. The zero
// value does not change images.
type Corruption struct {
	Kind  CorruptionKind
	Level float32
}

// ParseCorruption reads "none", "gaussian:0.3", "masking:0.25" or
// "salt-and-pepper:0.1". The empty string is none. Errors wrap ErrUnknown.
func ParseCorruption(spec string) (Corruption, error) {
	name, level, hasLevel := strings.Cut(spec, ":")
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
		return Corruption{}, usageErrorf("corruption %q lacks a level; hint: for example %s:0.25", spec, name)
	}
	value, err := strconv.ParseFloat(level, 32)
	if err != nil {
		return Corruption{}, usageErrorf("corruption %q: level %q is not a number", spec, level)
	}
	c := Corruption{kind, float32(value)}
	return c, c.check()
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
	return corruptionNames[c.Kind] + ":" + strconv.FormatFloat(float64(c.Level), 'g', -1, 32)
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

// Apply writes the corrupted values of src into dst. Both have the same length and do
// not overlap. Value i of the noise depends only on key and i.
func (c Corruption) Apply(dst, src []float32, key noise.Key) {
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
	}
}

// Mask writes 1 for each value that Apply changes with the same key, and 0 for others.
// A value that had the new value already, such as a masked black pixel, has a mask of 1.
func (c Corruption) Mask(dst []float32, key noise.Key) {
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
