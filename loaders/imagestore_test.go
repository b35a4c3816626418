package loaders

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"testing"
)

// BenchmarkImageStore decodes colour photos of 64×64 pixels.
func BenchmarkImageStore(b *testing.B) {
	dir := b.TempDir()
	for i := range 100 {
		m := image.NewRGBA(image.Rect(0, 0, 64, 64))
		for y := range 64 {
			for x := range 64 {
				m.Set(x, y, color.RGBA{uint8(3*x + i), uint8(x * y / 16), uint8(200 - 2*y), 255})
			}
		}
		var file bytes.Buffer
		if err := jpeg.Encode(&file, m, &jpeg.Options{Quality: 90}); err != nil {
			b.Fatal(err)
		}
		save(b, file.Bytes(), dir, fmt.Sprintf("%03d.jpg", i))
	}
	d, err := Open(context.Background(), "folder:"+dir, Options{StorageOptions: little})
	if err != nil {
		b.Fatal(err)
	}
	values := make([]float32, d.Train.Shape.Size())
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := d.Train.Read(values, i%d.Train.Len(), 0); err != nil {
			b.Fatal(err)
		}
	}
}
