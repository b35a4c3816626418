package loaders

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"gaetrain/loaders/files"
)

// collector holds the pixels of the images that were read. They have one channel until
// an image is not grey.
type collector struct {
	decoder
	look
	ctx      context.Context
	dir      string              // of all images, for messages
	shape    Shape               // of an image; its channels are those of look
	count    int                 // of all images, also those not read yet
	classes  int                 // number of classes
	stays    bool                // the pixels stay in their files
	outline  func(Outline) error // see announce
	pixels   []uint8             // N×C×H×W, as if all pixels were opaque
	canvases []canvas            // of the current images
	transparency
	surveyed
}

// surveyed is what the headers of all images show.
type surveyed struct {
	coloured, mayHide int     // number of images with colours, and with transparent pixels or padding
	decoding          int64   // bytes that decoding the largest image takes
	lengths           []int64 // of the files
}

// collected is the result of collect.
type collected struct {
	Split              // without labels, of which each item has all frames
	list     []picture // the images that are not broken
	backdrop string    // background of transparent pixels; "" if there are none
	decoder            // reads an image again …
	look               // … and writes the same pixels
}

// collect reads image files of one size, or resizes them. Before any image is decoded, the
// headers of all files show their sizes and how much memory they take. Broken images are
// skipped. frames is the number of successive files that belong together: if one of
// them is broken, all are skipped. dir is the folder of all files, for messages.
func collect(ctx context.Context, dir string, list []picture, frames int, room *budget, o Options) (all collected, err error) {
	c := &collector{ctx: ctx, decoder: decoder{o.ImageOptions, room, cmp.Or(o.resizeHint, "--size 64 resizes all images to 64×64 pixels, --size 96x64 to 96×64")}, look: look{channels: 1, grey: o.Grey}, dir: dir}
	c.canvases = make([]canvas, frames)
	if o.Outline != nil {
		names, err := classNames(dir, list)
		if err != nil {
			return all, err
		}
		c.outline, c.classes = o.Outline, len(names)
	}
	if o.Cache != "" {
		return c.cached(list, o)
	}
	if list, err = c.survey(list); err != nil {
		return all, err
	}
	c.stays = room.stays && !room.fits(c.memory())
	if err := c.announce(); err != nil {
		return all, err
	}
	if c.stays {
		return c.stay(list, o)
	}
	if err := c.reserve(); err != nil {
		return all, err
	}
	if list, err = c.each(list, c.load, c.keep); err != nil {
		return all, err
	}
	c.count = len(list)
	name, err := c.compose(o)
	return collected{Pixels(Shape{frames * c.channels, c.shape.Height, c.shape.Width}, c.pixels), list, name, c.decoder, c.look}, err
}

// each loads images that belong together, keeps them if none of them is broken, and
// returns those that were kept. i is the number of a frame.
func (c *collector) each(list []picture, load func(i int, p picture) error, keep func(first picture) error) ([]picture, error) {
	var kept []picture
	var broken error // the first one
	frames := len(c.canvases)
next:
	for at := 0; at < len(list); at += frames {
		for i, p := range list[at : at+frames] {
			err := load(i, p)
			if err != nil && (!errors.Is(err, errBroken) || c.Strict || len(list) == 1) {
				return nil, err
			}
			if err != nil {
				p.in.broken = append(p.in.broken, err)
				broken = cmp.Or(broken, err)
				continue next
			}
		}
		if err := keep(list[at]); err != nil {
			return nil, err
		}
		kept = append(kept, list[at:at+frames]...)
	}
	if len(kept) == 0 {
		return nil, dataErrorf("%s: all %d images are broken, such as %w", c.dir, len(list), broken)
	}
	return kept, nil
}

// load decodes a file and adds it to the digest of its folder.
func (c *collector) load(i int, p picture) error {
	file, closer, err := p.open(c.ctx)
	if err != nil {
		return err
	}
	defer closer.Close()
	if err := c.decodeCanvas(file, p, &c.canvases[i]); err != nil {
		return err
	}
	fmt.Fprintf(p.in.sum, "%s\n%d\n", p.name, file.Size())
	if c.canvases[i].revised {
		fmt.Fprintln(p.in.sum, "revised")
	}
	if _, err := io.Copy(p.in.sum, file); err != nil {
		return dataErrorf("%s: %w", p.path, files.Reason(err))
	}
	return nil
}

// loadPixels decodes a file.
func (c *collector) loadPixels(p picture, to *canvas) error {
	file, closer, err := p.open(c.ctx)
	if err != nil {
		return err
	}
	defer closer.Close()
	return c.decodeCanvas(file, p, to)
}

// decodeCanvas decodes an open file and checks its size.
func (c *collector) decodeCanvas(file *io.SectionReader, p picture, to *canvas) error {
	if err := c.decodeFile(c.ctx, file, p.path, to); err != nil {
		return err
	}
	if size := to.Rect.Size(); size.X != c.shape.Width || size.Y != c.shape.Height {
		return dataErrorf("%s: the file was replaced while it was read", p.path)
	}
	return nil
}

// keep appends the pixels of the loaded images and, if they are needed, their alpha
// values. first is the picture of the first of them.
func (c *collector) keep(first picture) error {
	for i := range c.canvases {
		m := &c.canvases[i]
		if c.channels == 1 && !c.grey && !isGrey(m.Pix) {
			if err := c.widen(); err != nil {
				return dataErrorf("%s: %w", first.path, err)
			}
			if err := c.announce(); err != nil {
				return err
			}
		}
		from := len(c.pixels)
		c.pixels = c.pixels[:from+c.shape.Size()]
		c.draw(c.pixels[from:], m)
		if err := c.keepAlpha(m); err != nil {
			return dataErrorf("%s: %w", first.path, err)
		}
	}
	return nil
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
	c.pixels, c.shape.Channels, c.channels = wide, 3, 3
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
