package viz

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"strings"
	"testing"
)

func TestGridGolden(t *testing.T) {
	original := shapes(11, 1, 12, 12)
	blurred := original
	blurred.Pixels = nil
	for _, v := range original.Pixels {
		blurred.Pixels = append(blurred.Pixels, 0.7*v+0.1)
	}
	golden(t, "grid.png", Grid("Rings after epoch 3", 6, Row{Label: "original", Images: original}, Row{Label: "reconstruction", Images: blurred}))
	golden(t, "grid-colour.png", Grid("Colour", 4, Row{Label: "original", Images: shapes(5, 3, 10, 16)}, Row{Label: "a label of several words that has to wrap around", Images: shapes(5, 3, 10, 16)}))
}

// TestGridPixels looks for the values of an image, enlarged by a whole factor, in the picture.
func TestGridPixels(t *testing.T) {
	m := Images{Pixels: []float32{0, 0.2, 0.4, 1}, Channels: 1, Height: 2, Width: 2}
	img := Grid("", 1, Row{Label: "", Images: m}).(*image.Gray)
	scale := tileSize / 2
	for y := range 2 * scale {
		for x := range 2 * scale {
			want := level(m.Pixels[y/scale*2+x/scale])
			if got := img.GrayAt(margin+x, margin+y).Y; got != want {
				t.Fatalf("pixel %d, %d is %d, want %d", x, y, got, want)
			}
		}
	}
	if size := img.Bounds().Size(); size != image.Pt(2*margin+2*scale, 2*margin+2*scale) {
		t.Errorf("size %v", size)
	}
}

func TestGridColumnsAlign(t *testing.T) {
	white := func(n int) Images {
		m := Images{Channels: 1, Height: 4, Width: 4, Pixels: make([]float32, 16*n)}
		return m
	}
	// The first row has five black images, the second has three. Its other places stay white.
	img := Grid("", 5, Row{Label: "", Images: white(5)}, Row{Label: "", Images: white(3)})
	at := func(column, row int) uint8 {
		return color.GrayModel.Convert(img.At(margin+column*(tileSize+gap)+5, margin+row*(tileSize+gap)+5)).(color.Gray).Y
	}
	for column := range 5 {
		if at(column, 0) != 0 || at(column, 1) != map[bool]uint8{true: 0, false: 255}[column < 3] {
			t.Errorf("column %d: %d over %d", column, at(column, 0), at(column, 1))
		}
	}
}

func TestGridOddInput(t *testing.T) {
	nan := float32(math.NaN())
	long := strings.Repeat("unbreakable", 40)
	for name, row := range map[string]Row{
		"no rows":            {},
		"no images":          {Label: "original", Images: Images{Channels: 1, Height: 28, Width: 28}},
		"one pixel":          {Label: "x", Images: Images{Pixels: []float32{0.5}, Channels: 1, Height: 1, Width: 1}},
		"incomplete image":   {Label: "x", Images: Images{Pixels: make([]float32, 7), Channels: 1, Height: 2, Width: 2}},
		"negative dimension": {Label: "x", Images: Images{Pixels: make([]float32, 8), Channels: 1, Height: -2, Width: 2}},
		"two channels":       {Label: "x", Images: Images{Pixels: make([]float32, 8), Channels: 2, Height: 2, Width: 2}},
		"not a number":       {Label: "x", Images: Images{Pixels: []float32{nan, float32(math.Inf(1)), float32(math.Inf(-1)), -3}, Channels: 1, Height: 2, Width: 2}},
		"wide":               {Label: "x", Images: Images{Pixels: make([]float32, 3000), Channels: 1, Height: 1, Width: 3000}},
		"tall":               {Label: "x", Images: Images{Pixels: make([]float32, 300), Channels: 1, Height: 300, Width: 1}},
		"long label":         {Label: long + " " + long, Images: shapes(2, 1, 5, 5)},
		"control characters": {Label: "a\x00\n\xffb", Images: shapes(2, 1, 5, 5)},
	} {
		t.Run(name, func(t *testing.T) {
			for _, columns := range []int{-1, 0, 1, 3, 1000} {
				img := Grid(long, columns, row)
				if img.Bounds().Dx() < 2*margin || img.Bounds().Dy() < 2*margin {
					t.Errorf("size %v", img.Bounds())
				}
				checkMargins(t, img)
			}
		})
	}
	if img := Grid("nothing", 3); img.Bounds().Empty() {
		t.Error("empty picture")
	}
}

