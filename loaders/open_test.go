package loaders

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSamples(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sample", "kmnist-sample"} {
		t.Run(name, func(t *testing.T) {
			d, err := Open(context.Background(), name, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if d.Train.Len() != 6000 || d.Test.Len() != 1000 || d.Train.Shape != grey28 {
				t.Fatalf("%d + %d images of %v", d.Train.Len(), d.Test.Len(), d.Train.Shape)
			}
			for _, part := range []Split{d.Train, d.Test} {
				var counts [10]int
				for _, label := range part.Labels {
					counts[label]++
				}
				for class, n := range counts {
					if n != part.Len()/10 {
						t.Errorf("%d images of class %d, want %d", n, class, part.Len()/10)
					}
				}
			}
			first := map[Label]bool{}
			for _, label := range d.Test.Labels[:16] {
				first[label] = true
			}
			if len(first) < 5 {
				t.Errorf("the first 16 test images show %d classes", len(first))
			}
			seen := map[string]bool{}
			for i := range d.Train.Len() {
				seen[string(imageOf(d.Train, i))] = true
			}
			for i := range d.Test.Len() {
				if seen[string(imageOf(d.Test, i))] {
					t.Errorf("test image %d is also a training image", i)
				}
			}
			if !strings.Contains(d.Attribution, "MIT") && !strings.Contains(d.Attribution, "doi:10.20676/00000341") {
				t.Errorf("attribution %q", d.Attribution)
			}
			if statuses, err := Verify(context.Background(), name, Options{}); err != nil || len(statuses) != 4 {
				t.Errorf("verify: %v, %v", statuses, err)
			}
			if err := Fetch(context.Background(), name, Options{}); err != nil {
				t.Errorf("fetch: %v", err)
			}
		})
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, info := range List() {
		if names[info.Name] || info.Summary == "" {
			t.Errorf("%q is listed twice or without a summary", info.Name)
		}
		names[info.Name] = true
		own := strings.Contains(info.Name, ":")
		if !own && (info.Train == 0 || info.Test == 0 || info.Classes < 3 || info.Licence == "" || (info.Download == 0) != info.Embedded) {
			t.Errorf("incomplete: %+v", info)
		}
	}
	for _, want := range []string{"sample", "kmnist-sample", "fashion-mnist", "kmnist", "mnist", "k49", "emnist-balanced",
		"emnist-byclass", "emnist-bymerge", "emnist-digits", "emnist-letters", "emnist-mnist", "idx:DIR", "npz:FILE", "folder:DIR"} {
		if !names[want] {
			t.Errorf("%s is not listed", want)
		}
	}
	for name, want := range map[string]int{"k49": 49, "emnist-balanced": 47, "emnist-byclass": 62, "emnist-bymerge": 47, "emnist-letters": 26, "kmnist": 10} {
		if s, err := lookup(name); err != nil || len(s.classes) != want {
			t.Errorf("%s: %d classes, want %d (error %v)", name, len(s.classes), want, err)
		}
	}
}

func TestOpenUnknown(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, mention string }{
		{"fashon-mnist", "did you mean fashion-mnist?"},
		{"MNIST", "did you mean mnist?"},
		{"", "unknown data set"},
		{"ixd:data", "did you mean idx:data?"},
		{"npz:", "lacks a path"},
		{"photos/mnist", "no file or folder has this path"},
	}
	for _, test := range tests {
		_, err := Open(context.Background(), test.name, Options{})
		wantError(t, err, ErrUnknown, test.mention)
		_, err = Verify(context.Background(), test.name, Options{})
		wantError(t, err, ErrUnknown, test.mention)
		wantError(t, Fetch(context.Background(), test.name, Options{}), ErrUnknown, test.mention)
	}
	wantError(t, Fetch(context.Background(), "folder:x", Options{}), ErrUnknown, "nothing to fetch")
}

// saveTiny writes the files of the tiny set.
func saveTiny(t *testing.T, contents [4][]byte, dir ...string) {
	t.Helper()
	for role, data := range contents {
		save(t, zipped(t, data), filepath.Join(dir...), idxFiles()[role].name+".gz")
	}
}

