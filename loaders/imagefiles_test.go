package loaders

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// imageFile is a row of testdata/images/table.json, which scripts/image-files makes: an
// image file, options, and the pixels that Pillow reads with them on a white background.
type imageFile struct {
	File                    string
	Size                    Size
	Fit                     string
	Grey                    bool
	Width, Height, Channels int
	Pixels                  []byte // H×W×C, compressed; empty: Pillow cannot read the file
}

// refusedFiles are the files that are not read, with the reasons.
var refusedFiles = map[string]string{
	"animated.webp":  "an animation; hint: save one of its frames as PNG",
	"cmyk-plain.jpg": "unsupported JPEG feature: unknown color model: 4-component JPEG doesn't have Adobe APP14 metadata",
	"cmyk.tif":       "tiff: unsupported feature: color model",
	"cut.png":        "png: invalid format: not enough pixel data",
	"float.tif":      "tiff: unsupported feature: sample format",
	"grey-alpha.tif": "tiff: unsupported feature: extra samples",
	"jpeg.tif":       "tiff: unsupported feature: compression value 7",
	"rgb565.bmp":     "bmp: unsupported BMP image",
	"rle.bmp":        "bmp: unsupported BMP image",
}

// roundedFiles are the largest differences from Pillow's pixels, in steps of 8 bits. Files
// that are not listed have the same pixels. The inverse DCT of package image/jpeg rounds a
// few values of luma and chroma in another direction than that of libjpeg. The conversion to
// RGB multiplies differences of chroma by up to 1.8.
var roundedFiles = map[string]int{
	"grey.jpg": 1, "keep-rgb.jpg": 1, "cmyk.jpg": 1, "narrow.jpg": 1,
	"444.jpg": 2, "422.jpg": 2, "420.jpg": 2, "440.jpg": 2, "411.jpg": 2, "turned.jpg": 2, "mirrored.jpg": 2, "ycck.jpg": 2,
	"progressive.jpg": 3, "restart.jpg": 3,
}

// allowed is the largest difference from Pillow's pixels. Pillow resizes the rows first,
// and rounds these values to 8 bits before it resizes the columns. It clips them, too, which
// matters beside edges of a larger picture, where the filter overshoots.
func (f imageFile) allowed() int {
	switch {
	case f.Size == Size{} || f.Size == Size{27, 19}: // the size of the file
		return roundedFiles[f.File]
	case f.Size.Width > 27:
		return 8
	}
	return 1
}

// want returns the pixels of Pillow, H×W×C.
func (f imageFile) want(t *testing.T) []byte {
	t.Helper()
	r, err := zlib.NewReader(bytes.NewReader(f.Pixels))
	if err != nil {
		t.Fatal(err)
	}
	pixels, err := io.ReadAll(r)
	if err != nil || len(pixels) != f.Height*f.Width*f.Channels {
		t.Fatalf("%d pixels, error %v", len(pixels), err)
	}
	return pixels
}

// TestImageFiles reads files of all kinds. Each has the pixels that Pillow reads from it, or it
// is refused by name.
func TestImageFiles(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/images/table.json")
	if err != nil {
		t.Fatal(err)
	}
	var table []imageFile
	if err := json.Unmarshal(text, &table); err != nil || len(table) < 80 {
		t.Fatalf("%d files, error %v", len(table), err)
	}
	for _, f := range table {
		t.Run(fmt.Sprintf("%s size %v %s grey %t", f.File, f.Size, f.Fit, f.Grey), func(t *testing.T) {
			path := filepath.Join("testdata", "images", f.File)
			o := Options{ImageOptions: ImageOptions{Background: "white", Size: f.Size, Fit: f.Fit, Grey: f.Grey}}
			s, _, err := Images(context.Background(), path, o)
			if reason := refusedFiles[f.File]; reason != "" {
				wantError(t, err, ErrData, path+": unreadable image: "+reason)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := (Shape{f.Channels, f.Height, f.Width}); s.Shape != want {
				t.Fatalf("%s: shape %v, want %v", path, s.Shape, want)
			}
			f.compare(t, pixelsOf(s))
		})
	}
}

// compare compares pixels C×H×W with those of Pillow.
func (f imageFile) compare(t *testing.T, pixels []uint8) {
	t.Helper()
	different, first := 0, ""
	for i, want := range f.want(t) {
		x, y, channel := i/f.Channels%f.Width, i/f.Channels/f.Width, i%f.Channels
		got := pixels[(channel*f.Height+y)*f.Width+x]
		if d := int(got) - int(want); max(d, -d) > f.allowed() {
			if different++; first == "" {
				first = fmt.Sprintf("x %d, y %d, channel %d is %d, want %d", x, y, channel, got, want)
			}
		}
	}
	if different > 0 {
		t.Errorf("%s: %s; %d of %d values differ by more than %d", f.File, first, different, len(pixels), f.allowed())
	}
}