// checkMargins fails when anything is drawn in the margin, as clipped text would be.
func checkMargins(t *testing.T, img image.Image) {
	t.Helper()
	inner := img.Bounds().Inset(margin - 2)
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if !image.Pt(x, y).In(inner) && distanceOf(img.At(x, y), color.White) > 0 {
				t.Fatalf("drawn at %d, %d of %v, in the margin", x, y, img.Bounds().Max)
			}
		}
	}
}

func TestImagesAt(t *testing.T) {
	m := Images{Pixels: []float32{0, 0.5, 1, 2, float32(math.NaN()), -1}, Channels: 1, Height: 1, Width: 3}
	if m.Len() != 2 {
		t.Fatalf("Len %d", m.Len())
	}
	if got := m.At(0).(*image.Gray).Pix; !bytes.Equal(got, []byte{0, 128, 255}) {
		t.Errorf("image 0: %v", got)
	}
	if got := m.At(1).At(1, 0); got != color.Color(missing) {
		t.Errorf("not a number is %v", got)
	}
	for _, i := range []int{-1, 2} {
		if !m.At(i).Bounds().Empty() {
			t.Errorf("image %d is not empty", i)
		}
	}
	rgb := Images{Pixels: []float32{1, 0, 0.2}, Channels: 3, Height: 1, Width: 1}
	if got := rgb.At(0).At(0, 0); got != (color.RGBA{255, 0, 51, 255}) {
		t.Errorf("colour %v", got)
	}
	two := Images{Pixels: []float32{1, 0}, Channels: 2, Height: 1, Width: 1}
	if got := two.At(0).At(0, 0); got != (color.Gray{128}) {
		t.Errorf("mean of two channels %v", got)
	}
}

func TestFilters(t *testing.T) {
	w := shapes(7, 1, 9, 9)
	for i := range w.Pixels {
		w.Pixels[i] = (w.Pixels[i] - 0.4) * float32(i/81+1)
	}
	golden(t, "filters.png", Sheet{Title: "Encoder filters", Columns: 4, Rows: []Row{{Images: w, Colours: Weights}}, Notes: []string{"3 of 7 filters have no more spatial structure than random weights"}}.Image())
	short := Images{Pixels: w.Pixels[:5*81], Channels: 1, Height: 9, Width: 9}
	golden(t, "filter-rows.png", Sheet{Title: "Two sets of directions", Columns: 4, Rows: []Row{{Label: "found", Images: w, Colours: Weights}, {Label: "exact", Images: short, Colours: Weights}}}.Image())

	table := divergingMap()
	signed := Images{Pixels: []float32{-4, 0, 2, 4, 0, 0, 0, 0}, Channels: 1, Height: 2, Width: 2}
	for i, want := range []color.RGBA{table[0], table[127], table[191], table[254]} {
		if got := filterImage(signed, 0).At(i%2, i/2); distanceOf(got, want) > 0 {
			t.Errorf("weight %v is %v, want %v", signed.Pixels[i], got, want)
		}
	}
	if got := filterImage(signed, 1).At(0, 0); distanceOf(got, table[127]) > 0 {
		t.Errorf("a filter of zeros is %v", got)
	}
	huge := Images{Pixels: []float32{3e38, -3e38, 1e-42, float32(math.NaN())}, Channels: 1, Height: 1, Width: 4}
	if got := filterImage(huge, 0).At(3, 0); distanceOf(got, missing) > 0 {
		t.Errorf("not a number is %v", got)
	}
	for _, m := range []Images{{}, {Pixels: make([]float32, 4), Channels: 1, Height: 1, Width: 1}, {Pixels: make([]float32, 27), Channels: 3, Height: 3, Width: 3}, {Pixels: []float32{1e-45}, Channels: 1, Height: 1, Width: 1}} {
		checkMargins(t, Sheet{Rows: []Row{{Images: m, Colours: Weights}}}.Image())
	}
}

func BenchmarkGrid(b *testing.B) {
	rows := []Row{{Label: "original", Images: shapes(32, 1, 28, 28)}, {Label: "reconstruction", Images: shapes(32, 1, 28, 28)}}
	for b.Loop() {
		var out bytes.Buffer
		if err := EncodePNG(&out, Grid("title", 16, rows...)); err != nil {
			b.Fatal(err)
		}
	}
}
