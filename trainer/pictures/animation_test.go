package pictures

import (
	"image"
	"image/color"
	"testing"
)

// TestHalf cuts pictures in the gap that is nearest below the half of their height.
func TestHalf(t *testing.T) {
	picture := func(dark ...[2]int) *image.Gray { // rows from one to the other
		g := image.NewGray(image.Rect(0, 0, 10, 100))
		for i := range g.Pix {
			g.Pix[i] = 0xff
		}
		for _, d := range dark {
			for y := d[0]; y < d[1]; y++ {
				g.SetGray(3, y, color.Gray{})
			}
		}
		return g
	}
	for name, test := range map[string]struct {
		img  *image.Gray
		want int
	}{
		"gaps":             {picture([2]int{0, 20}, [2]int{24, 50}, [2]int{54, 80}), 54},
		"a gap too narrow": {picture([2]int{0, 40}, [2]int{44, 50}, [2]int{53, 80}), 44},
		"no gap":           {picture([2]int{0, 100}), 0},
	} {
		got := halfOf(test.img)
		if got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
		if part, want := upper(test.img, got), max(test.want, 100*(1-min(test.want, 1))); part.Bounds().Dy() != want {
			t.Errorf("%s: the part is %v", name, part.Bounds())
		}
	}
}
