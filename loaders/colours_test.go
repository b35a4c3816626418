package loaders

import (
	"image/color"
	"slices"
	"testing"
)

func TestColoured(t *testing.T) {
	t.Parallel()
	grey := labelled(Shape{1, 1, 2}, []uint8{0, 50, 100, 255}, 0, 1)
	wide := grey.Coloured(3)
	if wide.Shape != (Shape{3, 1, 2}) || !slices.Equal(pixelsOf(wide), []uint8{0, 50, 0, 50, 0, 50, 100, 255, 100, 255, 100, 255}) || wide.Len() != 2 {
		t.Errorf("grey becomes %v %v", wide.Shape, pixelsOf(wide))
	}
	if back := wide.Coloured(1); back.Shape != grey.Shape || !slices.Equal(pixelsOf(back), pixelsOf(grey)) || !slices.Equal(back.Labels, grey.Labels) {
		t.Errorf("and %v %v again", back.Shape, pixelsOf(back))
	}
	colour := Pixels(Shape{3, 1, 1}, []uint8{10, 200, 90})
	if want, got := color.GrayModel.Convert(color.RGBA{10, 200, 90, 255}).(color.Gray).Y, pixelsOf(colour.Coloured(1)); got[0] != want {
		t.Errorf("luma %d, want %d", got[0], want)
	}
	pairs := grey.Pairs(Motion{Shift: 1}, 1).Coloured(6)
	if pairs.Shape.Channels != 6 || pairs.Source.Channels != 3 || pairs.Len() != 2 || len(pixelsOf(pairs)) != 24 {
		t.Errorf("pairs become %v of %v", pairs.Shape, pairs.Source)
	}
	if same := colour.Coloured(2); same.Shape != colour.Shape {
		t.Errorf("two channels: %v", same.Shape)
	}
}
