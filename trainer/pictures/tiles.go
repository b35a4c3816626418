package pictures

import (
	"bytes"
	"image"
	"image/draw"
	"image/png"
	"slices"

	"gaetrain/viz/page"
)

// tiles are items as a page draws them: a sheet of images side by side, or rows of
// numbers.
func (v View) tiles(values []float32, columns int) (page.Items, error) {
	if !v.Shape.IsImage() {
		items := page.Items{}
		for row := range slices.Chunk(values, v.Shape.Size()) {
			items.Lines = append(items.Lines, v.curve(row))
		}
		return items, nil
	}
	images := v.drawable(values)
	columns = max(1, min(columns, images.Len()))
	missing := (columns - images.Len()%columns) % columns
	images.Pixels = append(slices.Clone(images.Pixels), make([]float32, missing*images.Channels*images.Height*images.Width)...)
	sheet, err := compact(mosaic(images, columns).At(0))
	return page.Items{Sheet: sheet, Columns: columns, Width: images.Width, Height: images.Height}, err
}

// thumbnails are tiles in which images are at most largest pixels wide and high. Larger
// ones are reduced by a whole factor.
func (v View) thumbnails(values []float32, columns, largest int) (page.Items, error) {
	factor := (max(v.Shape.Height*v.Shape.Frames(), v.Shape.Width) + largest - 1) / largest
	if !v.Shape.IsImage() || factor == 1 {
		return v.tiles(values, columns)
	}
	small := v
	small.Shape.Height, small.Shape.Width = v.Shape.Height/factor, v.Shape.Width/factor
	return small.tiles(reduced(values, v, factor), columns)
}

// reduced averages squares of factor×factor pixels.
func reduced(values []float32, v View, factor int) []float32 {
	height, width := v.Shape.Height, v.Shape.Width
	var out []float32
	for plane := range slices.Chunk(values, height*width) {
		for y := range height / factor {
			for x := range width / factor {
				var sum float32
				for dy := range factor {
					for _, p := range plane[(y*factor+dy)*width+x*factor:][:factor] {
						sum += p
					}
				}
				out = append(out, sum/float32(factor*factor))
			}
		}
	}
	return out
}

// tile is one item.
func (v View) tile(name string, values []float32, low, high float32) (t page.Tile, err error) {
	t.Name = name
	if !v.Shape.IsImage() {
		t.Line, t.Low, t.High = v.curve(values), low, high
		return t, nil
	}
	img := v.drawable(values).At(0)
	scale := max(1, tileSize/max(img.Bounds().Dx(), img.Bounds().Dy()))
	t.Width, t.Height = scale*img.Bounds().Dx(), scale*img.Bounds().Dy()
	t.PNG, err = compact(img)
	return t, err
}

// tileSize is to how many pixels small images of a page are enlarged, at most.
const tileSize = 60

// compact encodes a picture as a small PNG.
func compact(img image.Image) ([]byte, error) {
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	err := encoder.Encode(&out, img)
	return out.Bytes(), err
}

// joined puts pictures below each other.
func joined(list []image.Image) image.Image {
	bounds, grey := image.Rectangle{}, true
	for _, img := range list {
		_, isGrey := img.(*image.Gray)
		bounds.Max.X, bounds.Max.Y, grey = max(bounds.Max.X, img.Bounds().Dx()), bounds.Max.Y+img.Bounds().Dy(), grey && isGrey
	}
	var canvas draw.Image = image.NewRGBA(bounds)
	if grey {
		canvas = image.NewGray(bounds)
	}
	y := 0
	for _, img := range list {
		draw.Draw(canvas, image.Rect(0, y, img.Bounds().Dx(), y+img.Bounds().Dy()), img, img.Bounds().Min, draw.Src)
		y += img.Bounds().Dy()
	}
	return canvas
}
