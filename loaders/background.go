package loaders

import (
	"context"
	"image"
	"strconv"
	"strings"
)

// transparency holds what is known about transparent pixels.
type transparency struct {
	alpha  []uint8 // N×H×W alpha values; nil while all pixels are opaque
	images int     // number of images with transparent pixels
	light  uint64  // sum of the luma of their pixels, times alpha; 255 for an opaque white pixel
	opaque uint64  // sum of the alpha of their pixels; 255 for an opaque pixel
	padded int     // number of images that do not fill their size, so that there is padding
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
func (c *collector) keepAlpha(m *canvas) error {
	clear, padded := m.hides()
	if (clear || padded) && c.alpha == nil {
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
	for at := 3; at < len(m.Pix); at += 4 {
		c.alpha = append(c.alpha, m.Pix[at])
	}
	c.weighImage(m)
	return nil
}

// hides reports whether an image has transparent pixels, and whether it is padded.
func (m *canvas) hides() (clear, padded bool) {
	padded = m.inside != m.Rect
	return !padded && !m.Opaque() || padded && !m.SubImage(m.inside).(*image.NRGBA).Opaque(), padded
}

// weighImage counts an image that has transparent pixels or is padded.
func (t *transparency) weighImage(m *canvas) {
	clear, padded := m.hides()
	if padded {
		t.padded++
	}
	if clear {
		t.images++
		t.weigh(m.Pix)
	}
}

// weigh adds the pixels of an image with transparent pixels to the sums. Padding has no
// weight, because it is transparent.
func (t *transparency) weigh(rgba []uint8) {
	for at := 0; at < len(rgba); at += 4 {
		alpha := uint64(rgba[at+3])
		t.light += alpha * uint64(luma(rgba[at], rgba[at+1], rgba[at+2])) / 255
		t.opaque += alpha
	}
}

// compose draws all images on one background and returns its name. The default is white
// if the opaque pixels are dark on average, so that dark drawings stay visible.
func (c *collector) compose(o Options) (name string, err error) {
	if c.alpha == nil {
		return "", nil
	}
	if name, err = c.choose(o); err != nil {
		return "", err
	}
	if colour := c.background; c.channels == 1 && !c.grey && (colour[0] != colour[1] || colour[1] != colour[2]) {
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
		for channel := range c.channels {
			lay(pixels[channel*plane:][:plane], alpha, 1, c.behind(channel))
		}
	}
	c.room.give(int64(cap(c.alpha)))
	return name, nil
}

// choose sets the background, reports it and returns its name.
func (c *collector) choose(o Options) (name string, err error) {
	name, why := o.Background, ""
	if name == "" || name == "auto" {
		name, why = "black", "; hint: --background white"
		if 2*c.light < c.opaque {
			name, why = "white", ", because their opaque pixels are dark on average; hint: --background black"
		} else if c.images > 0 {
			why = ", because their opaque pixels are light on average; hint: --background white"
		}
	}
	if c.background, err = parseBackground(name); err != nil {
		return "", err
	}
	if c.images > 0 {
		o.log("%s: %d of %d images have transparent pixels, which are drawn on %s%s", c.dir, c.images, c.count, name, why)
		why = ""
	}
	if c.padded > 0 {
		o.log("%s: %d of %d images are padded with %s%s", c.dir, c.padded, c.count, name, why)
	}
	return name, nil
}