func TestSearchOrder(t *testing.T) {
	tinySet(t, tinyFiles())
	data, cache := t.TempDir(), t.TempDir()
	o := Options{DataDir: data, CacheDir: cache}
	path := func() string {
		t.Helper()
		if _, err := Open(context.Background(), "tiny", o); err != nil {
			t.Fatal(err)
		}
		statuses, err := Verify(context.Background(), "tiny", o)
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Dir(statuses[0].Path)
	}
	_, err := Open(context.Background(), "tiny", o)
	wantError(t, err, ErrData, "tiny: not found", "hint: gaetrain datasets fetch tiny", data, cache, systemRoot)

	// The places are filled from the last to the first. The set is found at the first
	// place that has it.
	for _, dir := range []string{
		filepath.Join(systemRoot, "tiny"), filepath.Join(cache, "tiny"), data, filepath.Join(data, "Tiny", "raw"), filepath.Join(data, "tiny"),
	} {
		saveTiny(t, tinyFiles(), dir)
		if got := path(); got != dir {
			t.Errorf("found in %s, want %s", got, dir)
		}
	}
	// A place without one of the files is skipped.
	if err := os.Remove(filepath.Join(data, "tiny", "t10k-labels-idx1-ubyte.gz")); err != nil {
		t.Fatal(err)
	}
	if got := path(); got != filepath.Join(data, "Tiny", "raw") {
		t.Errorf("found in %s although a file is missing in the first place", got)
	}
}

func TestDigestMismatch(t *testing.T) {
	tinySet(t, tinyFiles())
	changed := tinyFiles()
	changed[testImages] = idx(make([]uint8, 12), 2, 2, 3)
	data, cache := t.TempDir(), t.TempDir()

	saveTiny(t, changed, cache, "tiny")
	_, err := Open(context.Background(), "tiny", Options{CacheDir: cache})
	wantError(t, err, ErrData, "t10k-images-idx3-ubyte.gz: md5", "hint")
	statuses, err := Verify(context.Background(), "tiny", Options{CacheDir: cache})
	wantError(t, err, ErrData, "1 of 4 files")
	if statuses[2].State != FileDiffers || statuses[0].State != FileGood {
		t.Errorf("statuses %v", statuses)
	}

	saveTiny(t, changed, data, "tiny")
	var messages []string
	d, err := Open(context.Background(), "tiny", Options{DataDir: data, CacheDir: cache, Log: func(m string) { messages = append(messages, m) }})
	if err != nil {
		t.Fatal(err)
	}
	if len(messages) != 1 || !strings.Contains(messages[0], "t10k-images") {
		t.Errorf("messages %q, want one about t10k-images", messages)
	}
	sum := md5.Sum(changed[testImages])
	if got := d.Digest["t10k-images-idx3-ubyte"]; got != "md5:"+hex.EncodeToString(sum[:]) {
		t.Errorf("digest %s is not that of the file read", got)
	}
}

func TestFilesOfAnotherSet(t *testing.T) {
	tinySet(t, tinyFiles())
	dir := t.TempDir()
	contents := tinyFiles()
	contents[trainImages], contents[testImages] = contents[testImages], contents[trainImages]
	saveTiny(t, contents, dir)
	_, err := Open(context.Background(), "tiny", Options{DataDir: dir})
	wantError(t, err, ErrData, "this is t10k-images-idx3-ubyte of tiny, not train-images-idx3-ubyte of tiny")
}

