package loaders

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseMotion(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]Motion{
		"": {}, "none": {}, "shift:3": {Shift: 3}, "rotate:22.5": {Rotate: 22.5}, "rotate:1e1,patch:14,shift:0.5": {0.5, 10, 14},
	} {
		got, err := ParseMotion(spec)
		if err != nil || got != want {
			t.Errorf("%q is %v, error %v, want %v", spec, got, err, want)
		}
		if again, err := ParseMotion(got.String()); err != nil || again != want {
			t.Errorf("%q is printed as %q, which is read as %v, error %v", spec, got, again, err)
		}
	}
	for spec, mention := range map[string]string{
		"shift": "hint", "zoom:2": "hint", "shift:": "not a number", "shift:x": "not a number", "shift:-1": "above 0", "shift:0": "above 0",
		"rotate:NaN": "above 0", "shift:inf": "above 0", "shift:1,shift:2": "hint", "shift:1,": "hint", "none,shift:1": "hint",
	} {
		_, err := ParseMotion(spec)
		wantError(t, err, ErrUnknown, mention)
	}
}

func FuzzParseMotion(f *testing.F) {
	for _, spec := range []string{"", "none", "shift:3", "rotate:20", "shift:3,rotate:20"} {
		f.Add(spec)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		m, err := ParseMotion(spec)
		if err != nil {
			wantError(t, err, ErrUnknown)
			return
		}
		if again, err := ParseMotion(m.String()); err != nil || again != m {
			t.Fatalf("%q is printed as %q, which is read as %v (error %v)", spec, m, again, err)
		}
	})
}

