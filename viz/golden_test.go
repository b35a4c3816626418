package viz

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

var regenerate = flag.Bool("regen", false, "write the golden pictures anew; look at each before you commit it")

// golden compares a picture with testdata/name, allowing for the last bits of anti-aliasing.
func golden(t *testing.T, name string, img image.Image) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *regenerate {
		if err := WritePNG(t.Context(), path, img); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := ReadPNG(path)
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds() != want.Bounds() {
		t.Fatalf("%s: bounds %v, want %v", name, img.Bounds(), want.Bounds())
	}
	different := 0
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			if distanceOf(img.At(x, y), want.At(x, y)) > 8 {
				different++
			}
		}
	}
	if limit := want.Bounds().Dx() * want.Bounds().Dy() / 2000; different > limit {
		t.Errorf("%s: %d pixels differ, at most %d may", name, different, limit)
	}
}

// distanceOf is the greatest difference of two colours in a channel, in 0…255.
func distanceOf(a, b color.Color) int {
	p, q := color.RGBAModel.Convert(a).(color.RGBA), color.RGBAModel.Convert(b).(color.RGBA)
	far := 0
	for _, d := range []int{int(p.R) - int(q.R), int(p.G) - int(q.G), int(p.B) - int(q.B), int(p.A) - int(q.A)} {
		far = max(far, d, -d)
	}
	return far
}

var numbers = regexp.MustCompile(`-?[0-9]+(\.[0-9]+)?`)

// goldenText compares a vector picture with testdata/name: numbers may differ by 0.2, everything else may not.
func goldenText(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *regenerate {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(numbers.ReplaceAll(got, nil), numbers.ReplaceAll(want, nil)) {
		t.Fatalf("%s differs in more than numbers; run with -regen and look", name)
	}
	b := numbers.FindAll(want, -1)
	for i, a := range numbers.FindAll(got, -1) {
		x, _ := strconv.ParseFloat(string(a), 64)
		y, _ := strconv.ParseFloat(string(b[i]), 64)
		if math.Abs(x-y) > 0.2 {
			t.Fatalf("%s: number %d is %s, want %s", name, i, a, b[i])
		}
	}
}

func decodePNG(t *testing.T, data []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// shapes draws n soft discs and rings, each image its own.
func shapes(n, channels, height, width int) Images {
	m := Images{Channels: channels, Height: height, Width: width}
	for i := range n {
		for c := range channels {
			for y := range height {
				for x := range width {
					dx := (float64(x)+0.5)/float64(width) - 0.5 - 0.1*math.Sin(float64(i+c))
					dy := (float64(y)+0.5)/float64(height) - 0.5 - 0.1*math.Cos(float64(2*i))
					r := math.Hypot(dx, dy)
					m.Pixels = append(m.Pixels, float32(math.Exp(-math.Pow((r-0.06*float64(i%4)-0.05*float64(c))/0.12, 2))))
				}
			}
		}
	}
	return m
}
