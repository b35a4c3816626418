package loaders

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// grey returns a grey PNG whose first pixel is value.
func grey(t testing.TB, height, width int, value uint8) []byte {
	m := image.NewGray(image.Rect(0, 0, width, height))
	copy(m.Pix, ramp(len(m.Pix)))
	m.Pix[0] = value
	return encodePNG(t, m)
}

func encodePNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func firstPixels(s Split) []uint8 {
	var first []uint8
	for i := range s.Len() {
		first = append(first, imageOf(s, i)[0])
	}
	return first
}

func TestOpenFolderOfClasses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 6 {
		save(t, grey(t, 2, 3, uint8(i)), dir, "dog", fmt.Sprintf("%d.png", i))
		save(t, grey(t, 2, 3, uint8(100+i)), dir, "cat", "deeper", fmt.Sprintf("%d.PNG", i))
	}
	save(t, []byte("not an image"), dir, "dog", "notes.txt")
	save(t, []byte("not an image"), dir, "dog", ".hidden.png")
	d, err := Open(context.Background(), "folder:"+dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"cat", "dog"}, d.Classes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]uint8{100, 101, 103, 104, 105, 0, 1, 2, 3, 4}, firstPixels(d.Train)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Label{0, 0, 0, 0, 0, 1, 1, 1, 1, 1}, d.Train.Labels); diff != "" {
		t.Error(diff)
	}
	if !bytes.Equal(firstPixels(d.Test), []uint8{102, 5}) || !slices.Equal(d.Test.Labels, []Label{0, 1}) {
		t.Errorf("test images %v of classes %v", firstPixels(d.Test), d.Test.Labels)
	}
	if d.Train.Shape != (Shape{1, 2, 3}) {
		t.Errorf("shape %v, want 1×2×3", d.Train.Shape)
	}
}

func TestOpenFolderOfSplitsInColour(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	save(t, grey(t, 1, 2, 9), dir, "train", "a", "1.png")
	coloured := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	coloured.Set(0, 0, color.NRGBA{1, 2, 3, 255})
	coloured.Set(1, 0, color.NRGBA{200, 200, 200, 0}) // transparent; the background is white, because the opaque pixel is dark
	save(t, encodePNG(t, coloured), dir, "test", "b", "1.png")
	var messages []string
	save(t, nil, dir, "README.md")
	d, err := Open(context.Background(), "folder:"+dir, Options{Log: func(m string) { messages = append(messages, m) }})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(named(labelled(Shape{3, 1, 2}, []uint8{9, 7, 9, 7, 9, 7}, 0), "train/a/1.png"), d.Train, byContent); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(named(labelled(Shape{3, 1, 2}, []uint8{1, 255, 2, 255, 3, 255}, 1), "test/b/1.png"), d.Test, byContent); diff != "" {
		t.Error(diff)
	}
	if len(messages) != 2 || !strings.HasSuffix(messages[1], "1 file or folder is skipped: next to the folders of the splits (such as README.md)") {
		t.Errorf("messages %q, want one about README.md and one about the background", messages)
	}
}

func TestOpenFolderUnlabelledJPEG(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 20 {
		m := image.NewGray(image.Rect(0, 0, 8, 8))
		for p := range m.Pix {
			m.Pix[p] = uint8(10 * i)
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, nil); err != nil {
			t.Fatal(err)
		}
		save(t, b.Bytes(), dir, fmt.Sprintf("%02d.jpeg", i))
	}
	d, err := Open(context.Background(), "folder:"+dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Classes != nil || d.Train.Labels != nil || d.Train.Len() != 17 || d.Test.Len() != 3 || d.Train.Shape.Channels != 1 {
		t.Errorf("%d + %d images of %v, classes %v", d.Train.Len(), d.Test.Len(), d.Train.Shape, d.Classes)
	}
	for i, got := range firstPixels(d.Test) {
		if want := []int{60, 80, 140}[i]; int(got) < want-2 || int(got) > want+2 {
			t.Errorf("test image %d is of brightness %d, want about %d", i, got, want)
		}
	}
}

func TestOpenFolderRefuses(t *testing.T) {
	t.Parallel()
	many := func(t *testing.T, dir string) {
		for i := range 10 {
			save(t, grey(t, 2, 2, 0), dir, "a", fmt.Sprintf("%d.png", i))
		}
	}
	tests := []struct {
		name  string
		build func(t *testing.T, dir string)
		parts []string
	}{
		{"empty", func(t *testing.T, dir string) {}, []string{"holds no files of PNG, JPEG"}},
		{"too few", func(t *testing.T, dir string) { save(t, grey(t, 2, 2, 0), dir, "1.png") }, []string{"too few"}},
		{"sizes", func(t *testing.T, dir string) { many(t, dir); save(t, grey(t, 2, 5, 0), dir, "b", "odd.png") },
			[]string{"images of 2 sizes (width×height): 2×2 (10 images, such as a/1.png), 5×2 (1 image, b/odd.png); hint: --size 64"}},
		{"unreadable", func(t *testing.T, dir string) {
			save(t, []byte("hello"), dir, "train", "bad.png")
			save(t, grey(t, 2, 2, 0), dir, "test", "1.png")
		},
			[]string{"the only training image is broken"}},
		{"loose", func(t *testing.T, dir string) { many(t, dir); save(t, grey(t, 2, 2, 0), dir, "loose.png") },
			[]string{"loose.png: is not in one of the sub-folders"}},
		{"empty split", func(t *testing.T, dir string) {
			save(t, grey(t, 2, 2, 0), dir, "train", "1.png")
			save(t, nil, dir, "test", "notes.txt")
		}, []string{"test: holds no files of PNG"}},
		{"giant", func(t *testing.T, dir string) { many(t, dir); save(t, grey(t, 1, maxSide+1, 0), dir, "A", "1.png") },
			[]string{"1.png: image of 1×8193", "hint: --size 64"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			test.build(t, dir)
			_, err := Open(context.Background(), "folder:"+dir, Options{})
			wantError(t, err, ErrData, append(test.parts, dir)...)
		})
	}
	_, err := Open(context.Background(), "folder:"+filepath.Join(t.TempDir(), "none"), Options{})
	wantError(t, err, ErrData, "none: no such file")
}

// TestManyClasses opens a folder of more classes than a byte can number.
func TestManyClasses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one := grey(t, 1, 1, 5)
	for i := range 257 {
		save(t, one, dir, fmt.Sprintf("%03d", i), "1.png")
	}
	d, err := Open(context.Background(), "folder:"+dir, Options{Whole: true})
	if err != nil || len(d.Classes) != 257 || d.Train.Labels[256] != 256 || d.Classes[256] != "256" {
		t.Errorf("%v, error %v", d, err)
	}
}

