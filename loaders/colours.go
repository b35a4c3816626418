package loaders

import (
	"sync"

	"gaetrain/graph/kernel"
)

// Coloured converts grey images to colour or colour images to grey, so that they have
// the given number of channels. A grey value becomes equal red, green and blue values.
// A colour becomes its luma, as in package image/color. Images that already have that
// number of channels, or need another conversion, are returned unchanged.
func (s Split) Coloured(channels int) Split {
	stored := &s.Shape
	if s.Motion != (Motion{}) {
		stored = &s.Source
	}
	if s.Store == nil || s.Shape.Channels != 3*channels && channels != 3*s.Shape.Channels {
		return s
	}
	before := *stored
	stored.Channels = stored.Channels * channels / s.Shape.Channels
	s.Shape.Channels = channels
	s.Store = &colouredStore{Store: s.Store, plane: before.Height * before.Width, narrow: stored.Channels < before.Channels,
		images: sync.Pool{New: func() any { image := make([]float32, before.Size()); return &image }}}
	return s
}

// colouredStore converts images when they are read.
type colouredStore struct {
	Store
	plane  int  // H·W
	narrow bool // colour becomes grey
	images sync.Pool
}

func (c *colouredStore) inFiles() bool { return inFiles(c.Store) }

func (c *colouredStore) Read(dst []float32, i int) error {
	pooled := c.images.Get().(*[]float32)
	defer c.images.Put(pooled)
	image := *pooled
	if err := c.Store.Read(image, i); err != nil {
		return err
	}
	for from, to := image, dst; len(to) > 0; {
		if !c.narrow {
			for range 3 {
				to = to[copy(to, from[:c.plane]):]
			}
			from = from[c.plane:]
			continue
		}
		grey := make([]uint8, c.plane)
		for p := range grey {
			grey[p] = luma(level(from[p]), level(from[c.plane+p]), level(from[2*c.plane+p]))
		}
		kernel.ScaleBytes(to[:c.plane], grey)
		from, to = from[3*c.plane:], to[c.plane:]
	}
	return nil
}

// level returns the byte that a pixel from 0 to 1 was stored as.
func level(pixel float32) uint8 { return uint8(float32(pixel*255) + 0.5) }

// luma returns the brightness of a colour with the weights of JPEG.
func luma(red, green, blue uint8) uint8 {
	return uint8((19595*uint32(red) + 38470*uint32(green) + 7471*uint32(blue) + 1<<15) >> 16)
}
