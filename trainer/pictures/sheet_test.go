package pictures_test

import (
	"fmt"
	"image"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/loaders"
	"gaetrain/trainer/pictures"
)

// shaded returns n images whose labels are 0, 1, …, classes−1, 0, ….
func shaded(shape loaders.Shape, n, classes int) loaders.Split {
	pixels := make([]uint8, n*shape.Size())
	for i := range pixels {
		pixels[i] = uint8(i * 37)
	}
	s := loaders.Pixels(shape, pixels)
	for i := range n * min(classes, 1) {
		s.Labels = append(s.Labels, loaders.Label(i%classes))
	}
	return s
}

// TestSheet checks the number of rows and columns by the size of the picture. An image
// and the gap below it are as high as 28 pixels times the scale.
func TestSheet(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                string
		shape               loaders.Shape
		images, classes     int
		least, most, widest int // of the height and the width
	}{
		{"classes", loaders.Shape{Channels: 1, Height: 28, Width: 28}, 200, 10, 12 * 84, 12*84 + 200, 1700},
		{"one class is empty", loaders.Shape{Channels: 3, Height: 28, Width: 28}, 9, 10, 10 * 84, 11*84 + 200, 1700},
		{"no labels", loaders.Shape{Channels: 1, Height: 28, Width: 28}, 500, 0, 12 * 84, 12*84 + 200, 1700},
		{"many classes", loaders.Shape{Channels: 1, Height: 28, Width: 28}, 500, 300, 12 * 84, 12*84 + 200, 1700},
		{"large images", loaders.Shape{Channels: 1, Height: 2000, Width: 3000}, 6, 2, 2 * 2000, 2*2000 + 200, 3300},
		{"pairs", loaders.Shape{Channels: 2, Height: 8, Width: 8}, 500, 0, 12 * 2 * 80, 12*2*84 + 400, 1700},
	} {
		d := &loaders.Dataset{Name: test.name, Train: shaded(test.shape, test.images, test.classes), Test: shaded(test.shape, min(test.images, 40), test.classes)}
		for class := range test.classes {
			d.Classes = append(d.Classes, fmt.Sprint("class ", class))
		}
		picture, err := pictures.Sheet(test.name, d, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if size := picture.Bounds().Size(); size.Y < test.least || size.Y > test.most || size.X > test.widest {
			t.Errorf("%s: the picture has the size %v, want a height from %d to %d and a width of at most %d", test.name, size, test.least, test.most, test.widest)
		}
	}
}

// TestHistograms checks the bars of a column whose values are 0 in a quarter of the rows
// and 1 in the others, and of a column with only one value. The second class has only
// the value 0 of the first column.
func TestHistograms(t *testing.T) {
	t.Parallel()
	table := loaders.Values(loaders.Shape{Channels: 1, Height: 1, Width: 2}, []float32{0, 5, 1, 5, 1, 5, 1, 5})
	columns := []loaders.Moments{{Count: 4, Min: 0, Max: 1}, {Count: 4, Min: 5, Max: 5}}
	bars := func() []int { // numbers of dark pixels in the columns of the picture that have many
		t.Helper()
		picture, err := pictures.Histograms("table", table, []string{"x", "y"}, []string{"a", "b"}, columns)
		if err != nil {
			t.Fatal(err)
		}
		grey, ok := picture.(*image.Gray)
		if !ok {
			t.Fatalf("the picture is %T", picture)
		}
		var list []int
		for x := range grey.Rect.Dx() {
			dark := 0
			for y := range grey.Rect.Dy() {
				if grey.GrayAt(x, y).Y == 64 {
					dark++
				}
			}
			if dark > 15 && x%2 == 0 { // less is text
				list = append(list, dark)
			}
		}
		return list
	}
	const full, third = 2 * 28, 2 * 10
	if diff := cmp.Diff([]int{third + full, full}, bars()); diff != "" {
		t.Error(diff)
	}
	table.Labels = []loaders.Label{1, 0, 0, 0}
	if diff := cmp.Diff([]int{third + full, full, full, full, full + full}, bars()); diff != "" {
		t.Error(diff)
	}
}
