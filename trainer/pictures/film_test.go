package pictures

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/loaders"
	"gaetrain/viz"
	"gaetrain/viz/page"
)

// TestStory checks that few frames of a long run keep its first and last epochs, and more
// early ones than late ones.
func TestStory(t *testing.T) {
	frames := func(n int) (list []Frame) {
		for i := range n {
			list = append(list, Frame{Epoch: i})
		}
		return list
	}
	for _, test := range []struct {
		all, most int
		want      []int
	}{
		{3, 12, []int{0, 1, 2}}, {5, 3, []int{0, 1, 4}}, {128, 8, []int{0, 1, 3, 7, 15, 31, 63, 127}}, {2, 2, []int{0, 1}},
	} {
		var got []int
		for _, f := range story(frames(test.all), test.most) {
			got = append(got, f.Epoch)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%d of %d frames: %s", test.most, test.all, diff)
		}
	}
	for n := 1; n < 200; n++ {
		for most := 2; most < 20; most++ {
			got := story(frames(n), most)
			if len(got) != min(n, most) || got[0].Epoch != 0 || got[len(got)-1].Epoch != n-1 {
				t.Fatalf("%d of %d frames: %v", most, n, got)
			}
		}
	}
}

// TestFrames reads the files of frames, and makes a film of bounded size of them.
func TestFrames(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, folder, framesFolder), 0o755); err != nil {
		t.Fatal(err)
	}
	grey := image.NewGray(image.Rect(0, 0, 16*28, 28))
	put := func(name string) {
		for i := range grey.Pix {
			grey.Pix[i] += uint8(i)
		}
		if err := viz.WritePNG(t.Context(), filepath.Join(dir, folder, framesFolder, name), grey); err != nil {
			t.Fatal(err)
		}
	}
	put("reconstructions-original.png")
	for _, epoch := range []int{0, 1, 2, 5, 100, 1500, 12000} {
		put(fmt.Sprintf("reconstructions-%04d.png", epoch))
	}
	put("samples-0003.png")
	files, err := drawnEpochs(dir, reconstructions)
	var labels []string
	for _, f := range files {
		labels = append(labels, f.label())
	}
	if diff := cmp.Diff([]string{"the initial weights", "epoch 1", "epoch 2", "epoch 5", "epoch 100", "epoch 1500", "epoch 12000"}, labels); diff != "" || err != nil {
		t.Error(err, diff)
	}
	fixed, ok, err := readFixed(dir, original)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, ok, err := readFixed(dir, corrupted); ok || err != nil {
		t.Error(ok, err)
	}
	v, f := View{Shape: loaders.Shape{Channels: 1, Height: 28, Width: 28}}, page.Film{Fixed: []page.Label{original}, Rows: []page.Label{"reconstruction"}}
	if err := v.fill(&f, []strip{fixed}, files); err != nil {
		t.Fatal(err)
	}
	if f.Items.Columns != 16 || f.Items.Width != 28 || len(f.Frames) != 7 || len(f.Still) == 0 {
		t.Errorf("%d columns of width %d, %d frames", f.Items.Columns, f.Items.Width, len(f.Frames))
	}
	if err := os.WriteFile(files[0].Path, []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := v.fill(&f, nil, files); err == nil {
		t.Error("a damaged frame was read")
	}
}

// TestLarge checks that films of large images are small.
func TestLarge(t *testing.T) {
	for _, shape := range []loaders.Shape{{Channels: 1, Height: 28, Width: 28}, {Channels: 3, Height: 64, Width: 64}, {Channels: 3, Height: 256, Width: 256}} {
		v := View{Shape: shape}
		columns, frames := v.filmColumns(), v.filmFrames(1)
		if values := columns * frames * shape.Size(); columns < 2 || frames < 2 || values > filmValues {
			t.Errorf("%v: %d frames of %d images, %d values", shape, frames, columns, values)
		}
	}
}

// TestReduced checks that thumbnails are means.
func TestReduced(t *testing.T) {
	v := View{Shape: loaders.Shape{Channels: 1, Height: 2, Width: 5}}
	got := reduced([]float32{0, 1, 2, 3, 9, 4, 5, 6, 7, 9}, v, 2)
	if !slices.Equal(got, []float32{2.5, 4.5}) {
		t.Errorf("%v", got)
	}
}
