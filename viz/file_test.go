package viz

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestPNG(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "picture.png")
	grey := image.NewGray(image.Rect(0, 0, 3, 2))
	grey.Pix[4] = 77
	if err := WritePNG(t.Context(), path, grey); err != nil {
		t.Fatal(err)
	}
	got, err := ReadPNG(path)
	if err != nil {
		t.Fatal(err)
	}
	compareImages(t, got, grey, 0)
}

// TestWithPalette checks that an image of 256 colours keeps all of them, and that one of more is left alone.
func TestWithPalette(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 40, 40))
	for i := range 1600 {
		img.SetRGBA(i%40, i/40, color.RGBA{uint8(i % 256), uint8(i % 256 / 2), 7, 255})
	}
	few := withPalette(img)
	if few == nil || len(few.Palette) != 256 {
		t.Fatal("256 colours have no palette")
	}
	compareImages(t, few, img, 0)
	img.SetRGBA(39, 39, color.RGBA{255, 255, 255, 255})
	if withPalette(img) != nil {
		t.Error("257 colours have a palette of 256")
	}
}

func TestFileErrors(t *testing.T) {
	folder := t.TempDir()
	if err := WritePNG(t.Context(), filepath.Join(folder, "missing", "a.png"), image.NewGray(image.Rect(0, 0, 1, 1))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("write into a missing folder: %v", err)
	}
	if _, err := ReadPNG(filepath.Join(folder, "a.png")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("read a missing file: %v", err)
	}
	path := filepath.Join(folder, "text.png")
	if err := os.WriteFile(path, []byte("not a picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPNG(path); err == nil {
		t.Error("text was read as a picture")
	}
	if err := WritePNG(t.Context(), path, image.NewGray(image.Rectangle{})); err == nil {
		t.Error("an empty picture was written")
	}
}

func TestSmallPNG(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 40, 40))
	for i := range img.Pix {
		img.Pix[i] = uint8(i)
	}
	for _, test := range []struct {
		colours int
		off     uint8 // largest error of a level
	}{{255, 1}, {16, 12}} {
		var out bytes.Buffer
		if err := EncodeSmallPNG(&out, img, test.colours); err != nil {
			t.Fatal(err)
		}
		decoded, err := png.Decode(&out)
		if err != nil {
			t.Fatal(err)
		}
		paletted, ok := decoded.(*image.Paletted)
		if !ok || len(paletted.Palette) > test.colours {
			t.Fatalf("%d colours: the picture is %T", test.colours, decoded)
		}
		for i := range img.Pix {
			r, _, _, _ := decoded.At(i%40, i/40).RGBA()
			if got, want := uint8(r>>8), img.Pix[i]; max(got, want)-min(got, want) > test.off {
				t.Fatalf("%d colours: level %d became %d", test.colours, want, got)
			}
		}
	}
}

// FuzzReadPNG reads pictures of a run folder. Their headers can claim any size.
func FuzzReadPNG(f *testing.F) {
	var small bytes.Buffer
	if err := png.Encode(&small, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		f.Fatal(err)
	}
	f.Add(small.Bytes())
	f.Add(small.Bytes()[:40])
	for _, side := range []uint32{8192, 100_000, 1 << 31, 0} {
		claim := bytes.Clone(small.Bytes())
		binary.BigEndian.PutUint32(claim[16:], side)
		binary.BigEndian.PutUint32(claim[20:], side)
		binary.BigEndian.PutUint32(claim[29:], crc32.ChecksumIEEE(claim[12:29]))
		f.Add(claim)
	}
	path := filepath.Join(f.TempDir(), "picture.png")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		img, err := ReadPNG(path)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 8*mostPixels+1<<20 {
			t.Errorf("%d bytes were allocated", used)
		}
		if err == nil && img.Bounds().Empty() {
			t.Error("an empty picture was read")
		}
	})
}
