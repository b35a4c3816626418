package loaders

import (
	"fmt"
	"strconv"
	"strings"
)

// Ways to fit an image into a size of another proportion.
const (
	fitCrop    = "crop"
	fitPad     = "pad"
	fitStretch = "stretch"
)

// ImageOptions say how image files become pixels. A run records them, so that later
// files are treated as its data were.
type ImageOptions struct {
	Background string `toml:"background" group:"data" help:"Colour behind transparent pixels: white, black, #rrggbb or auto (white behind dark images)"`
	Size       Size   `toml:"size" group:"data" help:"Resize image files to WIDTHxHEIGHT pixels, such as 96x64, or 64 for 64x64; none: keep their size"`
	Fit        string `toml:"fit" group:"data" help:"How --size fits images of other proportions: crop the centre, pad with the background, or stretch"`
	Grey       bool   `toml:"grey" group:"data" help:"Convert colour images to grey (luma)"`
	Strict     bool   `toml:"strict" group:"data" help:"Refuse folders with hidden or broken files or other files than images, instead of skipping them"`
}

// ImageDefaults returns the options that image files are read with by default. The zero
// value has the same effect.
func ImageDefaults() ImageOptions { return ImageOptions{Background: "auto", Fit: fitCrop} }

// Validate returns an error that wraps ErrUnknown if a value is malformed.
func (o ImageOptions) Validate() error {
	switch o.Fit {
	case "", fitCrop, fitPad, fitStretch:
	default:
		return usageErrorf("fit is %q; hint: crop, pad or stretch", o.Fit)
	}
	_, err := parseBackground(o.Background)
	return err
}

// ReadsImages reports whether ImageOptions and the option cache have an effect for a data
// set, because it consists of image files.
func ReadsImages(dataset string) bool { return isKind(dataset, decoded) }

// Size is the size to which image files are resized, in pixels. The zero value keeps
// their size.
type Size struct{ Width, Height int }

// ParseSize reads "none", "64" or "96x64". The empty string is none. Errors wrap
// ErrUnknown.
func ParseSize(text string) (s Size, err error) {
	if text == "" || text == "none" {
		return s, nil
	}
	wide, high, both := strings.Cut(text, "x")
	if !both {
		high = wide
	}
	for side, word := range map[*int]string{&s.Width: wide, &s.Height: high} {
		if *side, err = strconv.Atoi(word); err != nil || *side < 1 || *side > maxSide {
			return Size{}, usageErrorf("size is %q; hint: 64 or WIDTHxHEIGHT such as 96x64, with sides from 1 to %d pixels, or none", text, maxSide)
		}
	}
	return s, nil
}

// MarshalText implements encoding.TextMarshaler.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Size) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSize(string(text))
	return err
}

// String returns what ParseSize reads.
func (s Size) String() string {
	switch {
	case s == Size{}:
		return "none"
	case s.Width == s.Height:
		return strconv.Itoa(s.Width)
	}
	return fmt.Sprintf("%dx%d", s.Width, s.Height)
}
