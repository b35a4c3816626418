package loaders

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestReadIDX(t *testing.T) {
	t.Parallel()
	pixels := ramp(4 * 6)
	dims, data, err := readIDX(within(idx(pixels, 4, 2, 3)), 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{4, 2, 3}, dims); diff != "" {
		t.Error(diff)
	}
	if !bytes.Equal(pixels, data) {
		t.Error("pixels differ from those written")
	}
}

func TestReadIDXLarge(t *testing.T) {
	t.Parallel()
	pixels := ramp(3 << 20) // larger than the buffers of readers
	_, data, err := readIDX(within(idx(pixels, 3, 1024, 1024)), 0)
	if err != nil || !bytes.Equal(pixels, data) {
		t.Fatalf("3 MiB of pixels come back different (error %v)", err)
	}
}

func TestReadIDXRefuses(t *testing.T) {
	t.Parallel()
	good := idx(ramp(4*6), 4, 2, 3)
	typed := bytes.Clone(good)
	typed[2] = 0x0d
	tests := []struct {
		name    string
		file    []byte
		mention string
	}{
		{"empty", nil, "truncated header: 0 of 4"},
		{"magic", append([]byte{1}, good[1:]...), "not an IDX file"},
		{"float", typed, "0x0d (float32)"},
		{"rank", idx([]uint8{1, 2}, 2), "rank 1, want 3"},
		{"short header", good[:9], "truncated header: 5 of 12"},
		{"truncated", good[:len(good)-1], "truncated: 23 of 24"},
		{"trailing", append(bytes.Clone(good), 0), "trailing bytes"},
		{"no images", idx(nil, 0, 2, 3), "holds no data"},
		{"no height", idx(nil, 2, 0, 3), "holds no data"},
		{"overflow", idx(nil, math.MaxUint32, math.MaxUint32, math.MaxUint32), "more than any file can hold"},
		{"huge", idx(nil, 1<<30, 28, 28), "the header claims 784 GiB of data, the file can hold at most 16 bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := readIDX(within(test.file), 0)
			wantError(t, err, ErrData, test.mention)
		})
	}
}

func TestOpenIDX(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tiny := tinyFiles()
	// The content decides whether a file is gzipped, not its name.
	save(t, zipped(t, tiny[trainImages]), dir, "train-images-idx3-ubyte")
	save(t, tiny[trainLabels], dir, "train-labels.idx1-ubyte.gz")
	save(t, tiny[testImages], dir, "test-images-idx3-ubyte")
	save(t, zipped(t, tiny[testLabels]), dir, "t10k-labels.idx1-ubyte.zst")
	d, err := Open(context.Background(), "idx:"+dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := &Dataset{
		Name:    "idx:" + dir,
		Train:   labelled(Shape{1, 2, 3}, ramp(30), 0, 1, 2, 0, 1),
		Test:    labelled(Shape{1, 2, 3}, ramp(12), 2, 1),
		Classes: []string{"0", "1", "2"},
		Digest:  d.Digest,
	}
	if diff := cmp.Diff(want, d, byContent, cmpopts.IgnoreUnexported(Dataset{})); diff != "" {
		t.Error(diff)
	}
	if len(d.Digest) != 4 {
		t.Errorf("digests of %d files, want 4", len(d.Digest))
	}
}

func TestOpenIDXRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		role     int
		contents []byte // nil: the file is missing
		mention  string
	}{
		{"no train images", trainImages, nil, "no train-images-idx3-ubyte"},
		{"no test images", testImages, nil, "training and test files are both needed"},
		{"one file of labels", testLabels, nil, "no t10k-labels"},
		{"labels for others", trainLabels, idx([]uint8{1, 2}, 2), "2 labels for 5 images"},
		{"another shape", testImages, idx(ramp(2*8), 2, 2, 4), "training images are 1×2×3 but test images are 1×2×4"},
		{"truncated gzip", testImages, zipped(t, tinyFiles()[testImages])[:30], "t10k-images-idx3-ubyte"},
		{"images for labels", testLabels, tinyFiles()[testImages], "rank 3, want 1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for role, contents := range tinyFiles() {
				if role == test.role {
					contents = test.contents
				}
				if contents != nil {
					save(t, contents, dir, idxFiles()[role].name)
				}
			}
			_, err := Open(context.Background(), "idx:"+dir, Options{})
			wantError(t, err, ErrData, dir, test.mention)
		})
	}
}

func TestOpenIDXUnlabelled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, role := range []int{trainImages, testImages} {
		save(t, tinyFiles()[role], dir, idxFiles()[role].name)
	}
	d, err := Open(context.Background(), "idx:"+dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Classes != nil || d.Train.Labels != nil || d.Train.Len() != 5 {
		t.Errorf("got %d images, labels %v, classes %v", d.Train.Len(), d.Train.Labels, d.Classes)
	}
}

func FuzzIDX(f *testing.F) {
	for _, file := range tinyFiles() {
		f.Add(file)
		f.Add(zipped(f, file))
	}
	f.Add(idx(nil, math.MaxUint32, math.MaxUint32, math.MaxUint32))
	f.Add(idx(ramp(100), 1<<24, 32, 32))
	f.Add(zipped(f, idx(ramp(100), 1<<24, 32, 32)))
	f.Add(zipped(f, idx(make([]byte, 1<<16), 1, 256, 256)))
	f.Add(append(zipped(f, idx(ramp(24), 4, 2, 3)), zipped(f, make([]byte, 9))...))
	path := filepath.Join(f.TempDir(), "images")
	f.Fuzz(func(t *testing.T, file []byte) {
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		s, digest, err := idxImages(context.Background(), os.DirFS(filepath.Dir(path)), "images", newBudget())
		if err != nil {
			wantError(t, err, ErrData)
			return
		}
		if s.Len() == 0 || s.Len()*s.Shape.Size() != len(pixelsOf(s)) || len(digest) != 32 {
			t.Fatalf("%d images of %v from %d bytes, digest %q", s.Len(), s.Shape, len(pixelsOf(s)), digest)
		}
	})
}
