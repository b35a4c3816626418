package loaders

import (
	"context"
	"strconv"
	"strings"
)

// transparency holds what is known about transparent pixels.
type transparency struct {
	alpha  []uint8 // N×H×W alpha values; nil while all pixels are opaque
	images int     // number of images with transparent pixels
	light  uint64  // sum of the luma of their pixels, times alpha; 255 for an opaque white pixel
	opaque uint64  // sum of the alpha of their pixels; 255 for an opaque pixel
}

// CheckBackground returns an error for a text that is not auto, white, black or
// #rrggbb. The error wraps ErrUnknown.
func CheckBackground(text string) error {
	_, err := parseBackground(text)
	return err
}

// parseBackground returns the colour of a background. The colour of auto and "" depends
// on the images; see compose.
func parseBackground(text string) (colour [3]uint8, err error) {
	switch text {
	case "", "auto", "black":
		return colour, nil
	case "white":
		return [3]uint8{255, 255, 255}, nil
	}
	digits, ok := strings.CutPrefix(text, "#")
	value, err := strconv.ParseUint(digits, 16, 24)
	if !ok || err != nil || len(digits) != 6 {
		return colour, usageErrorf("background is %q; hint: auto, white, black or a colour such as #ffe0c0", text)
	}
	return [3]uint8{uint8(value >> 16), uint8(value >> 8), uint8(value)}, nil
}

// keepAlpha appends the alpha values of an image, unless all images so far are opaque.
func (c *collector) keepAlpha(rgba []uint8) error {
	clear := false
	for at := 3; at < len(rgba); at += 4 {
		clear = clear || rgba[at] != 255
	}
	if clear && c.alpha == nil {
		plane := c.shape.Height * c.shape.Width
		if err := c.room.take(int64(c.count * plane)); err != nil {
			return dataErrorf("image with transparent pixels: %w", err)
		}
		c.alpha = make([]uint8, len(c.pixels)/c.shape.Channels-plane, c.count*plane)
		for i := range c.alpha {
			c.alpha[i] = 255
		}
	}
	if c.alpha == nil {
		return nil
	}
	for at := 0; at < len(rgba); at += 4 {
		c.alpha = append(c.alpha, rgba[at+3])
		if clear {
			c.light += (299*uint64(rgba[at]) + 587*uint64(rgba[at+1]) + 114*uint64(rgba[at+2])) / 1000
			c.opaque += uint64(rgba[at+3])
		}
	}
	if clear {
		c.images++
	}
	return nil
}

// compose draws all images on one background and returns its name. The default is white
// if the opaque pixels are dark on average, so that dark drawings stay visible.
func (c *collector) compose(dir string, o Options) (name string, err error) {
	if c.alpha == nil {
		return "", nil
	}
	name, why := o.Background, ""
	if name == "" || name == "auto" {
		name, why = "black", ", because their opaque pixels are light on average; hint: --background white"
		if 2*c.light < c.opaque {
			name, why = "white", ", because their opaque pixels are dark on average; hint: --background black"
		}
	}
	colour, err := parseBackground(name)
	if err != nil {
		return "", err
	}
	o.log("%s: %d of %d images have transparent pixels, which are drawn on %s%s", dir, c.images, c.count, name, why)
	if c.shape.Channels == 1 && (colour[0] != colour[1] || colour[1] != colour[2]) {
		if err := c.widen(); err != nil {
			return "", err
		}
	}
	plane := c.shape.Height * c.shape.Width
	for i := range c.count {
		if err := context.Cause(c.ctx); err != nil {
			return "", err
		}
		alpha, pixels := c.alpha[i*plane:(i+1)*plane], c.pixels[i*c.shape.Size():]
		for channel := range c.shape.Channels {
			lay(pixels[channel*plane:], alpha, colour[channel])
		}
	}
	c.room.give(int64(cap(c.alpha)))
	return name, nil
}

// lay adds the background to premultiplied pixels, weighted by 255 − alpha.
func lay(pixels, alpha []uint8, background uint8) {
	for i, a := range alpha {
		behind := (uint16(background)*uint16(255-a) + 127) / 255
		pixels[i] = uint8(min(uint16(pixels[i])+behind, 255)) // a premultiplied colour of a file can be larger than its alpha
	}
}
