package loaders

import (
	"context"
	"fmt"
	"image"
	"io"
	"path/filepath"

	"gaetrain/loaders/files"
	"gaetrain/loaders/memory"
)

// maxSide limits the height and the width of an image. A larger value is likely to be
// that of a corrupt header.
const maxSide = 1 << 13

// decodingBytes bounds the memory per pixel that decoding takes. The largest values
// are those of progressive JPEG files, whose coefficients take 4 bytes for each of
// three channels, and of interlaced PNG files of 16 bits.
const decodingBytes = 28

// maxMetadata limits the bytes of an image file that are not pixels.
const maxMetadata = 64 << 20

// collector holds the pixels of the images that were read. They have one channel until
// an image is not grey.
type collector struct {
	ctx    context.Context
	room   *budget
	count  int // of all images, also those not read yet
	shape  Shape
	first  string // path of the first image
	pixels []uint8
	canvas []uint8 // RGBA of the current image, as its file stores it
	turned []uint8 // RGBA of the current image, upright
	transparency
}

// collect reads image files of one size as a split without labels. The header of the
// first file shows how much memory all images take, before any is decoded. The second
// result is the background of transparent pixels, "" if there are none.
func collect(ctx context.Context, list []picture, room *budget, o Options) (Split, string, error) {
	c := &collector{ctx: ctx, room: room, count: len(list)}
	for _, p := range list {
		if err := c.add(p); err != nil {
			return Split{}, "", err
		}
	}
	room.give(c.decoding())
	background, err := c.compose(list[0].in.dir, o)
	return Pixels(c.shape, c.pixels), background, err
}

func (c *collector) decoding() int64 { return decodingBytes * int64(c.shape.Height*c.shape.Width) }

// add appends the pixels of a file, and adds the file to the digest of its folder.
func (c *collector) add(p picture) error {
	opened, size, err := openPath(p.path)
	if err != nil {
		return dataErrorf("%s: %w", p.path, err)
	}
	defer opened.Close()
	file := io.NewSectionReader(&boundedReaderAt{ctx: c.ctx, r: opened, listed: true}, 0, size)
	header, err := readImageHeader(file)
	if err != nil {
		return dataErrorf("%s: unreadable image: %w", p.path, err)
	}
	if err := c.checkSize(p.path, header); err != nil {
		return err
	}
	if most := int64(decodingBytes*header.height*header.width) + maxMetadata; size > most {
		return dataErrorf("%s: a file of %s for an image of %d×%d pixels, want at most %s",
			p.path, memory.Format(size), header.height, header.width, memory.Format(most))
	}
	if err := c.room.take(header.extra); err != nil {
		return dataErrorf("%s: decoding: %w", p.path, err)
	}
	defer c.room.give(header.extra)
	fmt.Fprintf(p.in.sum, "%s\n%d\n", p.name, size)
	if _, err := io.Copy(p.in.sum, file); err != nil {
		return dataErrorf("%s: %w", p.path, files.Reason(err))
	}
	decoded, err := header.decode(c.ctx, file)
	if err != nil {
		return dataErrorf("%s: unreadable image: %w", p.path, err)
	}
	if err := c.keep(decoded, header.orientation); err != nil {
		return dataErrorf("%s: %w", p.path, err)
	}
	return nil
}

// checkSize compares the size of an image with that of the first image. At the first
// image, it reserves the memory for all of them.
func (c *collector) checkSize(path string, h imageHeader) error {
	height, width := h.height, h.width
	if h.orientation >= 5 {
		height, width = width, height
	}
	switch {
	case height <= 0 || width <= 0 || height > maxSide || width > maxSide:
		return dataErrorf("%s: image of %d×%d pixels (height×width), want at most %d×%d", path, height, width, maxSide, maxSide)
	case c.first != "" && (height != c.shape.Height || width != c.shape.Width):
		return dataErrorf("images of different sizes: %s is %d×%d, %s is %d×%d (height×width); hint: resize them to one size",
			c.first, c.shape.Height, c.shape.Width, path, height, width)
	case c.first != "":
		return nil
	}
	c.first, c.shape = path, Shape{1, height, width}
	if err := c.room.take(int64(c.count*c.shape.Size()) + c.decoding()); err != nil {
		return dataErrorf("%s: %d images of %d×%d pixels: %w", filepath.Dir(path), c.count, height, width, err)
	}
	c.pixels = make([]uint8, 0, c.count*c.shape.Size())
	c.canvas = make([]uint8, 4*height*width)
	return nil
}

// keep appends the pixels of an image and, if they are needed, its alpha values.
func (c *collector) keep(m image.Image, orientation int) error {
	bounds := m.Bounds()
	canvas := &image.RGBA{Pix: c.canvas, Stride: 4 * bounds.Dx(), Rect: bounds}
	if err := convert(c.ctx, canvas, m); err != nil {
		return err
	}
	if orientation != 1 && c.turned == nil {
		c.turned = make([]uint8, len(c.canvas))
	}
	rgba := upright(canvas, orientation, c.turned).Pix
	if c.shape.Channels == 1 && !isGrey(rgba) {
		if err := c.widen(); err != nil {
			return err
		}
	}
	for channel := range c.shape.Channels {
		for at := channel; at < len(rgba); at += 4 {
			c.pixels = append(c.pixels, rgba[at])
		}
	}
	return c.keepAlpha(rgba)
}

// widen converts the images so far from grey to RGB.
func (c *collector) widen() error {
	grey, plane := cap(c.pixels), c.shape.Size()
	if err := c.room.take(int64(3 * grey)); err != nil {
		return dataErrorf("image in colour: %w", err)
	}
	wide := make([]uint8, 0, 3*grey)
	for at := 0; at < len(c.pixels); at += plane {
		if err := context.Cause(c.ctx); err != nil {
			return err
		}
		for range 3 {
			wide = append(wide, c.pixels[at:at+plane]...)
		}
	}
	c.pixels, c.shape.Channels = wide, 3
	c.room.give(int64(grey))
	return nil
}

func isGrey(rgba []uint8) bool {
	for at := 0; at < len(rgba); at += 4 {
		if rgba[at] != rgba[at+1] || rgba[at+1] != rgba[at+2] {
			return false
		}
	}
	return true
}
