package loaders

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"github.com/google/go-cmp/cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// idx returns an IDX file of uint8.
func idx(data []uint8, dims ...int) []byte {
	file := []byte{0, 0, 0x08, byte(len(dims))}
	for _, d := range dims {
		file = binary.BigEndian.AppendUint32(file, uint32(d))
	}
	return append(file, data...)
}

func zipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// archive returns a zip archive.
func archive(t testing.TB, members map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, data := range members {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func save(t testing.TB, data []byte, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// ramp returns n bytes, each of which differs from its neighbours.
func ramp(n int) []uint8 {
	data := make([]uint8, n)
	for i := range data {
		data[i] = uint8(7*i + i/256)
	}
	return data
}

// tinyFiles returns the four decompressed files of a set of 2×3 images.
func tinyFiles() [4][]byte {
	return [4][]byte{
		trainImages: idx(ramp(5*6), 5, 2, 3), trainLabels: idx([]uint8{0, 1, 2, 0, 1}, 5),
		testImages: idx(ramp(2*6), 2, 2, 3), testLabels: idx([]uint8{2, 1}, 2),
	}
}

// tinySet registers a set of the given files until the end of a test.
func tinySet(t *testing.T, contents [4][]byte) *set {
	t.Helper()
	s := &set{
		Info:   Info{Name: "tiny", Train: 5, Test: 2, Shape: Shape{1, 2, 3}, Download: 1 << 20},
		folder: "tiny", torch: "Tiny", format: idxFormat, classes: []string{"a", "b", "c"}, files: idxFiles(),
	}
	for i, data := range contents {
		sum := md5.Sum(data)
		s.files[i].md5 = hex.EncodeToString(sum[:])
	}
	registry = append(registry, s)
	root := systemRoot
	systemRoot = t.TempDir()
	t.Cleanup(func() {
		registry = registry[:len(registry)-1]
		systemRoot = root
	})
	return s
}

// wantError checks that err wraps sentinel, and that its message is one line that
// contains all parts.
func wantError(t *testing.T, err, sentinel error, parts ...string) {
	t.Helper()
	if !errors.Is(err, sentinel) {
		t.Fatalf("error %v does not wrap %v", err, sentinel)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not mention %q", err, part)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q has more than one line", err)
	}
}

// within returns a source of the bytes of a file, with enough memory.
func within(file []byte) source {
	return source{bytes.NewReader(file), int64(len(file)), newBudget(), nil}
}

// valuesOf returns all values of a split, N×D.
func valuesOf(s Split) []float32 {
	values, size := make([]float32, s.Len()*s.Shape.Size()), s.Shape.Size()
	for i := range s.Len() {
		if err := s.Read(values[i*size:(i+1)*size], i, 0); err != nil {
			panic(err)
		}
	}
	return values
}

// pixelsOf returns all pixels of a split as bytes, N×D.
func pixelsOf(s Split) []uint8 {
	var pixels []uint8
	for _, v := range valuesOf(s) {
		pixels = append(pixels, level(v))
	}
	return pixels
}

// imageOf returns the pixels of image i as bytes.
func imageOf(s Split, i int) []uint8 { return pixelsOf(s.Select([]int{i})) }

// labelled returns a split of pixels with labels.
func labelled(shape Shape, pixels []uint8, labels ...Label) Split {
	s := Pixels(shape, pixels)
	s.Labels = labels
	return s
}

// byContent makes cmp.Diff compare what splits hold, and not how their stores hold it.
var byContent = cmp.Transformer("content", func(s Split) any {
	return struct {
		Shape     Shape
		Values    []float32
		Labels    []Label
		Names     []string
		Positions []int
	}{s.Shape, valuesOf(s), s.Labels, s.Names, s.Positions}
})

// named returns a split with the names of its files.
func named(s Split, names ...string) Split {
	s.Names = names
	return s
}
