package pictures

import (
	"bytes"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"slices"

	"gaetrain/viz"
	"gaetrain/viz/page"
)

// Numbers of colours of a page's images: for grey images and for others.
type shades struct{ grey, colour int }

var (
	clear = shades{64, 255} // of images that are shown by themselves
	rough = shades{16, 128} // of small images among many others
)

// tiles are items as a page draws them: a sheet of images side by side, or rows of
// numbers.
func (v View) tiles(values []float32, columns int, in shades) (page.Items, error) {
	if !v.Shape.IsImage() {
		return page.Items{Lines: v.curves(values)}, nil
	}
	tile := v.drawable(make([]float32, v.Shape.Size()))
	sheet, err := compact(v.adjoining(values, columns), in)
	return page.Items{Sheet: sheet, Columns: columns, Width: tile.Width, Height: tile.Height}, err
}

// adjoining puts images side by side.
func (v View) adjoining(values []float32, columns int) image.Image {
	images := v.drawable(values)
	missing := (columns - images.Len()%columns) % columns
	images.Pixels = append(slices.Clone(images.Pixels), make([]float32, missing*images.Channels*images.Height*images.Width)...)
	return mosaic(images, columns).At(0)
}

// curves are rows of numbers as they are drawn.
func (v View) curves(values []float32) (lines [][]float32) {
	for row := range slices.Chunk(values, v.Shape.Size()) {
		lines = append(lines, v.curve(row))
	}
	return lines
}

// thumbnails are tiles in which images are at most largest pixels wide and high. Larger
// ones are reduced by a whole factor.
func (v View) thumbnails(values []float32, columns, largest int) (page.Items, error) {
	factor := (max(v.Shape.Height*v.Shape.Frames(), v.Shape.Width) + largest - 1) / largest
	if !v.Shape.IsImage() || factor == 1 {
		return v.tiles(values, columns, rough)
	}
	small := v
	small.Shape.Height, small.Shape.Width = v.Shape.Height/factor, v.Shape.Width/factor
	return small.tiles(reduced(values, v, factor), columns, rough)
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

// tile is one image.
func (v View) tile(name string, values []float32) (t page.Tile, err error) {
	img := v.drawable(values).At(0)
	scale := max(1, tileSize/max(img.Bounds().Dx(), img.Bounds().Dy()))
	t = page.Tile{Name: name, Width: scale * img.Bounds().Dx(), Height: scale * img.Bounds().Dy()}
	t.PNG, err = exact(img)
	return t, err
}

// tileSize is to how many pixels small images of a page are enlarged, at most.
const tileSize = 60

// compact encodes a picture as a small PNG.
func compact(img image.Image, in shades) ([]byte, error) {
	var out bytes.Buffer
	colours := in.colour
	if _, grey := img.(*image.Gray); grey {
		colours = in.grey
	}
	err := viz.EncodeSmallPNG(&out, img, colours)
	return out.Bytes(), err
}

// exact encodes a picture with all its colours. Without a palette, a small image is smaller.
func exact(img image.Image) ([]byte, error) {
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	err := encoder.Encode(&out, img)
	return out.Bytes(), err
}

// largePicture is the number of bytes above which a page has a picture with fewer colours.
const largePicture = 50_000

// sheetColours is that number of colours.
const sheetColours = 40

// smaller returns a PNG with fewer colours if the file is large; nil if it is not.
func smaller(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil || info.Size() <= largePicture || filepath.Ext(path) != ".png" {
		return nil, asRun(err)
	}
	img, err := readPNG(path)
	if err != nil {
		return nil, err
	}
	data, err := compact(img, shades{sheetColours, sheetColours})
	if err != nil || len(data) > int(info.Size()) {
		return nil, err
	}
	return data, nil
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