func TestVerifyFindsDamage(t *testing.T) {
	tinySet(t, tinyFiles())
	dir := t.TempDir()
	saveTiny(t, tinyFiles(), dir, "tiny")
	save(t, zipped(t, tinyFiles()[trainImages])[:20], dir, "tiny", "train-images-idx3-ubyte.gz")
	if err := os.Remove(filepath.Join(dir, "tiny", "train-labels-idx1-ubyte.gz")); err != nil {
		t.Fatal(err)
	}
	statuses, err := Verify(context.Background(), "tiny", Options{CacheDir: dir})
	wantError(t, err, ErrData, "2 of 4 files")
	var states []FileState
	for _, s := range statuses {
		states = append(states, s.State)
	}
	if diff := cmp.Diff([]FileState{FileUnreadable, FileMissing, FileGood, FileGood}, states); diff != "" {
		t.Error(diff)
	}
}

func TestLabelOutsideClasses(t *testing.T) {
	contents := tinyFiles()
	contents[testLabels] = idx([]uint8{0, 3}, 2)
	tinySet(t, contents)
	dir := t.TempDir()
	saveTiny(t, contents, dir)
	_, err := Open(context.Background(), "tiny", Options{DataDir: dir})
	wantError(t, err, ErrData, "label 3 of image 1 is outside the 3 classes")
}

// TestArchive reads a set like EMNIST: one archive has several sets, the images are
// stored transposed, and the labels of the letters start at 1.
func TestArchive(t *testing.T) {
	s := tinySet(t, tinyFiles())
	s.archive.name, s.inArchive, s.transposed, s.firstLabel = "tiny.zip", "gzip", true, 1
	contents := tinyFiles()
	contents[trainLabels], contents[testLabels] = idx([]uint8{1, 2, 3, 1, 2}, 5), idx([]uint8{3, 1}, 2)
	members := map[string][]byte{}
	for role := range s.files {
		s.files[role].md5 = ""
		members["gzip/"+s.files[role].name+".gz"] = zipped(t, contents[role])
	}
	file := archive(t, members)
	sum := md5.Sum(file)
	s.archive.md5 = hex.EncodeToString(sum[:])
	dir := t.TempDir()
	save(t, file, dir, "tiny", "tiny.zip")
	d, err := Open(context.Background(), "tiny", Options{CacheDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if d.Train.Shape != (Shape{1, 3, 2}) {
		t.Errorf("shape %v, want 1×3×2", d.Train.Shape)
	}
	if diff := cmp.Diff([]uint8{0, 21, 7, 28, 14, 35}, imageOf(d.Train, 0)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Label{2, 0}, d.Test.Labels); diff != "" {
		t.Error(diff)
	}
	if d.Digest["tiny.zip"] != "md5:"+s.archive.md5 || len(d.Digest) != 5 {
		t.Errorf("digests %v", d.Digest)
	}
	if _, err := Verify(context.Background(), "tiny", Options{CacheDir: dir}); err != nil {
		t.Error(err)
	}

	save(t, file[:len(file)/2], dir, "tiny", "tiny.zip")
	_, err = Open(context.Background(), "tiny", Options{CacheDir: dir})
	wantError(t, err, ErrData, "tiny.zip")
}

func TestOpenCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Open(ctx, "sample", Options{})
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrData) {
		t.Errorf("error %v, want only the context's", err)
	}
}

func TestStratifiedAndHoldout(t *testing.T) {
	t.Parallel()
	s := labelled(Shape{1, 1, 2}, []uint8{0, 1, 2, 3, 4, 5}, 7, 8, 9)
	if got := s.Stratified(2); got.Len() != 2 || len(got.Labels) != 2 {
		t.Errorf("Stratified(2) has %d images", got.Len())
	}
	for _, n := range []int{0, -1, 3, 99} {
		if got := s.Stratified(n); got.Len() != 3 {
			t.Errorf("Stratified(%d) has %d images, want 3", n, got.Len())
		}
	}
	rest, held := s.Holdout(1)
	if rest.Len() != 2 || held.Len() != 1 || imageOf(held, 0)[1] != 5 || held.Labels[0] != 9 {
		t.Errorf("Holdout(1): %v and %v", rest, held)
	}
	if rest, held = s.Holdout(99); rest.Len() != 0 || held.Len() != 3 {
		t.Errorf("Holdout(99): %d and %d images", rest.Len(), held.Len())
	}
}
