package loaders

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sides returns, by name, whether each image of a folder is a test image.
func sides(t *testing.T, dir string) map[string]bool {
	t.Helper()
	f, err := listFolder(context.Background(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	side := map[string]bool{}
	for i, p := range f.all() {
		side[p.name] = i >= len(f.train)
	}
	return side
}

// TestSplitByName adds files before, between and after those of a folder. The other
// files stay in their split.
func TestSplitByName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 200 {
		save(t, nil, dir, "a", fmt.Sprintf("%03d.png", i))
	}
	before := sides(t, dir)
	for _, name := range []string{"a/aaa.png", "a/000b.png", "a/100b.png", "0/first.png", "z/last.png"} {
		save(t, nil, dir, filepath.FromSlash(name))
	}
	after := sides(t, dir)
	test := 0
	for name, side := range before {
		if after[name] != side {
			t.Errorf("%s has moved between training and test", name)
		}
		if side {
			test++
		}
	}
	if len(after) != len(before)+5 || test < 10 || test > 30 {
		t.Errorf("%d of %d images are test images, %d after 5 more", test, len(before), len(after))
	}
	// If this list changed, older runs could not be repeated.
	for name, want := range map[string]bool{"a/000.png": false, "a/001.png": true, "a/015.png": true, "a/052.png": true, "a/053.png": false, "a/192.png": true} {
		if before[name] != want {
			t.Errorf("%s is a test image: %t, want %t", name, before[name], want)
		}
	}
}

// TestSplitHasBothSides finds at least one image in each split, for many sets of names.
func TestSplitHasBothSides(t *testing.T) {
	t.Parallel()
	for try := range 50 {
		dir := t.TempDir()
		for i := range 10 {
			save(t, nil, dir, fmt.Sprintf("%d-%d.png", try, i))
		}
		test := 0
		for _, side := range sides(t, dir) {
			if side {
				test++
			}
		}
		if test < 1 || test > 9 {
			t.Fatalf("%d of 10 images are test images", test)
		}
	}
}

// TestSplitFolders has sub-folders with all names of splits.
func TestSplitFolders(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		folders          []string // of 20 images each
		train, val, test int
		logs             int
		held             bool // the test images are held out of the training images
		mention          string
	}{
		{folders: []string{"train", "test"}, train: 20, test: 20},
		{folders: []string{"Train", "TEST"}, train: 20, test: 20},
		{folders: []string{"training", "testing", "validation"}, train: 40, val: 20, test: 20, logs: 1},
		{folders: []string{"train", "test", "Dev"}, train: 40, val: 20, test: 20, logs: 1},
		{folders: []string{"train", "val"}, val: 20, held: true, logs: 1},
		{folders: []string{"train", "valid", "notes"}, val: 20, held: true, logs: 2},
		{folders: []string{"train"}, held: true, logs: 1},
		{folders: []string{"test", "cat"}, mention: "no folder train"},
		{folders: []string{"train", "bus"}, mention: "bus is next to it"},
		{folders: []string{"train", "val", "valid"}, mention: "two folders for one split"},
	} {
		t.Run(fmt.Sprint(test.folders), func(t *testing.T) {
			dir := t.TempDir()
			for number, name := range test.folders {
				for i := range 20 {
					save(t, grey(t, 1, 2, uint8(100*number+i)), dir, name, "ab"[i%2:i%2+1], fmt.Sprintf("%d.png", i))
				}
			}
			var logs []string
			d, err := Open(context.Background(), "folder:"+dir, Options{Log: func(m string) { logs = append(logs, m) }})
			if test.mention != "" {
				wantError(t, err, ErrData, test.mention, "hint: ")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"a", "b"}, d.Classes); diff != "" {
				t.Error(diff)
			}
			if test.held {
				test.test = d.Test.Len()
				test.train = 20 - test.test + test.val
			}
			if got := []int{d.Train.Len(), d.Validation, d.Test.Len()}; !slices.Equal(got, []int{test.train, test.val, test.test}) || test.test == 0 {
				t.Errorf("%d training images with %d validation images, %d test images", got[0], got[1], got[2])
			}
			if len(logs) != test.logs {
				t.Errorf("messages %q", logs)
			}
			_, validation := d.Train.Holdout(d.Validation)
			seen := map[uint8]bool{}
			for _, v := range firstPixels(validation) {
				seen[v/100] = true
			}
			if test.val > 0 && !maps.Equal(seen, map[uint8]bool{uint8(slices.IndexFunc(test.folders, isVal)): true}) {
				t.Errorf("validation images of the folders %v", seen)
			}
		})
	}
}

