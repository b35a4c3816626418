package viz

import (
	"bytes"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"
)

// TestSheetGolden draws rows with all that they can have.
func TestSheetGolden(t *testing.T) {
	maps := shapes(4, 1, 6, 6)
	for i := range maps.Pixels {
		maps.Pixels[i] -= 0.3
	}
	pairs := shapes(4, 1, 16, 8)
	pairs.Frames = 2
	golden(t, "sheet.png", Sheet{
		Title:   "A title that is longer than the picture is wide, so that it has to wrap around to another line",
		Heads:   []string{"original", "−2", "−0.7", "a long head of a column", "2"},
		Columns: 4,
		Rows: []Row{
			{Label: "dimension 3", Lead: shapes(1, 1, 12, 12), Images: maps, Colours: Signed, Captions: []string{"<b>", "", "T-shirt/top", "\u202eabc"}},
			{Label: "images", Images: shapes(4, 3, 12, 12), Marked: []int{2, 7, -1}},
			{Label: "pairs", Images: pairs, Captions: []string{"0.0123", "0.01"}},
		},
		Scale: "reconstruction minus original",
		Notes: []string{"A note below the images.", strings.Repeat("A long note has to wrap. ", 6)},
	}.Image())
}

// TestFrames separates the frames of images.
func TestFrames(t *testing.T) {
	lines := Sheet{Rows: []Row{{Label: "x", Images: Images{Pixels: []float32{0, 1, 1, 0}, Channels: 1, Height: 2, Width: 1, Frames: 2}, Captions: []string{"a", "b"}}}}.lines()
	if len(lines) != 2 || !slices.Equal(lines[0].label, []string{"x", "frame 1"}) || !slices.Equal(lines[1].label, []string{"x", "frame 2"}) {
		t.Fatalf("%d lines, the first is %+v", len(lines), lines[0])
	}
	for frame, line := range lines {
		for i, tile := range line.tiles {
			b := tile.image.Bounds()
			want := color.Gray{map[bool]uint8{true: 0, false: 255}[frame == i]}
			if b.Size() != image.Pt(1, 1) || tile.image.At(b.Min.X, b.Min.Y) != color.Color(want) {
				t.Errorf("frame %d of image %d: %v of %v", frame+1, i, tile.image.At(b.Min.X, b.Min.Y), b)
			}
		}
		if line.captions != (frame == 1) {
			t.Errorf("frame %d has captions: %v", frame+1, line.captions)
		}
	}
}

// TestSmallTiles checks that smaller images get the size of the largest ones.
func TestSmallTiles(t *testing.T) {
	black := func(side int) Images {
		return Images{Pixels: make([]float32, side*side), Channels: 1, Height: side, Width: side}
	}
	img := Sheet{Columns: 1, Rows: []Row{{Lead: black(28), Images: black(7)}}}.Image()
	left := margin + tileSize + gap + labelGap
	for _, at := range []image.Point{{margin, margin}, {margin + tileSize - 1, margin}, {left, margin}, {left + tileSize - 1, margin + tileSize - 1}} {
		if distanceOf(img.At(at.X, at.Y), color.Black) > 0 {
			t.Errorf("%v is %v", at, img.At(at.X, at.Y))
		}
	}
}

// TestRules checks the lines between bands of several rows.
func TestRules(t *testing.T) {
	for rows, want := range map[int]int{1: 0, 2: 2, 3: 2} {
		s := Sheet{Columns: 2}
		for range rows {
			s.Rows = append(s.Rows, Row{Images: shapes(5, 1, 4, 4)})
		}
		img, found := s.Image().(*image.Gray), 0
		for y := range img.Rect.Dy() {
			line := img.Pix[img.PixOffset(margin, y):img.PixOffset(img.Rect.Dx()-margin, y)]
			if bytes.Equal(line, bytes.Repeat([]byte{faint.Y}, len(line))) {
				found++
			}
		}
		if found != want {
			t.Errorf("%d rows: %d lines, want %d", rows, found, want)
		}
	}
}

// TestPlaneGolden draws a plane with ticks, and ticks that are not on its axes.
func TestPlaneGolden(t *testing.T) {
	p := Plane{
		Title: "decoded grid of a latent space whose name is so long that it wraps", XLabel: "first value of the code", YLabel: "second value\u202e of the code", Picture: shapes(1, 1, 30, 30),
		Ticks: []Tick{{0.02, "−2", "2 %"}, {0.5, "0", "50 %"}, {0.98, "<2>", "98 %"}, {1.5, "outside", ""}, {-1, "outside", ""}},
		Notes: []string{"Both values are quantiles."},
	}
	golden(t, "plane.png", p.Image())
	checkMargins(t, p.Image())
	for _, p := range []Plane{{}, {Picture: shapes(1, 3, 900, 1)}} {
		if p.Image().Bounds().Empty() {
			t.Error("an empty picture")
		}
	}
}
