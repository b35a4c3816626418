package loaders

import "context"

// Coloured returns the images with so many channels, if they have a third or three
// times as many: grey becomes the same red, green and blue, and a colour becomes its
// luma, as image/color has it. Others stay as they are.
func (s Split) Coloured(ctx context.Context, channels int) (Split, error) {
	stored := &s.Shape
	if s.Motion != (Motion{}) {
		stored = &s.Source
	}
	if s.Values != nil || s.Shape.Channels != 3*channels && channels != 3*s.Shape.Channels {
		return s, nil
	}
	plane, planes := stored.Height*stored.Width, s.Len()*stored.Channels
	narrow := channels < s.Shape.Channels
	size := 3 * len(s.Images)
	if narrow {
		size = len(s.Images) / 3
	}
	if err := newBudget().take(int64(len(s.Images) + size)); err != nil {
		return s, err
	}
	pixels := make([]uint8, 0, size)
	for at := 0; at < planes; at++ {
		if err := context.Cause(ctx); err != nil {
			return s, err
		}
		one := s.Images[at*plane : (at+1)*plane]
		if !narrow {
			pixels = append(append(append(pixels, one...), one...), one...)
			continue
		}
		green, blue := s.Images[(at+1)*plane:], s.Images[(at+2)*plane:]
		for i, red := range one {
			pixels = append(pixels, luma(red, green[i], blue[i]))
		}
		at += 2
	}
	s.Images = pixels
	stored.Channels = stored.Channels * channels / s.Shape.Channels
	s.Shape.Channels = channels
	return s, nil
}

// luma is the brightness of a colour by the weights of JPEG.
func luma(red, green, blue uint8) uint8 {
	return uint8((19595*uint32(red) + 38470*uint32(green) + 7471*uint32(blue) + 1<<15) >> 16)
}