func isVal(name string) bool { return splitNames[strings.ToLower(name)] == "val" }

// TestWhole reads folders and archives without a split.
func TestWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 3 {
		save(t, grey(t, 1, 2, uint8(i)), dir, "few", "a", fmt.Sprintf("%d.png", i))
	}
	for i, split := range []string{"train", "val", "test"} {
		save(t, grey(t, 1, 2, uint8(i)), dir, "three", split, "a", "1.png")
	}
	save(t, archive(t, map[string][]byte{"images.npy": npyFile("|u1", "3, 1, 2", []uint8{0, 7, 1, 7, 2, 7})}), dir, "few.npz")
	for name, names := range map[string][]string{
		"folder:" + filepath.Join(dir, "few"):   {"a/0.png", "a/1.png", "a/2.png"},
		"folder:" + filepath.Join(dir, "three"): {"train/a/1.png", "val/a/1.png", "test/a/1.png"},
		"npz:" + filepath.Join(dir, "few.npz"):  nil,
	} {
		d, err := Open(context.Background(), name, Options{Whole: true, Log: func(m string) { t.Error(m) }})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d.Train, d.Test, byContent); diff != "" || !slices.Equal(firstPixels(d.Test), []uint8{0, 1, 2}) || !slices.Equal(d.Test.Names, names) {
			t.Errorf("%s: images %v of %q%s", name, firstPixels(d.Test), d.Test.Names, diff)
		}
	}
}

// TestSplitByShare holds out a share by seed. It depends on both, and each image is a
// test image for about that share of the seeds.
func TestSplitByShare(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 200 {
		save(t, nil, dir, "a", fmt.Sprintf("%03d.png", i))
	}
	held := func(share float64, seed uint64) map[string]bool {
		o := Options{SplitOptions: SplitOptions{TestShare: share, SplitSeed: seed}}
		f, err := listFolder(context.Background(), dir, o)
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, p := range f.test {
			names[p.name] = true
		}
		return names
	}
	none := held(0, 0)
	for name, test := range map[string]struct {
		share        float64
		seed         uint64
		least, most  int
		sameAsNoSeed bool
	}{
		"default": {0, 0, 10, 30, true}, "a tenth": {0.1, 0, 10, 30, true}, "another seed": {0.1, 1, 10, 30, false},
		"half": {0.5, 1, 80, 120, false}, "almost all": {0.999, 1, 190, 199, false}, "one": {0.005, 1, 1, 5, false},
	} {
		got := held(test.share, test.seed)
		if len(got) < test.least || len(got) > test.most || maps.Equal(got, none) != test.sameAsNoSeed {
			t.Errorf("%s: %d test images", name, len(got))
		}
		if !maps.Equal(got, held(test.share, test.seed)) {
			t.Errorf("%s: the test images change", name)
		}
	}
	for name := range held(0.1, 5) {
		if !held(0.3, 5)[name] {
			t.Errorf("%s is a test image with a share of 0.1, but not with 0.3", name)
		}
	}
	_, err := listFolder(context.Background(), dir, Options{SplitOptions: SplitOptions{TestShare: 0.001}})
	wantError(t, err, ErrData, "200 images are too few to hold out 0.001 of them; hint: at least 1000")
	save(t, nil, dir, "train", "a.png")
	save(t, nil, dir, "Testing", "b.png")
	if err := os.RemoveAll(filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	_, err = listFolder(context.Background(), dir, Options{SplitOptions: SplitOptions{SplitSeed: 2}})
	wantError(t, err, ErrUnknown, "split-seed has no effect with "+dir+", because it has a folder Testing; hint: leave --split-seed out")
	if _, err := listFolder(context.Background(), dir, Options{Whole: true, SplitOptions: SplitOptions{SplitSeed: 2}}); err != nil {
		t.Error(err)
	}
}
