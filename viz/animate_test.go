package viz

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"slices"
	"testing"
	"time"
)

func animate(t *testing.T, frames []image.Image, delay time.Duration) *gif.GIF {
	t.Helper()
	var out bytes.Buffer
	if err := Animate(&out, frames, delay); err != nil {
		t.Fatal(err)
	}
	decoded, err := gif.DecodeAll(&out)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

func TestAnimateGreyIsExact(t *testing.T) {
	var frames []image.Image
	for k := range 3 {
		grey := image.NewGray(image.Rect(0, 0, 16, 16))
		for i := range grey.Pix {
			grey.Pix[i] = uint8(i%16 + 40*k)
		}
		frames = append(frames, grey)
	}
	decoded := animate(t, frames, 300*time.Millisecond)
	if !slices.Equal(decoded.Delay, []int{30, 30, 200}) || decoded.LoopCount != 0 {
		t.Errorf("delays %v, loops %d", decoded.Delay, decoded.LoopCount)
	}
	for k, frame := range shown(decoded) {
		compareImages(t, frame, frames[k], 0)
	}
}

// shown returns the pictures of an animation as they are seen.
func shown(g *gif.GIF) (all []image.Image) {
	canvas := image.NewRGBA(image.Rect(0, 0, g.Config.Width, g.Config.Height))
	for _, frame := range g.Image {
		draw.Draw(canvas, frame.Rect, frame, frame.Rect.Min, draw.Over)
		copied := *canvas
		copied.Pix = slices.Clone(canvas.Pix)
		all = append(all, &copied)
	}
	return all
}

// TestAnimateChanges checks that a frame holds only what differs from the frame before.
func TestAnimateChanges(t *testing.T) {
	frames := []image.Image{}
	for k := range 4 {
		grey := image.NewGray(image.Rect(0, 0, 30, 20))
		if k < 3 {
			grey.SetGray(5+k, 7, color.Gray{200})
		} else {
			grey.SetGray(7, 7, color.Gray{200})
		}
		frames = append(frames, grey)
	}
	decoded := animate(t, frames, time.Second)
	for k, want := range []image.Rectangle{image.Rect(0, 0, 30, 20), image.Rect(5, 7, 7, 8), image.Rect(6, 7, 8, 8), image.Rect(0, 0, 1, 1)} {
		if got := decoded.Image[k].Rect; got != want {
			t.Errorf("frame %d changes %v, want %v", k, got, want)
		}
	}
	for k, frame := range shown(decoded) {
		compareImages(t, frame, frames[k], 0)
	}
}

func TestAnimateColours(t *testing.T) {
	few, many := image.NewRGBA(image.Rect(0, 0, 40, 40)), image.NewRGBA(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			many.SetRGBA(x, y, color.RGBA{uint8(4 * x), uint8(4 * y), uint8(2*x + 2*y), 255})
			if x < 40 && y < 40 {
				few.SetRGBA(x, y, color.RGBA{uint8(x / 8 * 50), uint8(y / 8 * 50), 90, 255})
			}
		}
	}
	decoded := animate(t, []image.Image{few}, time.Second)
	compareImages(t, decoded.Image[0], few, 0)
	decoded = animate(t, []image.Image{many, few}, 0)
	compareImages(t, decoded.Image[0], many, 64)
	if decoded.Delay[0] != 2 {
		t.Errorf("delay %d, want the least", decoded.Delay[0])
	}
	if got := shown(decoded)[1].At(63, 63); distanceOf(got, color.White) > 24 {
		t.Errorf("beside a smaller frame is %v", got)
	}
}

func compareImages(t *testing.T, got, want image.Image, tolerance int) {
	t.Helper()
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			if distanceOf(got.At(x, y), want.At(x, y)) > tolerance {
				t.Fatalf("pixel %d, %d is %v, want %v", x, y, got.At(x, y), want.At(x, y))
			}
		}
	}
}

// TestAnimateParts animates frames that do not begin at the origin or are parts of larger ones.
func TestAnimateParts(t *testing.T) {
	whole := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range whole.Pix {
		whole.Pix[i] = uint8(i)
	}
	part := whole.SubImage(image.Rect(2, 3, 6, 7))
	decoded := animate(t, []image.Image{part}, time.Second)
	if got := decoded.Image[0].At(0, 0); distanceOf(got, color.Gray{26}) > 0 {
		t.Errorf("first pixel %v, want that of the part", got)
	}
}

func TestAnimateNothing(t *testing.T) {
	for _, frames := range [][]image.Image{nil, {image.NewGray(image.Rectangle{})}} {
		if err := Animate(&bytes.Buffer{}, frames, time.Second); !errors.Is(err, ErrNoFrames) {
			t.Errorf("error %v", err)
		}
	}
}
