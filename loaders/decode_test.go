package loaders

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// webpGrey is a lossless file of Pillow with the pixels 40, 80, …, 240 in two rows.
const webpGrey = "5249464628000000574542505650384c1b0000002f024000002f5094a21465fe23809ab60dd850e75f4e8de87f4c2f00"

// webpAlpha has black pixels with the alpha values 0, 255, 128 and 255, 0, 0.
const webpAlpha = "524946464800000057454250565038580a00000010000000020000010000414c5048070000000000ff80ff000000565038201a0000003001009d012a0300020000c01225a400037000fefeeeaa000000"

// TIFF files of group 4 fax data that Pillow wrote.
const (
	faxBlackIsZero = "49492a000e00000005700100100009000001030001000000040000000101030001000000020000000201030001000000010000000301030001000000040000000601030001000000010000001101040001000000080000001601030001000000020000001701040001000000050000001c010300010000000100000000000000"
	faxWhiteIsZero = "49492a000e00000026ab7001001009000001030001000000040000000101030001000000020000000201030001000000010000000301030001000000040000000601030001000000000000001101040001000000080000001601030001000000020000001701040001000000060000001c010300010000000100000000000000"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	file, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func encoded(t testing.TB, m image.Image, encode func(io.Writer, image.Image) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encodeGIF(w io.Writer, m image.Image) error { return gif.Encode(w, m, nil) }

func encodeTIFF(compression tiff.CompressionType) func(io.Writer, image.Image) error {
	return func(w io.Writer, m image.Image) error {
		return tiff.Encode(w, m, &tiff.Options{Compression: compression})
	}
}

// TestFax compares the pixels of fax data with those that Pillow wrote.
func TestFax(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{"0 is black": faxBlackIsZero, "0 is white": faxWhiteIsZero} {
		s, _ := read(t, Options{}, map[string][]byte{"1.tif": unhex(t, file)})
		if want := []uint8{0, 255, 255, 255, 0, 0, 255, 255}; !slices.Equal(pixelsOf(s), want) {
			t.Errorf("%s: %v, want %v", name, pixelsOf(s), want)
		}
	}
}

// paletted returns the same pixels as an image with a palette of all grey values.
func paletted(m *image.Gray) *image.Paletted {
	out := &image.Paletted{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
	for v := range 256 {
		out.Palette = append(out.Palette, color.Gray{uint8(v)})
	}
	return out
}

// read reads files as one split of a folder. It also returns the logged messages.
func read(t *testing.T, o Options, files map[string][]byte) (Split, []string) {
	t.Helper()
	dir := t.TempDir()
	for name, file := range files {
		save(t, file, dir, name)
	}
	var messages []string
	o.Log = func(m string) { messages = append(messages, strings.TrimPrefix(m, dir)) }
	s, _, err := Images(context.Background(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return s, messages
}

// TestFormats reads the same pixels from files of all formats, some of them with
// another extension, and checks the count of other files.
func TestFormats(t *testing.T) {
	t.Parallel()
	pixels := []uint8{40, 80, 120, 160, 200, 240}
	m := &image.Gray{Pix: pixels, Stride: 3, Rect: image.Rect(0, 0, 3, 2)}
	files := map[string][]byte{
		"a.png": encodePNG(t, m), "b.gif": encoded(t, paletted(m), encodeGIF), "c.BMP": encoded(t, m, bmp.Encode),
		"d.tiff": encoded(t, m, encodeTIFF(tiff.Uncompressed)), "e.tif": encoded(t, m, encodeTIFF(tiff.Deflate)),
		"f.webp": unhex(t, webpGrey), "g": encodePNG(t, m), "h.bmp": encodePNG(t, m),
		".DS_Store": nil, "Thumbs.db": nil, "notes.txt": []byte("BMW, a make of cars"), "photo.heic": nil,
		"i.WEBP": []byte(webpAnimated), "j": []byte(webpAnimated),
	}
	s, messages := read(t, Options{}, files)
	if want := slices.Repeat(pixels, 8); s.Shape != (Shape{1, 2, 3}) || !bytes.Equal(pixelsOf(s), want) {
		t.Errorf("%d images of %v: %v", s.Len(), s.Shape, pixelsOf(s))
	}
	want := []string{
		": 2 files or folders are skipped: hidden or system file (such as .DS_Store)",
		": 2 files or folders are skipped: not PNG, JPEG, GIF, BMP, TIFF or WebP (such as notes.txt)",
		": 2 files or folders are skipped: animated WebP (such as i.WEBP)",
	}
	if !slices.Equal(messages, want) {
		t.Errorf("messages %q", messages)
	}
}

// webpAnimated is the start of an animated WebP file.
const webpAnimated = "RIFF\x10\x01\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x1b\x00\x00\x1b\x00\x00ANIM"

func TestAnimationAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.webp")
	save(t, []byte(webpAnimated), path)
	_, _, err := Images(context.Background(), path, Options{})
	wantError(t, err, ErrData, "a.webp: unreadable image: an animation; hint: save one of its frames as PNG")
}

// TestOrientation compares all orientations with the results of Pillow.
func TestOrientation(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	for i := range 6 {
		m.SetNRGBA(i%3, i/3, color.NRGBA{uint8(i + 1), 0, 0, 255})
	}
	for i, want := range [][]uint8{{1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1}, {4, 5, 6, 1, 2, 3},
		{1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3}, {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}} {
		turned := upright(m, i+1, make([]uint8, len(m.Pix)))
		var got []uint8
		for at := 0; at < len(turned.Pix); at += 4 {
			got = append(got, turned.Pix[at])
		}
		if width := []int{3, 2}[i/4]; !slices.Equal(got, want) || turned.Rect.Dx() != width {
			t.Errorf("orientation %d: %v of width %d, want %v of width %d", i+1, got, turned.Rect.Dx(), want, width)
		}
	}
}

// exif adds an orientation to a JPEG file, as cameras do.
func exif(file []byte, order string, orientation uint8) []byte {
	data := "Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00" + string(rune(orientation)) + "\x00\x00\x00\x00\x00\x00\x00"
	if order == "MM" {
		data = "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(rune(orientation)) + "\x00\x00\x00\x00\x00\x00"
	}
	segment := fmt.Sprintf("\xff\xe1%c%c%s", 0, len(data)+2, data)
	comment := "\xff\xfe\x00\x05abc"
	return slices.Concat(file[:2], []byte(comment), []byte(segment), file[2:])
}

func TestOpenTurnedPhotographs(t *testing.T) {
	t.Parallel()
	m := image.NewGray(image.Rect(0, 0, 16, 8))
	for i := range m.Pix {
		m.Pix[i] = uint8(i % 16 / 8 * 200) // black on the left, light on the right
	}
	file := encoded(t, m, func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) })
	for _, order := range []string{"II", "MM"} {
		s, _ := read(t, Options{}, map[string][]byte{"1.jpg": exif(file, order, 6), "2.jpg": exif(file, order, 8)})
		if s.Shape != (Shape{1, 16, 8}) {
			t.Fatalf("images of %v", s.Shape)
		}
		if right, left := imageOf(s, 0), imageOf(s, 1); right[0] > 20 || right[127] < 180 || left[0] < 180 || left[127] > 20 {
			t.Errorf("corners %d, %d and %d, %d", right[0], right[127], left[0], left[127])
		}
	}
}

// TestBackground checks that all images of a data set get the same background.
func TestBackground(t *testing.T) {
	t.Parallel()
	drawing := func(ink color.NRGBA) []byte {
		m := image.NewNRGBA(image.Rect(0, 0, 2, 1))
		m.SetNRGBA(0, 0, ink)
		return encodePNG(t, m)
	}
	opaque := image.NewGray(image.Rect(0, 0, 2, 1)) // black, but without transparent pixels, so it does not count
	for _, test := range []struct {
		name, background string
		ink              []color.NRGBA
		want             []uint8
		shape            Shape
		mention          string
	}{
		{"dark ink", "", []color.NRGBA{{0, 0, 0, 255}, {0, 0, 0, 51}}, []uint8{0, 255, 204, 255, 0, 0}, Shape{1, 1, 2}, "2 of 3 images have transparent pixels, which are drawn on white"},
		{"light ink", "auto", []color.NRGBA{{255, 255, 255, 255}, {40, 40, 40, 102}}, []uint8{255, 0, 16, 0, 0, 0}, Shape{1, 1, 2}, "on black"},
		{"as asked", "black", []color.NRGBA{{10, 10, 10, 255}}, []uint8{10, 0, 0, 0}, Shape{1, 1, 2}, "on black"},
		{"in colour", "#ff8000", []color.NRGBA{{10, 10, 10, 255}}, []uint8{10, 255, 10, 128, 10, 0, 0, 0, 0, 0, 0, 0}, Shape{3, 1, 2}, "on #ff8000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := map[string][]byte{"z.png": encodePNG(t, opaque)}
			for i, ink := range test.ink {
				files[fmt.Sprintf("%d.png", i)] = drawing(ink)
			}
			s, messages := read(t, Options{ImageOptions: ImageOptions{Background: test.background}}, files)
			if s.Shape != test.shape || !slices.Equal(pixelsOf(s), test.want) {
				t.Errorf("%v: %v, want %v", s.Shape, pixelsOf(s), test.want)
			}
			if len(messages) != 1 || !strings.Contains(messages[0], test.mention) {
				t.Errorf("messages %q", messages)
			}
		})
	}
	s, _ := read(t, Options{}, map[string][]byte{"1.webp": unhex(t, webpAlpha)})
	for i, want := range []uint8{255, 0, 127, 0, 255, 255} {
		if pixelsOf(s)[i] != want {
			t.Errorf("WebP: %v", pixelsOf(s))
			break
		}
	}
	for _, text := range []string{"grey", "#fff", "#12345g", "ffffff", "#+12345"} {
		wantError(t, ImageOptions{Background: text}.Validate(), ErrUnknown, text, "hint: ")
	}
}

// TestDeepImages rounds pixels of 16 bits to 8 bits.
func TestDeepImages(t *testing.T) {
	t.Parallel()
	m := image.NewGray16(image.Rect(0, 0, 4, 1))
	for x, v := range []uint16{0, 128, 129, 65535 - 128} { // one step of 8 bits is 257
		m.SetGray16(x, 0, color.Gray16{v})
	}
	for name, file := range map[string][]byte{"1.png": encodePNG(t, m), "1.tiff": encoded(t, m, encodeTIFF(tiff.Deflate))} {
		if s, _ := read(t, Options{}, map[string][]byte{name: file}); !slices.Equal(pixelsOf(s), []uint8{0, 0, 1, 255}) {
			t.Errorf("%s: %v", name, pixelsOf(s))
		}
	}
}

// TestEqualImages warns if all images are equal.
func TestEqualImages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 10 {
		save(t, grey(t, 2, 2, 7), dir, fmt.Sprintf("%d.png", i))
	}
	var messages []string
	if _, err := Open(context.Background(), "folder:"+dir, Options{Log: func(m string) { messages = append(messages, m) }}); err != nil {
		t.Fatal(err)
	}
	if len(messages) != 1 || !strings.Contains(messages[0], "all 10 images are equal") {
		t.Errorf("messages %q", messages)
	}
}