func TestTooManySubFolders(t *testing.T) {
	t.Parallel()
	var list []picture
	for i := range maxClasses + 1 {
		list = append(list, picture{class: fmt.Sprint(i)})
	}
	_, err := classNames("photos", list)
	wantError(t, err, ErrData, "photos: 65537 sub-folders, want at most 65536 classes")
}

// TestOpenFolderOfClassesInLatin1 refuses two names that would be one name in JSON.
func TestOpenFolderOfClassesInLatin1(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, class := range []string{"caf\xe8", "caf\xe9"} {
		if err := os.Mkdir(filepath.Join(dir, class), 0o755); err != nil {
			t.Skipf("the file system refuses such names: %v", err)
		}
		for i := range 10 {
			save(t, grey(t, 1, 1, uint8(i)), dir, class, fmt.Sprintf("%d.png", i))
		}
	}
	_, err := Open(context.Background(), "folder:"+dir, Options{})
	wantError(t, err, ErrData, `the name "caf\xe8" of a sub-folder, which is a class, is not valid UTF-8; hint: rename`)
}

// TestOpenFolderOfFilesInLatin1 reads files whose names are not UTF-8.
func TestOpenFolderOfFilesInLatin1(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "caf\xe9.png"), grey(t, 1, 1, 7), 0o644); err != nil {
		t.Skipf("the file system refuses such names: %v", err)
	}
	save(t, grey(t, 1, 1, 8), dir, "caf\xe9")
	s, paths, err := Images(context.Background(), dir, Options{})
	if err != nil || len(paths) != 2 || !bytes.Equal(pixelsOf(s), []uint8{8, 7}) {
		t.Errorf("pixels %v of %q, error %v", pixelsOf(s), paths, err)
	}
}

func FuzzPicture(f *testing.F) {
	f.Add(grey(f, 2, 3, 1))
	f.Add(encodePNG(f, image.NewNRGBA(image.Rect(0, 0, 3, 2))))
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, 3, 2)), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	huge := bytes.Clone(grey(f, 2, 3, 1))
	binary.BigEndian.PutUint64(huge[16:], 60000<<32|60000) // height and width in the header
	f.Add(huge)
	f.Add(encodePNG(f, image.NewNRGBA64(image.Rect(0, 0, 3, 2))))
	f.Add([]byte("GIF89a"))
	two := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	f.Add(encoded(f, two, encodeGIF))
	f.Add(encoded(f, two, bmp.Encode))
	f.Add(encoded(f, two, encodeTIFF(tiff.Deflate)))
	f.Add(exif(b.Bytes(), "II", 3))
	f.Add(unhex(f, webpGrey))
	f.Add(unhex(f, webpAlpha))
	f.Add([]byte(webpAnimated))
	paths, err := filepath.Glob("testdata/images/*.*")
	if err != nil || len(paths) < 60 {
		f.Fatalf("%d files, error %v", len(paths), err)
	}
	for _, path := range paths {
		file, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	dir := f.TempDir()
	all := []ImageOptions{{}, {Size: Size{5, 3}}, {Size: Size{4, 4}, Fit: fitPad}, {Size: Size{3, 7}, Fit: fitStretch, Grey: true}}
	f.Fuzz(func(t *testing.T, file []byte) {
		o := all[len(file)%len(all)]
		save(t, grey(t, 2, 3, 1), dir, "first.png")
		save(t, file, dir, "second.png")
		s, paths, err := Images(context.Background(), dir, Options{ImageOptions: o})
		if err != nil {
			wantError(t, err, ErrData)
			return
		}
		if len(pixelsOf(s)) != len(paths)*s.Shape.Size() {
			t.Fatalf("%d pixels for %d images of %v", len(pixelsOf(s)), len(paths), s.Shape)
		}
	})
}
