package loaders

import "context"

// Coloured converts grey images to colour or colour images to grey, so that they have
// the given number of channels. A grey value becomes equal red, green and blue values.
// A colour becomes its luma, as in package image/color. Images that already have that
// number of channels, or need another conversion, are returned unchanged.
func (s Split) Coloured(ctx context.Context, channels int) (Split, error) {
	stored := &s.Shape
	if s.Motion != (Motion{}) {
		stored = &s.Source
	}
	if s.Values != nil || s.Shape.Channels != 3*channels && channels != 3*s.Shape.Channels {
		return s, nil
	}
	plane := stored.Height * stored.Width
	narrow := channels < s.Shape.Channels
	size := 3 * len(s.Images)
	if narrow {
		size = len(s.Images) / 3
	}
	if err := newBudget().take(int64(len(s.Images) + size)); err != nil {
		return s, err
	}
	pixels := make([]uint8, 0, size)
	for rest := s.Images; len(rest) > 0; {
		if err := context.Cause(ctx); err != nil {
			return s, err
		}
		if narrow {
			for i, red := range rest[:plane] {
				pixels = append(pixels, luma(red, rest[plane+i], rest[2*plane+i]))
			}
			rest = rest[3*plane:]
			continue
		}
		for range 3 {
			pixels = append(pixels, rest[:plane]...)
		}
		rest = rest[plane:]
	}
	s.Images = pixels
	stored.Channels = stored.Channels * channels / s.Shape.Channels
	s.Shape.Channels = channels
	return s, nil
}

// luma returns the brightness of a colour with the weights of JPEG.
func luma(red, green, blue uint8) uint8 {
	return uint8((19595*uint32(red) + 38470*uint32(green) + 7471*uint32(blue) + 1<<15) >> 16)
}
