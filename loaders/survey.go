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
	bytes   int64  // that decoding takes
}

// survey reads the headers of image files, reserves the memory for their pixels, and
// returns the files that are not broken. It is an error if the images have different sizes
// and are not resized.
func (c *collector) survey(list []picture) ([]picture, error) {
	sizes := map[image.Point]*sized{}
	found := make([]sized, len(c.canvases))
	var decoding int64 // of the largest image
	list, err := c.each(list, func(i int, p picture) (err error) {
		found[i], err = c.size(p)
		return err
	}, func() error {
		for _, s := range found {
			decoding = max(decoding, s.bytes)
			if sizes[s.Point] == nil {
				sizes[s.Point] = &s
			} else {
				sizes[s.Point].images++
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case c.Size != (Size{}):
		c.shape = Shape{1, c.Size.Height, c.Size.Width}
	case len(sizes) > 1:
		return nil, c.differ(sizes)
	default:
		for size := range sizes {
			c.shape = Shape{1, size.Y, size.X}
		}
	}
	c.count = len(list)
	if err := c.room.take(int64(c.count)*int64(c.shape.Size()) + decoding); err != nil {
		return nil, dataErrorf("%s: %d images of %d×%d pixels (height×width): %w", c.dir, c.count, c.shape.Height, c.shape.Width, err)
	}
	c.room.give(decoding)
	c.pixels = make([]uint8, 0, c.count*c.shape.Size())
	return list, nil
}

// size reads the size of an image from its header.
func (c *collector) size(p picture) (sized, error) {
	file, closer, err := openImage(c.ctx, p.path)
	if err != nil {
		return sized{}, err
	}
	defer closer.Close()
	header, err := c.header(c.ctx, file, p.path)
	height, width := header.upright()
	return sized{image.Pt(width, height), 1, p.path, header.bytes}, err
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