// TestMove compares the results of moves that take pixels to pixels with the expected
// ones.
func TestMove(t *testing.T) {
	t.Parallel()
	s := Shape{2, 3, 3}
	src := []float32{
		1, 2, 3, 4, 5, 6, 7, 8, 9,
		9, 8, 7, 6, 5, 4, 3, 2, 1,
	}
	for _, test := range []struct {
		name string
		move Move
		want []float32 // of the first plane
	}{
		{"none", Move{}, []float32{1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{"down", Move{Down: 1}, []float32{0, 0, 0, 1, 2, 3, 4, 5, 6}},
		{"left", Move{Right: -1}, []float32{2, 3, 0, 5, 6, 0, 8, 9, 0}},
		{"half a pixel to the right", Move{Right: 0.5}, []float32{0.5, 1.5, 2.5, 2, 4.5, 5.5, 3.5, 7.5, 8.5}},
		{"away", Move{Down: 3}, make([]float32, 9)},
		{"a quarter clockwise", Move{Angle: math.Pi / 2}, []float32{7, 4, 1, 8, 5, 2, 9, 6, 3}},
		{"a quarter clockwise, then down", Move{Down: 1, Angle: math.Pi / 2}, []float32{0, 0, 0, 7, 4, 1, 8, 5, 2}},
	} {
		dst := make([]float32, len(src))
		test.move.apply(dst, s, src, s)
		for i, want := range test.want {
			if math.Abs(float64(dst[i]-want)) > 1e-5 {
				t.Errorf("%s: %v, want %v", test.name, dst[:9], test.want)
				break
			}
		}
		for i := range 9 { // the second plane is 10 − the first, but 0 for pixels outside the image
			inside := make([]float32, 9)
			test.move.apply(inside, Shape{1, 3, 3}, []float32{1, 1, 1, 1, 1, 1, 1, 1, 1}, Shape{1, 3, 3})
			if want := 10*inside[i] - dst[i]; math.Abs(float64(dst[9+i]-want)) > 1e-5 {
				t.Errorf("%s: second channel %v", test.name, dst[9:])
				break
			}
		}
	}
}

// blobs returns n grey images of a spot in the middle.
func blobs(n int) Split {
	const side = 9
	var pixels []uint8
	for range n {
		for i := range side * side {
			distance := math.Hypot(float64(i/side-4), float64(i%side-4))
			pixels = append(pixels, uint8(200*math.Exp(-distance*distance/3)))
		}
	}
	return Pixels(Shape{1, side, side}, pixels)
}

// TestPairs moves spots and checks that they have moved as far as the split says. The
// amounts differ between images and epochs and are within the motion.
func TestPairs(t *testing.T) {
	t.Parallel()
	const n = 300
	plain := blobs(n)
	pairs := plain.Pairs(Motion{Shift: 2}, 7)
	if pairs.Len() != n || pairs.Shape != (Shape{2, 9, 9}) || pairs.Shape.Frames() != 2 || plain.Shape.Frames() != 1 {
		t.Fatalf("%d pairs of %v", pairs.Len(), pairs.Shape)
	}
	if again := pairs.Pairs(Motion{Shift: 1}, 8); !cmp.Equal(again, pairs, byContent) {
		t.Error("pairs are paired again")
	}
	if !cmp.Equal(plain.Pairs(Motion{}, 7), plain, byContent) {
		t.Error("no motion makes pairs")
	}
	seen := map[Move]bool{}
	var least, most, sum float64
	for epoch := range 2 {
		stream := newStream(t, pairs, StreamOptions{BatchSize: 7, Seed: 99, Shuffle: true})
		for i, pair := range inputs(stream, epoch, 0) {
			move := pairs.Move(i, epoch)
			seen[move] = true
			var weight, down, right float64
			for at, v := range pair[81:] {
				weight += float64(v)
				down += float64(v) * float64(at/9-4)
				right += float64(v) * float64(at%9-4)
			}
			if math.Abs(down/weight-move.Down) > 0.25 || math.Abs(right/weight-move.Right) > 0.25 {
				t.Errorf("image %d: moved by %.2f, %.2f, want %+v", i, down/weight, right/weight, move)
			}
			least, most, sum = min(least, move.Down, move.Right), max(most, move.Down, move.Right), sum+move.Down+move.Right
			if got, want := pair[40], float32(imageOf(plain, i)[40])/255; got != want {
				t.Errorf("the first frame holds %g, want %g", got, want)
			}
		}
	}
	if len(seen) != 2*n {
		t.Errorf("%d different moves of %d", len(seen), 2*n)
	}
	if least < -2 || least > -1.9 || most > 2 || most < 1.9 || math.Abs(sum/(4*n)) > 0.1 {
		t.Errorf("moves from %g to %g, sum %g", least, most, sum)
	}
	rest, held := pairs.Holdout(100)
	if rest.Len() != 200 || held.Len() != 100 || pairs.Stratified(5).Len() != 5 {
		t.Errorf("%d and %d pairs, stratified %d", rest.Len(), held.Len(), pairs.Stratified(5).Len())
	}
	dst := make([]float32, 162)
	pairs.Stratified(100).Read(dst, 1, 1)
	if !slices.Equal(dst, inputs(newStream(t, pairs, StreamOptions{BatchSize: 50}), 1, 0)[3]) {
		t.Error("a stratified split has other pairs")
	}
	behind := pairs.setAside(100)
	moved := make([]float32, 162)
	behind.Read(moved, 201, 1)
	if !slices.Equal(moved, dst) {
		t.Error("pairs that are set aside are others")
	}
	chosen, again := pairs.Select([]int{9, 3}).Select([]int{1, 0}).Stratified(1), make([]float32, 162)
	if chosen.Read(again, 0, 1); chosen.Len() != 1 || !slices.Equal(again, dst) || chosen.Move(0, 1) != pairs.Move(3, 1) {
		t.Error("selected pairs are others")
	}
}

func TestOpenPairs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 10 {
		save(t, grey(t, 2, 3, uint8(i)), dir, "first", "b", fmt.Sprintf("%d.png", i))
		save(t, grey(t, 2, 3, uint8(100+i)), dir, "second", "b", fmt.Sprintf("%d.png", i))
	}
	save(t, grey(t, 2, 3, 50), dir, "first", "a", "1.png")
	save(t, grey(t, 2, 3, 150), dir, "second", "a", "1.png")
	d, err := Open(context.Background(), "pairs:"+dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Train.Shape != (Shape{2, 2, 3}) || d.Train.Len() != 10 || d.Test.Len() != 1 || len(d.Digest) != 2 {
		t.Errorf("%d and %d pairs of %v, digests %v", d.Train.Len(), d.Test.Len(), d.Train.Shape, d.Digest)
	}
	for i := range d.Train.Len() {
		if pair := imageOf(d.Train, i); pair[6] != pair[0]+100 || pair[1] != pair[7] {
			t.Errorf("pair %d is %v", i, pair)
		}
	}
	if diff := cmp.Diff([]Label{0, 1, 1, 1, 1, 1, 1, 1, 1, 1}, d.Train.Labels); diff != "" {
		t.Error(diff)
	}
}

func TestOpenPairsErrors(t *testing.T) {
	t.Parallel()
	fill := func(dir, frames string, n int) {
		for i := range n {
			save(t, grey(t, 2, 3, uint8(i)), dir, frames, fmt.Sprintf("%d.png", i))
		}
	}
	for name, test := range map[string]struct {
		build   func(dir string)
		mention string
	}{
		"no second": {func(dir string) { fill(dir, "first", 10) }, "second"},
		"one less":  {func(dir string) { fill(dir, "first", 11); fill(dir, "second", 10) }, filepath.Join("second: no 10.png")},
		"one more":  {func(dir string) { fill(dir, "first", 10); fill(dir, "second", 11) }, filepath.Join("first: no 10.png")},
		"too few":   {func(dir string) { fill(dir, "first", 2); fill(dir, "second", 2) }, "too few"},
		"another size": {func(dir string) {
			fill(dir, "first", 10)
			fill(dir, "second", 9)
			save(t, grey(t, 3, 2, 0), dir, "second", "9.png")
		}, "2×3 (1 image, second/9.png)"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			test.build(dir)
			_, err := Open(context.Background(), "pairs:"+dir, Options{})
			wantError(t, err, ErrData, test.mention)
		})
	}
}

// TestOpenPairsInColour has grey frames and one in colour. All of them become RGB.
func TestOpenPairsInColour(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 10 {
		save(t, grey(t, 2, 3, 7), dir, "first", fmt.Sprintf("%d.png", i))
		coloured := image.NewRGBA(image.Rect(0, 0, 3, 2))
		coloured.Set(0, 0, color.RGBA{200, uint8(100 + i), 0, 255})
		save(t, encodePNG(t, coloured), dir, "second", fmt.Sprintf("%d.png", i))
	}
	d, err := Open(context.Background(), "pairs:"+dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Train.Shape != (Shape{6, 2, 3}) || d.Train.Len() != 7 {
		t.Fatalf("%d pairs of %v", d.Train.Len(), d.Train.Shape)
	}
	for i := range 7 {
		if pair := imageOf(d.Train, i); pair[0] != 7 || pair[6] != 7 || pair[12] != 7 || pair[18] != 200 || pair[24] != []uint8{101, 102, 103, 104, 105, 107, 109}[i] {
			t.Errorf("pair %d is %v", i, pair)
		}
	}
}
