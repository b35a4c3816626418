package loaders

import (
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// little makes nearly all data stay in their files.
var little = StorageOptions{DataMemory: 1}

// opened opens a data set and returns it with the messages about it.
func opened(t *testing.T, name string, o Options) (*Dataset, []string) {
	t.Helper()
	var messages []string
	o.Log = func(m string) { messages = append(messages, m) }
	d, err := Open(context.Background(), name, o)
	if err != nil {
		t.Fatal(err)
	}
	return d, messages
}

// sameFromFiles checks that a data set has the same content in memory and in its files.
func sameFromFiles(t *testing.T, name string, o Options) *Dataset {
	t.Helper()
	want, _ := opened(t, name, o)
	o.StorageOptions = little
	got, messages := opened(t, name, o)
	if !inFiles(got.Train.Store) || inFiles(want.Train.Store) {
		t.Fatalf("stores %T and %T", got.Train.Store, want.Train.Store)
	}
	if diff := cmp.Diff([]Split{want.Train, want.Test}, []Split{got.Train, got.Test}, byContent); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(strings.Join(messages, "\n"), "read from their files in each epoch") {
		t.Errorf("messages %q", messages)
	}
	for file, digest := range got.Digest {
		if file == "images" || strings.Contains(file, "images") || file == arrayDigest {
			if kind, _, _ := strings.Cut(digest, ":"); kind == "md5" {
				t.Errorf("digest %s of %s, which was not read", digest, file)
			}
		}
	}
	return got
}

// photos writes images of two classes in colour, as PNG and JPEG.
func photos(t testing.TB, dir string, n int) {
	t.Helper()
	for i := range n {
		m := image.NewRGBA(image.Rect(0, 0, 5, 4))
		for p := range 20 {
			m.Set(p%5, p/5, color.RGBA{uint8(11*i + p), uint8(200 - p), uint8(i * p), 255})
		}
		class := string(rune('a' + i%2))
		save(t, encodePNG(t, m), dir, class, fmt.Sprintf("%02d.png", i))
	}
}

func TestStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	saveIDX(t, filepath.Join(dir, "idx"), nil)
	sameFromFiles(t, "idx:"+filepath.Join(dir, "idx"), Options{})
	photos(t, filepath.Join(dir, "folder"), 20)
	sameFromFiles(t, "folder:"+filepath.Join(dir, "folder"), Options{})
	sameFromFiles(t, "folder:"+filepath.Join(dir, "folder"), Options{ImageOptions: ImageOptions{Grey: true, Size: Size{3, 3}}})
	for i := range 12 {
		drawn := image.NewRGBA(image.Rect(0, 0, 3, 2))
		for p := range 6 {
			drawn.Set(p%3, p/3, color.Gray{uint8(30*p + i)})
		}
		save(t, encodePNG(t, drawn), dir, "drawn", fmt.Sprintf("%02d.png", i)) // grey pixels in a file of colours
		save(t, grey(t, 3, 4, uint8(i)), dir, "grey", fmt.Sprintf("%02d.png", i))
		save(t, grey(t, 3, 4, uint8(i)), dir, "pairs", "first", fmt.Sprintf("%02d.png", i))
		save(t, grey(t, 3, 4, uint8(i+50)), dir, "pairs", "second", fmt.Sprintf("%02d.png", i))
	}
	sameFromFiles(t, "folder:"+filepath.Join(dir, "grey"), Options{})
	sameFromFiles(t, "folder:"+filepath.Join(dir, "drawn"), Options{})
	sameFromFiles(t, "pairs:"+filepath.Join(dir, "pairs"), Options{})
	for name, file := range map[string][]byte{
		"nhwc":   npyFile("|u1", "30, 2, 4, 3", ramp(30*24)),
		"nchw":   npyFile("|u1", "30, 3, 2, 4", ramp(30*24)),
		"int16":  npyFile(">i2", "30, 2, 4, 3", ramp(30*24*2)),
		"table":  npyFile("<f8", "30, 5", doubles(150)),
		"nhw":    npyFile("|u1", "30, 4, 6", ramp(30*24)),
		"double": npyFile("<f8", "15, 2, 5, 1", doubles(150)),
	} {
		path := filepath.Join(dir, name+".npy")
		save(t, file, path)
		sameFromFiles(t, "array:"+path, Options{})
	}
}

func doubles(n int) (data []byte) {
	for i := range n {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(math.Sin(float64(i))))
	}
	return data
}

// TestStayMissing has a missing value in a table that stays in its file.
func TestStayMissing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.npy")
	data := doubles(60)
	binary.LittleEndian.PutUint64(data[8*7:], math.Float64bits(math.NaN()))
	save(t, npyFile("<f8", "20, 3", data), path)
	filled := Options{ArrayOptions: ArrayOptions{Missing: "mean"}}
	in, _ := opened(t, "array:"+path, filled)
	filled.StorageOptions = little
	out, _ := opened(t, "array:"+path, filled)
	for _, d := range []*Dataset{in, out} {
		if err := d.Measure(context.Background(), 0); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(in.Train, out.Train, byContent); diff != "" {
		t.Error(diff)
	}
	for missing, part := range map[string]string{"drop": "missing drop needs all values in memory", "error": "item 2: value 1 is missing"} {
		d, err := Open(context.Background(), "array:"+path, Options{StorageOptions: little, ArrayOptions: ArrayOptions{Missing: missing}})
		if err == nil {
			_, err = d.Train.meter(context.Background())
		}
		sentinel := ErrData
		if missing == "drop" {
			sentinel = ErrUnknown
		}
		wantError(t, err, sentinel, path, part)
	}
	fortran := strings.Replace(string(npyFile("<f8", "20, 3", data)), "'fortran_order': False", "'fortran_order': True ", 1)
	save(t, []byte(fortran), path)
	_, err := Open(context.Background(), "array:"+path, Options{StorageOptions: little, ArrayOptions: ArrayOptions{Missing: "mean"}})
	wantError(t, err, ErrData, "Fortran order")
}

