package pictures

import (
	"context"
	"image"
	"image/draw"
	"math"

	scale "golang.org/x/image/draw"

	"gaetrain/loaders"
)

// largestSheet is the largest number of pixels of a side of a sheet of sprites. A larger
// texture is too large for some graphics processors.
const largestSheet = 4096

// Sprites joins the images of a split into one square image without gaps, row by row, as
// TensorBoard's projector reads it. A side of an image has at most the given number of
// pixels, so larger images are scaled down. width and height are the size of each image.
// img is nil for rows of numbers, which are no images. Images are read one by one.
func (v View) Sprites(ctx context.Context, split loaders.Split, side int) (img image.Image, width, height int, err error) {
	if !v.Shape.IsImage() || split.Len() == 0 {
		return nil, 0, 0, nil
	}
	columns := int(math.Ceil(math.Sqrt(float64(split.Len()))))
	values := make([]float32, v.Shape.Size())
	var canvas draw.Image
	for i := range split.Len() {
		if err := ctx.Err(); err != nil {
			return nil, 0, 0, err
		}
		if err := split.Read(values, i, 0); err != nil {
			return nil, 0, 0, err
		}
		images := v.drawable(values)
		if canvas == nil {
			width, height = within(images.Width, images.Height, max(1, min(side, largestSheet/columns)))
			canvas = image.NewGray(image.Rect(0, 0, columns*width, columns*height))
			if images.Channels == 3 {
				canvas = image.NewRGBA(canvas.Bounds())
			}
		}
		one := images.At(0)
		at := image.Rect(0, 0, width, height).Add(image.Pt(i%columns*width, i/columns*height))
		if one.Bounds().Dx() == width {
			draw.Draw(canvas, at, one, image.Point{}, draw.Src)
		} else {
			scale.ApproxBiLinear.Scale(canvas, at, one, one.Bounds(), draw.Src, nil)
		}
	}
	return canvas, width, height, nil
}

// within scales a size down so that its longer side has at most the given length.
func within(width, height, side int) (int, int) {
	longer := max(width, height)
	if longer <= side {
		return width, height
	}
	return max(1, width*side/longer), max(1, height*side/longer)
}
