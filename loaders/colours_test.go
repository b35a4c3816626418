package loaders

import (
	"context"
	"errors"
	"image/color"
	"slices"
	"testing"
)

func TestColoured(t *testing.T) {
	t.Parallel()
	grey := Split{Shape: Shape{1, 1, 2}, Images: []uint8{0, 50, 100, 255}, Labels: []uint8{0, 1}}
	wide, err := grey.Coloured(t.Context(), 3)
	if err != nil || wide.Shape != (Shape{3, 1, 2}) || !slices.Equal(wide.Images, []uint8{0, 50, 0, 50, 0, 50, 100, 255, 100, 255, 100, 255}) || wide.Len() != 2 {
		t.Errorf("grey becomes %v %v, %v", wide.Shape, wide.Images, err)
	}
	back, err := wide.Coloured(t.Context(), 1)
	if err != nil || back.Shape != grey.Shape || !slices.Equal(back.Images, grey.Images) || !slices.Equal(back.Labels, grey.Labels) {
		t.Errorf("and %v %v again, %v", back.Shape, back.Images, err)
	}
	colour := Split{Shape: Shape{3, 1, 1}, Images: []uint8{10, 200, 90}}
	narrow, err := colour.Coloured(t.Context(), 1)
	if want := color.GrayModel.Convert(color.RGBA{10, 200, 90, 255}).(color.Gray).Y; err != nil || narrow.Images[0] != want {
		t.Errorf("luma %d, want %d, %v", narrow.Images[0], want, err)
	}
	pairs, err := grey.Pairs(Motion{Shift: 1}, 1).Coloured(t.Context(), 6)
	if err != nil || pairs.Shape.Channels != 6 || pairs.Source.Channels != 3 || pairs.Len() != 2 {
		t.Errorf("pairs become %v of %v, %v", pairs.Shape, pairs.Source, err)
	}
	if same, err := colour.Coloured(t.Context(), 2); err != nil || same.Shape != colour.Shape {
		t.Errorf("two channels: %v, %v", same.Shape, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := grey.Coloured(ended, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled conversion gives %v", err)
	}
}
