package loaders

import (
	"bytes"
	"context"
	"crypto/md5"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDecoderReadsAgain reads each image of a folder again, alone, and compares its
// pixels with those of the data set.
func TestDecoderReadsAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 12 {
		m := image.NewNRGBA(image.Rect(0, 0, 7, 5+i%3))
		for p := range m.Pix {
			m.Pix[p] = uint8(31*p + 17*i)
		}
		save(t, encodePNG(t, m), dir, fmt.Sprintf("%02d.png", i))
	}
	save(t, []byte("GIF89a"), dir, "broken.gif")
	for _, o := range []ImageOptions{
		{Size: Size{7, 5}},
		{Size: Size{4, 6}, Fit: fitPad},
		{Size: Size{4, 6}, Fit: fitPad, Background: "#ff8000"},
		{Size: Size{9, 3}, Fit: fitStretch, Grey: true},
		{Size: Size{3, 3}, Grey: true, Background: "#ff8000"},
	} {
		f, err := listFolder(context.Background(), dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		all, err := f.collect(context.Background(), newBudget(), Options{ImageOptions: o})
		if err != nil {
			t.Fatal(err)
		}
		if channels := map[bool]int{true: 1, false: 3}[o.Grey]; len(all.list) != 12 || all.Shape != (Shape{channels, o.Size.Height, o.Size.Width}) {
			t.Fatalf("%+v: %d images of %v", o, len(all.list), all.Shape)
		}
		var again canvas
		pixels := make([]uint8, all.Shape.Size())
		for i, p := range all.list {
			file, closer, err := p.open(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if err := all.decodeFile(context.Background(), file, p.path, &again); err != nil {
				t.Fatal(err)
			}
			closer.Close()
			if all.read(pixels, &again); !bytes.Equal(pixels, imageOf(all.Split, i)) {
				t.Errorf("%+v: image %d is %v, read again %v", o, i, imageOf(all.Split, i), pixels)
			}
		}
	}
}

// TestSkipped has a folder with one file for each reason to skip it. With Strict,
// each of them is an error.
func TestSkipped(t *testing.T) {
	t.Parallel()
	whole := grey(t, 2, 2, 0)
	for name, test := range map[string]struct {
		file   []byte
		report string
	}{
		".DS_Store":         {nil, "1 file or folder is skipped: hidden or system file (such as .DS_Store)"},
		"@eaDir/a.png":      {whole, "1 file or folder is skipped: hidden or system file (such as @eaDir)"},
		"notes.txt":         {[]byte("text"), "1 file or folder is skipped: not PNG, JPEG, GIF, BMP, TIFF or WebP (such as notes.txt)"},
		"moving.webp":       {[]byte(webpAnimated), "1 file or folder is skipped: animated WebP (such as moving.webp)"},
		"a/empty.png":       {nil, "1 image is skipped: broken (such as DIR/a/empty.png: unreadable image: not PNG, JPEG, GIF, BMP, TIFF or WebP); hint: --strict"},
		"a/header.png":      {whole[:20], "1 image is skipped: broken (such as DIR/a/header.png: unreadable image: unexpected EOF); hint: --strict"},
		"a/cut.png":         {whole[:45], "1 image is skipped: broken (such as DIR/a/cut.png: unreadable image: "},
		"a/another.png":     {[]byte("P5 1 1 255 "), "1 image is skipped: broken (such as DIR/a/another.png: unreadable image: not PNG"},
		"a/__macosx/._a.gi": {nil, "1 file or folder is skipped: hidden or system file (such as __macosx)"},
	} {
		dir := t.TempDir()
		for i := range 20 {
			save(t, grey(t, 2, 2, uint8(i)), dir, "a", fmt.Sprintf("%d.png", i))
		}
		save(t, test.file, dir, filepath.FromSlash(name))
		var messages []string
		o := Options{Log: func(m string) { messages = append(messages, strings.ReplaceAll(m, dir, "DIR")) }}
		d, err := Open(context.Background(), "folder:"+dir, o)
		if err != nil {
			t.Fatal(err)
		}
		if n := d.Train.Len() + d.Test.Len(); n != 20 || len(messages) != 1 || !strings.HasPrefix(messages[0], "DIR: "+test.report) {
			t.Errorf("%s: %d images, messages %q", name, n, messages)
		}
		o.Strict = true
		_, err = Open(context.Background(), "folder:"+dir, o)
		wantError(t, err, ErrData, dir)
	}
}

// TestBrokenImages has folders in which most, all or the only images of a split are broken.
func TestBrokenImages(t *testing.T) {
	t.Parallel()
	fill := func(dir string, whole, broken int) {
		for i := range whole {
			save(t, grey(t, 2, 2, uint8(i)), dir, fmt.Sprintf("%d.png", i))
		}
		for i := range broken {
			save(t, nil, dir, fmt.Sprintf("broken%d.png", i))
		}
	}
	dir := t.TempDir()
	fill(dir, 10, 11)
	var messages []string
	o := Options{Whole: true, Log: func(m string) { messages = append(messages, m) }}
	if d, err := Open(context.Background(), "folder:"+dir, o); err != nil || d.Train.Len() != 10 {
		t.Fatal(err)
	}
	if len(messages) != 1 || !strings.Contains(messages[0], "11 images are skipped, more than half of all: broken (such as ") {
		t.Errorf("messages %q", messages)
	}
	dir = t.TempDir()
	fill(dir, 0, 11)
	_, err := Open(context.Background(), "folder:"+dir, Options{})
	wantError(t, err, ErrData, dir, "all 11 images are broken, such as", "broken0.png: unreadable image")
	dir = t.TempDir()
	fill(filepath.Join(dir, "train"), 3, 0)
	fill(filepath.Join(dir, "test"), 0, 2)
	_, err = Open(context.Background(), "folder:"+dir, Options{})
	wantError(t, err, ErrData, dir, "all 2 test images are broken")
}

// TestBrokenFrames skips both frames of a pair of which one is broken.
func TestBrokenFrames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 20 {
		save(t, grey(t, 2, 2, uint8(i)), dir, "first", fmt.Sprintf("%02d.png", i))
		save(t, grey(t, 2, 2, uint8(100+i)), dir, "second", fmt.Sprintf("%02d.png", i))
	}
	save(t, nil, dir, "first", "03.png")
	save(t, grey(t, 2, 2, 0)[:45], dir, "second", "05.png")
	var messages []string
	d, err := Open(context.Background(), "pairs:"+dir, Options{Whole: true, Log: func(m string) { messages = append(messages, m) }})
	if err != nil {
		t.Fatal(err)
	}
	if len(messages) != 2 || !strings.Contains(messages[0], "first: 1 image is skipped: broken") || !strings.Contains(messages[1], "second: 1 image is skipped: broken") {
		t.Errorf("messages %q", messages)
	}
	if d.Train.Len() != 18 {
		t.Fatalf("%d pairs", d.Train.Len())
	}
	for i, first := range firstPixels(d.Train) {
		if first == 3 || first == 5 || imageOf(d.Train, i)[4] != 100+first || d.Train.Names[i] != fmt.Sprintf("%02d.png", first) {
			t.Errorf("pair %d: %v, %s", i, imageOf(d.Train, i), d.Train.Names[i])
		}
	}
}

// TestFit compares where the parts of an image stand for each way to fit it.
func TestFit(t *testing.T) {
	t.Parallel()
	wide := image.NewNRGBA(image.Rect(0, 0, 40, 20)) // four squares of 10×20, from the left to the right
	for y := range 20 {
		for x := range 40 {
			wide.Set(x, y, color.Gray{uint8(50 + x/10*50)})
		}
	}
	for _, test := range []struct {
		o    ImageOptions
		want []uint8 // 4×4
	}{
		{ImageOptions{Fit: fitStretch}, []uint8{50, 100, 150, 200, 50, 100, 150, 200, 50, 100, 150, 200, 50, 100, 150, 200}},
		{ImageOptions{Fit: fitCrop}, []uint8{100, 100, 150, 150, 100, 100, 150, 150, 100, 100, 150, 150, 100, 100, 150, 150}},
		{ImageOptions{}, []uint8{100, 100, 150, 150, 100, 100, 150, 150, 100, 100, 150, 150, 100, 100, 150, 150}},
		{ImageOptions{Fit: fitPad}, []uint8{0, 0, 0, 0, 50, 100, 150, 200, 50, 100, 150, 200, 0, 0, 0, 0}},
		{ImageOptions{Fit: fitPad, Background: "white"}, []uint8{255, 255, 255, 255, 50, 100, 150, 200, 50, 100, 150, 200, 255, 255, 255, 255}},
	} {
		test.o.Size = Size{4, 4}
		s, _ := read(t, Options{ImageOptions: test.o}, map[string][]byte{"a.png": encodePNG(t, wide)})
		for i, want := range test.want {
			got := int(pixelsOf(s)[i])
			if between := test.o.Fit == fitPad || test.o.Fit == fitStretch; max(got-int(want), int(want)-got) > map[bool]int{true: 4, false: 9}[between] {
				t.Errorf("%+v: %v, want %v", test.o, pixelsOf(s), test.want)
				break
			}
		}
	}
}

// TestDigestOfImages computes the digest of a folder from the names, the sizes and the
// contents of its files, as earlier versions did. Files from which those computed other
// pixels have another digest, so that their runs are not resumed with these pixels.
func TestDigestOfImages(t *testing.T) {
	t.Parallel()
	for name, revised := range map[string]string{
		"rgb.png": "", "palette.gif": "", "transparent.gif": "", "grey16.png": "", "grey.jpg": "", "444.jpg": "", "turned.jpg": "", "lossless.webp": "",
		"rgba.png": "revised\n", "420.jpg": "revised\n", "cmyk.jpg": "revised\n", "rgb-turned.png": "revised\n", "lossy.webp": "revised\n",
	} {
		file, err := os.ReadFile(filepath.Join("testdata", "images", name))
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		save(t, file, dir, "train", name)
		save(t, file, dir, "test", name)
		d, err := Open(context.Background(), "folder:"+dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		sum := md5.New()
		for _, split := range []string{"train", "test"} {
			fmt.Fprintf(sum, "%s/%s\n%d\n%s%s", split, name, len(file), revised, file)
		}
		if want := "md5:" + digestOf(sum); d.Digest["images"] != want {
			t.Errorf("%s: digest %s, want %s", name, d.Digest["images"], want)
		}
	}
}
