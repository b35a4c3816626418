package pictures

import (
	"math"
	"slices"
	"testing"

	"gaetrain/loaders"
	"gaetrain/viz"
)

// TestMosaic puts six images of three channels and 2×1 pixels into two rows.
func TestMosaic(t *testing.T) {
	m := viz.Images{Channels: 3, Height: 2, Width: 1}
	for i := range 6 {
		for channel := range 3 {
			for y := range 2 {
				m.Pixels = append(m.Pixels, float32(100*i+10*channel+y))
			}
		}
	}
	whole := mosaic(m, 3)
	var want []float32
	for channel := range 3 {
		for _, line := range [][4]int{{0, 1, 2, 0}, {0, 1, 2, 1}, {3, 4, 5, 0}, {3, 4, 5, 1}} {
			for _, i := range line[:3] {
				want = append(want, float32(100*i+10*channel+line[3]))
			}
		}
	}
	if whole.Height != 4 || whole.Width != 3 || whole.Channels != 3 || !slices.Equal(whole.Pixels, want) {
		t.Errorf("%d×%d×%d of %v, want 3×4×3 of %v", whole.Channels, whole.Height, whole.Width, whole.Pixels, want)
	}
}

// TestManifold checks that the codes are a grid of quantiles. They must increase to the
// right and upwards, and each must represent the same share of N(0, 1).
func TestManifold(t *testing.T) {
	_, err := Manifold{Title: "plane", View: View{Shape: loaders.Shape{Channels: 1, Height: 1, Width: 1}}, Decode: func(codes []float32, _ int) ([]float32, error) {
		if len(codes) != 2*manifoldSide*manifoldSide {
			t.Fatalf("the codes have %d values", len(codes))
		}
		for i := range manifoldSide * manifoldSide {
			x, y := i%manifoldSide, manifoldSide-1-i/manifoldSide
			for d, at := range []int{x, y} {
				share := (1 + math.Erf(float64(codes[2*i+d])/math.Sqrt2)) / 2
				if math.Abs(share-(float64(at)+0.5)/manifoldSide) > 1e-6 {
					t.Errorf("value %d of code %d is %g, which is the quantile of %g", d, i, codes[2*i+d], share)
				}
			}
		}
		return make([]float32, len(codes)/2), nil
	}}.Image()
	if err != nil {
		t.Fatal(err)
	}
}

// TestManifoldOfClasses draws two classes whose images are black and mid-grey, so the
// areas of both colours show the size of each grid.
func TestManifoldOfClasses(t *testing.T) {
	const width, height, side = 30, 20, manifoldSide / 2
	m := Manifold{Title: "classes", View: View{Shape: loaders.Shape{Channels: 1, Height: height, Width: width}}, Classes: []string{"black", "grey"}}
	var decoded []int
	m.Decode = func(codes []float32, class int) ([]float32, error) {
		if len(codes) != 2*side*side {
			t.Fatalf("the codes have %d values", len(codes))
		}
		decoded = append(decoded, class)
		return slices.Repeat([]float32{0.5 * float32(class)}, side*side*width*height), nil
	}
	img, err := m.Image()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(decoded, []int{0, 1}) {
		t.Errorf("classes %v are decoded", decoded)
	}
	areas := make(map[uint32]int)
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, _, _, _ := img.At(x, y).RGBA()
			areas[r>>8]++
		}
	}
	const area = side * side * width * height
	if areas[0] < area || areas[128]+areas[127] < area || areas[0] > area+area/10 {
		t.Errorf("%d black and %d grey pixels, want %d each", areas[0], areas[127]+areas[128], area)
	}
}
