package loaders

import (
	"image"
	"testing"
)

func TestParseSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Size{"": {}, "none": {}, "64": {64, 64}, "96x64": {96, 64}, "1x8192": {1, 8192}} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%q is %v, error %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"0", "-1", "x", "64x", "x64", "64x64x3", "8193", "64X64", "64 x 64", "6.4", "99999999999999999999"} {
		_, err := ParseSize(text)
		wantError(t, err, ErrUnknown, text, "hint: 64 or WIDTHxHEIGHT")
	}
	wantError(t, ImageOptions{Fit: "cover"}.Validate(), ErrUnknown, "cover", "hint: crop, pad or stretch")
	for _, o := range []ImageOptions{{}, ImageDefaults(), {Fit: fitPad, Size: Size{3, 4}, Background: "#012345"}} {
		if err := o.Validate(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func FuzzParseSize(f *testing.F) {
	for _, text := range []string{"", "none", "64", "96x64", "0x1", "1x2x3"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		size, err := ParseSize(text)
		if err != nil {
			wantError(t, err, ErrUnknown)
			return
		}
		if again, err := ParseSize(size.String()); err != nil || again != size {
			t.Fatalf("%q is printed as %q, which is read as %v, error %v", text, size, again, err)
		}
	})
}

// FuzzPlaces checks that the part of an image that is used, and its place in the picture,
// are not empty and lie within both, for all proportions.
func FuzzPlaces(f *testing.F) {
	f.Add(uint16(40), uint16(20), uint16(4), uint16(4))
	f.Add(uint16(1), uint16(65535), uint16(8192), uint16(1))
	f.Add(uint16(65535), uint16(1), uint16(1), uint16(8192))
	f.Fuzz(func(t *testing.T, width, height, w, h uint16) {
		size := image.Pt(int(width)+1, int(height)+1)
		for _, fit := range []string{fitCrop, fitPad, fitStretch} {
			o := ImageOptions{Size: Size{int(w)%maxSide + 1, int(h)%maxSide + 1}, Fit: fit}
			part, at := o.places(size)
			if part.Empty() || at.Empty() || !part.In(image.Rectangle{Max: size}) || !at.In(image.Rect(0, 0, o.Size.Width, o.Size.Height)) {
				t.Fatalf("%+v: part %v of %v at %v", o, part, size, at)
			}
			if whole, full := part.Size() == size, at.Size() == image.Pt(o.Size.Width, o.Size.Height); fit != fitPad && !full || fit != fitCrop && !whole {
				t.Fatalf("%+v: part %v of %v at %v", o, part, size, at)
			}
		}
	})
}