// TestStayErrors damages files after they were opened. Reading then returns an error that
// names the file.
func TestStayErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	saveIDX(t, filepath.Join(dir, "idx"), nil)
	photos(t, filepath.Join(dir, "folder"), 20)
	read := func(name string, damage func(), parts ...string) {
		t.Helper()
		d, _ := opened(t, name, Options{StorageOptions: little})
		damage()
		stream := newStream(t, d.Train, StreamOptions{BatchSize: 4, Shuffle: true})
		var failed error
		for b, err := range stream.Epoch(0, 0) {
			if err != nil && b != nil {
				t.Error("a batch together with an error")
			}
			failed = err
		}
		wantError(t, failed, ErrData, parts...)
	}
	images := filepath.Join(dir, "idx", "train-images-idx3-ubyte")
	read("idx:"+filepath.Join(dir, "idx"), func() {
		if err := os.Truncate(images, 30); err != nil {
			t.Fatal(err)
		}
	}, images, "item ", "was truncated after it was opened")
	first := filepath.Join(dir, "folder", "a", "00.png")
	read("folder:"+filepath.Join(dir, "folder"), func() { os.Remove(first) }, first, "no such file")
	save(t, []byte("\x89PNG no more"), first)
	if _, err := Open(context.Background(), "folder:"+filepath.Join(dir, "folder"), Options{StorageOptions: little, ImageOptions: ImageOptions{Strict: true}}); err == nil {
		t.Error("a broken header was accepted with --strict")
	}
	save(t, grey(t, 4, 5, 1), first)
	read("folder:"+filepath.Join(dir, "folder"), func() { save(t, grey(t, 6, 5, 1), first) }, first, "was replaced")
	saveIDX(t, filepath.Join(dir, "gz"), map[int][]byte{trainImages: zipped(t, idx(ramp(5*60), 5, 6, 10))})
	_, err := Open(context.Background(), "idx:"+filepath.Join(dir, "gz"), Options{StorageOptions: little})
	wantError(t, err, ErrData, "train-images", "--data-memory", "hint: decompress the file")
}

// TestStayBackground has images whose background depends on their pixels.
func TestStayBackground(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 12 {
		m := image.NewNRGBA(image.Rect(0, 0, 3, 2))
		m.Set(i%3, 0, color.NRGBA{uint8(20 * i), 9, 90, 200})
		save(t, encodePNG(t, m), dir, fmt.Sprintf("%02d.png", i))
	}
	for _, background := range []string{"auto", "white", "#10ff00"} {
		sameFromFiles(t, "folder:"+dir, Options{ImageOptions: ImageOptions{Background: background}})
	}
}

// TestStayMemory has pictures that do not fit into memory. Little memory is allocated for
// them.
func TestStayMemory(t *testing.T) {
	littleMemory(t)
	dir := t.TempDir()
	file := encodePNG(t, image.NewGray(image.Rect(0, 0, 400, 400)))
	for i := range 200 {
		save(t, file, dir, fmt.Sprintf("%03d.png", i))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d, messages := opened(t, "folder:"+dir, Options{})
	stream := newStream(t, d.Train, StreamOptions{BatchSize: 4})
	for _, err := range stream.Epoch(0, 0) {
		if err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 48<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	if text := strings.Join(messages, "\n"); !strings.Contains(text, "all images are grey; hint: --cache DIR") {
		t.Errorf("messages %q", messages)
	}
}

// TestStreamFromFiles compares batches for several numbers of goroutines.
func TestStreamFromFiles(t *testing.T) {
	dir := t.TempDir()
	photos(t, dir, 40)
	d, _ := opened(t, "folder:"+dir, Options{StorageOptions: little})
	batches := func(threads int) (all [][]float32) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		stream := newStream(t, d.Train, StreamOptions{BatchSize: 7, Shuffle: true, Seed: 3, Binarise: true, Corruption: Corruption{Kind: Masking, Level: 0.3}})
		for b, err := range stream.Epoch(1, 2) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, append(append([]float32(nil), b.Input[:b.Rows*60]...), b.Clean[:b.Rows*60]...))
		}
		return all
	}
	if diff := cmp.Diff(batches(1), batches(5)); diff != "" {
		t.Error(diff)
	}
}

func TestByteSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"auto": 0, "": 0, "300MB": 300e6, "1.5GiB": 3 << 29, "64B": 64, "2 KiB": 2048, "1TB": 1e12} {
		b, err := ParseByteSize(text)
		if err != nil || int64(b) != want {
			t.Errorf("%q is %d, %v", text, b, err)
		}
		if again, err := ParseByteSize(b.String()); err != nil || again != b {
			t.Errorf("%q is written as %s, which is read as %d, %v", text, b, again, err)
		}
	}
	for _, text := range []string{"300", "MB", "-1MB", "NaNMB", "1e300MB", "0B", "many"} {
		_, err := ParseByteSize(text)
		wantError(t, err, ErrUnknown, text, "hint: auto")
	}
}
