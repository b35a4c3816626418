package loaders

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"

	"gaetrain/loaders/memory"
)

// maxSide bounds the height and width of an image file: larger is taken for a
// corrupt header.
const maxSide = 1 << 13

// decodingBytes bounds the memory that decoding takes for each pixel. Most is
// taken by a progressive JPEG file, whose coefficients are kept at 4 bytes for
// each of three channels, and by an interlaced PNG file of 16 bits.
const decodingBytes = 24

// maxMetadata bounds what an image file holds beside its pixels.
const maxMetadata = 64 << 20

// maxScans bounds the scans of a JPEG file, each of which goes over the whole
// image though it can be a few bytes long. Programs write about ten.
const maxScans = 1000

// collector gathers the pixels of images, grey until the first that is not.
type collector struct {
	ctx    context.Context
	room   *budget
	count  int // images there will be
	shape  Shape
	first  string // path of the first image
	pixels []uint8
	canvas *image.RGBA // the image being added
}

// collect reads image files, which all have one size, as an unlabelled split.
// What they take is known from the first header, before any is decoded.
func collect(ctx context.Context, list []picture, room *budget) (Split, error) {
	c := &collector{ctx: ctx, room: room, count: len(list)}
	for _, p := range list {
		if err := c.add(p); err != nil {
			return Split{}, err
		}
	}
	room.give(c.decoding())
	return Split{Shape: c.shape, Images: c.pixels}, nil
}

func (c *collector) decoding() int64 { return decodingBytes * int64(c.shape.Height*c.shape.Width) }

// add reads a file into the digest of its folder and appends its pixels.
func (c *collector) add(p picture) error {
	dir, base := filepath.Split(p.path)
	opened, size, err := openRegular(os.DirFS(filepath.Clean(dir)), base)
	if err != nil {
		return dataErrorf("%s: %w", p.path, err)
	}
	defer opened.Close()
	file, ok := opened.(io.ReadSeeker)
	if !ok {
		return dataErrorf("%s: cannot be read twice", p.path)
	}
	format, err := formatOf(file)
	if err != nil {
		return dataErrorf("%s: unreadable image: %w", p.path, err)
	}
	config, err := format.config(contextReader{c.ctx, file})
	if err != nil {
		return dataErrorf("%s: unreadable image: %w", p.path, err)
	}
	if err := c.checkSize(p.path, config.Height, config.Width); err != nil {
		return err
	}
	if most := int64(decodingBytes*config.Height*config.Width) + maxMetadata; size > most {
		return dataErrorf("%s: a file of %s for an image of %d×%d pixels, want at most %s",
			p.path, memory.Format(size), config.Height, config.Width, memory.Format(most))
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return dataErrorf("%s: %w", p.path, reason(err))
	}
	fmt.Fprintf(p.in.sum, "%s\n%d\n", p.name, size)
	whole := io.TeeReader(io.LimitReader(bufio.NewReaderSize(file, 1<<16), size), p.in.sum)
	decoded, err := format.decode(&sipReader{ctx: c.ctx, r: whole, jpeg: format.magic == jpegFormat.magic})
	if err != nil {
		return dataErrorf("%s: unreadable image: %w", p.path, err)
	}
	if _, err := io.Copy(io.Discard, contextReader{c.ctx, whole}); err != nil {
		return dataErrorf("%s: %w", p.path, err)
	}
	if err := c.keep(decoded); err != nil {
		return dataErrorf("%s: %w", p.path, err)
	}
	return nil
}

// imageFormat is a format of image files.
type imageFormat struct {
	magic  string // the first two bytes
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var (
	pngFormat  = imageFormat{"\x89P", png.DecodeConfig, png.Decode}
	jpegFormat = imageFormat{"\xff\xd8", jpeg.DecodeConfig, jpeg.Decode}
)

// formatOf tells the format of a file and returns to its start. Package image
// would also try the formats that other packages of the program have registered.
func formatOf(file io.ReadSeeker) (imageFormat, error) {
	magic := make([]byte, 2)
	if _, err := io.ReadFull(file, magic); err != nil {
		return imageFormat{}, errors.New("too short")
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return imageFormat{}, reason(err)
	}
	for _, format := range []imageFormat{pngFormat, jpegFormat} {
		if string(magic) == format.magic {
			return format, nil
		}
	}
	return imageFormat{}, errors.New("neither PNG nor JPEG")
}

// checkSize compares the size of an image with that of the first. The first one
// says what all take.
func (c *collector) checkSize(path string, height, width int) error {
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
	c.canvas = image.NewRGBA(image.Rect(0, 0, width, height))
	return nil
}

// keep appends the pixels of an image. RGBA is premultiplied: what is transparent
// comes out black.
func (c *collector) keep(m image.Image) error {
	const rows = 64
	for y := 0; y < c.shape.Height; y += rows {
		if err := context.Cause(c.ctx); err != nil {
			return err
		}
		strip := image.Rect(0, y, c.shape.Width, min(y+rows, c.shape.Height))
		draw.Draw(c.canvas, strip, m, m.Bounds().Min.Add(strip.Min), draw.Src)
	}
	if c.shape.Channels == 1 && !isGrey(c.canvas.Pix) {
		if err := c.widen(); err != nil {
			return err
		}
	}
	for channel := range c.shape.Channels {
		for at := channel; at < len(c.canvas.Pix); at += 4 {
			c.pixels = append(c.pixels, c.canvas.Pix[at])
		}
	}
	return nil
}

// widen turns the grey images so far into RGB ones.
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

// sipReader gives a decoder few bytes at a time, so that its context is asked
// often even where a few bytes mean much work, and counts the scans of a JPEG
// file. In its compressed data no byte 0xFF is followed by that of a scan, 0xDA.
type sipReader struct {
	ctx   context.Context
	r     io.Reader
	jpeg  bool
	scans int
	last  byte
}

func (s *sipReader) Read(p []byte) (int, error) {
	if err := context.Cause(s.ctx); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p[:min(len(p), 512)])
	for _, b := range p[:n] {
		if s.jpeg && s.last == 0xff && b == 0xda {
			if s.scans++; s.scans > maxScans {
				return 0, errors.New("JPEG file with too many scans")
			}
		}
		s.last = b
	}
	return n, err
}
