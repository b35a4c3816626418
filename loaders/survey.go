package loaders

import (
	"cmp"
	"fmt"
	"image"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// sized is the number of images of one size.
type sized struct {
	image.Point
	images  int
	example string // path of one of them
	header  imageHeader
	length  int64 // of the file
}

// survey reads the headers of image files, and returns the files that are not broken. It is an error if the images have different sizes
// and are not resized.
func (c *collector) survey(list []picture) ([]picture, error) {
	sizes := map[image.Point]*sized{}
	found := make([]sized, len(c.canvases))
	list, err := c.each(list, func(i int, p picture) (err error) {
		found[i], err = c.size(p)
		return err
	}, func(picture) error {
		for _, s := range found {
			c.add(s)
			if sizes[s.Point] == nil {
				sizes[s.Point] = &s
			} else {
				sizes[s.Point].images++
			}
		}
		if len(c.lengths) > len(found) {
			return nil
		}
		return c.sketch(found[0])
	})
	switch {
	case err != nil:
		return nil, err
	case c.Size == (Size{}) && len(sizes) > 1:
		return nil, c.differ(sizes)
	}
	c.count = len(list)
	return list, nil
}

// sketch sets the shape of all images by the first one, and announces it: without resizing,
// an image of another size is an error.
func (c *collector) sketch(first sized) error {
	c.shape = Shape{1, first.Y, first.X}
	if c.Size != (Size{}) {
		c.shape = Shape{1, c.Size.Height, c.Size.Width}
	}
	return c.announce()
}

// add adds what the header of an image shows.
func (c *collector) add(s sized) {
	c.decoding, c.lengths = max(c.decoding, s.header.bytes), append(c.lengths, s.length)
	if !s.header.grey {
		c.coloured++
	}
	padded := c.Fit == fitPad && c.Size != (Size{}) && centred(image.Pt(c.Size.Width, c.Size.Height), s.Point).Size() != image.Pt(c.Size.Width, c.Size.Height)
	if s.header.clear || padded {
		c.mayHide++
	}
}

// memory bounds the memory that the pixels of all images take.
func (c *collector) memory() int64 {
	planes := int64(1)
	if c.coloured > 0 && !c.grey {
		planes += 3 // the first images can be grey
	}
	if c.mayHide > 0 {
		planes++
	}
	return planes*int64(c.count)*int64(c.shape.Size()) + c.decoding
}

// reserve takes the memory for the pixels of all images.
func (c *collector) reserve() error {
	if err := c.room.take(int64(c.count)*int64(c.shape.Size()) + c.decoding); err != nil {
		return dataErrorf("%s: %d images of %d×%d pixels (height×width): %w", c.dir, c.count, c.shape.Height, c.shape.Width, err)
	}
	c.room.give(c.decoding)
	c.pixels = make([]uint8, 0, c.count*c.shape.Size())
	return nil
}

// size reads the size of an image from its header.
func (c *collector) size(p picture) (sized, error) {
	file, closer, err := p.open(c.ctx)
	if err != nil {
		return sized{}, err
	}
	defer closer.Close()
	header, err := c.header(c.ctx, file, p.path)
	height, width := header.upright()
	return sized{image.Pt(width, height), 1, p.path, header, file.Size()}, err
}

// differ is the error about images of different sizes. It lists the most frequent ones.
func (c *collector) differ(sizes map[image.Point]*sized) error {
	const most = 5
	list := slices.SortedFunc(maps.Values(sizes), func(a, b *sized) int {
		return cmp.Or(cmp.Compare(b.images, a.images), cmp.Compare(b.X, a.X), cmp.Compare(b.Y, a.Y))
	})
	var words []string
	for _, s := range list[:min(most, len(list))] {
		how := fmt.Sprintf("%d images, such as", s.images)
		if s.images == 1 {
			how = "1 image,"
		}
		example, err := filepath.Rel(c.dir, s.example)
		if err != nil {
			example = s.example
		}
		words = append(words, fmt.Sprintf("%d×%d (%s %s)", s.X, s.Y, how, example))
	}
	if len(list) > most {
		words = append(words, fmt.Sprintf("%d other sizes", len(list)-most))
	}
	return dataErrorf("%s: images of %d sizes (width×height): %s; hint: %s", c.dir, len(sizes), strings.Join(words, ", "), c.resizeHint)
}
