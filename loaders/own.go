package loaders

import (
	"archive/zip"
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// openIDX reads a folder with files named like MNIST's: all four files, or only the
// two files of images for data without labels. Missing test images are an error. No
// training images are held out in their place.
func openIDX(ctx context.Context, dir string, o Options, room *budget) (*Dataset, error) {
	files := idxFiles()
	at := found{place: place{fsys: os.DirFS(dir), path: dir}}
	for role, f := range files {
		at.names[role] = at.file(f.name)
		if at.names[role] == "" {
			at.names[role] = at.file(strings.Replace(f.name, "t10k-", "test-", 1))
		}
	}
	labelled := at.names[trainLabels] != "" || at.names[testLabels] != ""
	d := &Dataset{Digest: map[string]string{}}
	for role, name := range at.names {
		if name == "" {
			if !labelled && (role == trainLabels || role == testLabels) {
				continue
			}
			return nil, dataErrorf("%s: no %s, compressed or not; hint: training and test files are both needed, named like MNIST's", dir, files[role].name)
		}
		digest, err := idxFormat.readInto(ctx, d, role, at.fsys, name, room)
		if err != nil {
			return nil, dataErrorf("%s: %w", at.full(name), err)
		}
		for _, s := range []Split{d.Train, d.Test} {
			if stays, ok := s.Store.(*fileStore); ok && stays.path == name {
				stays.path = at.full(name)
			}
		}
		d.Digest[files[role].name] = withScheme(digest)
	}
	o.logStaying(dir, "", d.Train, d.Test)
	return d, d.nameClasses(byteNames, byteNames)
}

// openNPZ reads a NumPy archive with the arrays x_train, y_train, x_test and y_test,
// as in Keras' mnist.npz, or images and labels, or arr_0 and arr_1. Labels are
// optional. If there are no test images, some of the images are held out; see holdOut.
func openNPZ(ctx context.Context, path string, o Options, room *budget) (*Dataset, error) {
	d := &Dataset{}
	dir, name := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	err := withZip(ctx, os.DirFS(dir), name, room, func(z *zip.Reader, digest string) error {
		d.Digest = map[string]string{name: "md5:" + digest}
		return readNPZ(ctx, d, npzArrays(z), o, room)
	})
	if err != nil {
		return nil, dataErrorf("%s: %w", path, err)
	}
	return d, nil
}

func readNPZ(ctx context.Context, d *Dataset, arrays map[string]*zip.File, o Options, room *budget) error {
	for _, names := range [][2]string{{"x_train", "y_train"}, {"images", "labels"}, {"arr_0", "arr_1"}} {
		if arrays[names[0]] == nil {
			continue
		}
		train, err := readSplit(ctx, arrays, names[0], names[1], &d.Train, room)
		if err != nil {
			return err
		}
		if arrays["x_test"] != nil && names[0] == "x_train" {
			test, err := readSplit(ctx, arrays, "x_test", "y_test", &d.Test, room)
			if err == nil {
				err = o.Needless("the archive", "an array x_test")
			}
			if err != nil {
				return err
			}
			return d.nameClasses(train, test)
		}
		if err = d.nameClasses(train, nil); err == nil && !o.Whole {
			d.Train, d.Test, err = d.Train.holdOut(o.SplitOptions)
			d.HeldOut = d.Test.Len()
		}
		return err
	}
	names := slices.Sorted(maps.Keys(arrays))
	return dataErrorf("holds the arrays %.300s, want x_train, images or arr_0", fmt.Sprintf("%q", names[:min(len(names), 8)]))
}

// readSplit reads images and, if the archive has them, labels into s. It returns the
// names of the classes.
func readSplit(ctx context.Context, arrays map[string]*zip.File, images, labels string, s *Split, room *budget) (classes []string, err error) {
	err = withMember(arrays[images], room, func(member source) error {
		*s, err = readImages(ctx, member)
		return err
	})
	if err != nil || arrays[labels] == nil {
		return nil, err
	}
	err = withMember(arrays[labels], room, func(member source) error {
		l, err := readLabels(member, s.Len())
		s.Labels, classes = l.numbers, l.names
		return err
	})
	return classes, err
}

// holdOut makes a share of the images the test set, in which each class keeps its share.
// With a split seed, random images of each class are chosen, else those at even distances.
func (s Split) holdOut(o SplitOptions) (train, test Split, err error) {
	n := int(o.Share()*float64(s.Len()) + 1e-6)
	if n < 1 || n >= s.Len() {
		return s, s, dataErrorf("%d images or rows are too few to hold out a share of %g as the test set; hint: at least %d, or --test-share",
			s.Len(), o.Share(), int(math.Ceil(1/o.Share()-1e-6)))
	}
	train, test = s.moveBehind(s.testRows(n, o.SplitSeed)).Holdout(n)
	return train, test, nil
}

// testRows returns the ascending indices of n images.
func (s Split) testRows(n int, seed uint64) []int {
	if seed == 0 {
		return s.Strata(n)
	}
	const epoch = -1 // the shuffle of no epoch of training
	order := make([]int, s.Len())
	permutation(order, true, seed, epoch)
	shuffled := Split{Rows: order}
	if s.Labels != nil {
		for _, i := range order {
			shuffled.Labels = append(shuffled.Labels, s.Labels[i])
		}
	}
	rows := shuffled.Strata(n)
	for i, at := range rows {
		rows[i] = order[at]
	}
	slices.Sort(rows)
	return rows
}