// FuzzExif reads the orientation of arbitrary files.
func FuzzExif(f *testing.F) {
	file := encoded(f, image.NewGray(image.Rect(0, 0, 3, 2)), func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) })
	f.Add(file)
	f.Add(exif(file, "II", 6))
	f.Add(exif(file, "MM", 3))
	f.Add(encoded(f, image.NewGray(image.Rect(0, 0, 3, 2)), encodeTIFF(tiff.Uncompressed)))
	for _, name := range []string{"rgb-turned.png", "lossless-turned.webp", "turned.jpg", "rgb-turned.tif"} {
		file, err := os.ReadFile(filepath.Join("testdata", "images", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		r := bytes.NewReader(file)
		for _, o := range []int{jpegOrientation(r), pngOrientation(r), webpOrientation(r), readTags(r).orientation()} {
			if o < 1 || o > 8 {
				t.Fatalf("orientation %d", o)
			}
		}
		webpFrame(r)
		if bytes := readTags(r).blockBytes(int64(len(file)), image.Config{Width: 3, Height: 2}); bytes < 0 {
			t.Fatalf("%d bytes", bytes)
		}
	})
}

// TestDecodingIsBounded has headers that claim more than the images need.
func TestDecodingIsBounded(t *testing.T) {
	t.Parallel()
	small := image.Config{Width: 8, Height: 8}
	for _, test := range []struct {
		tags tags
		want int64 // for a file of 1,000 bytes
	}{
		{tags{}, 1000 + 2*8*64},
		{tags{tagRowsPerStrip: 1<<32 - 1}, 1000 + 2*2731*1000},
		{tags{tagTileWidth: 1<<32 - 1, tagTileLength: 1<<32 - 1}, 1000 + 2*2731*1000},
		{tags{tagTileWidth: 16, tagTileLength: 16}, 1000 + 2*8*256},
		{tags{tagCompression: packBits}, 65000},
	} {
		if got := test.tags.blockBytes(1000, small); got != test.want {
			t.Errorf("%v: %d bytes, want %d", test.tags, got, test.want)
		}
	}
	canvas := unhex(t, webpAlpha)
	canvas[24]++ // its width
	path := filepath.Join(t.TempDir(), "a.webp")
	save(t, canvas, path)
	_, _, err := Images(context.Background(), path, Options{})
	wantError(t, err, ErrData, "a.webp: unreadable image: a frame of 2×3 pixels in an image of 2×4")
}
