package loaders

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gaetrain/loaders/files"
)

// splitNames maps names of sub-folders, in lower case, to splits.
var splitNames = map[string]string{
	"train": "train", "training": "train",
	"test": "test", "testing": "test",
	"val": "val", "valid": "val", "validation": "val", "dev": "val",
}

// split finds the training, validation and test images. If no sub-folder is the test
// set, a part of the training images is held out; see holdOut. The validation images
// are appended to the training images.
func (f *folder) split(ctx context.Context, o Options) error {
	roots, err := f.roots()
	if err != nil {
		return err
	}
	if f.train, err = f.pictures(ctx, roots["train"]); err != nil {
		return err
	}
	if root, ok := roots["test"]; ok {
		if f.test, err = f.pictures(ctx, root); err == nil && !o.Whole {
			err = o.Needless(f.dir, "a folder "+filepath.Base(root))
		}
	} else if !o.Whole {
		err = f.holdOut(o.SplitOptions)
		if roots["train"] == f.dir { // else logSplits reports it
			f.heldOut = len(f.test)
		}
	}
	if err != nil {
		return err
	}
	if root, ok := roots["val"]; ok {
		validation, err := f.pictures(ctx, root)
		if err != nil {
			return err
		}
		f.train, f.validation = append(f.train, validation...), len(validation)
	}
	if roots["train"] != f.dir && !o.Whole {
		f.logSplits(roots, o)
	}
	return nil
}

// roots returns the sub-folders that are splits. If there are none, the folder itself
// is the training set. A sub-folder with the name of a split is never a class.
func (f *folder) roots() (map[string]string, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, dataErrorf("%s: %w", f.dir, files.Reason(err))
	}
	roots, beside := map[string]string{}, []string(nil)
	for _, entry := range entries {
		path := filepath.Join(f.dir, entry.Name())
		role := splitNames[strings.ToLower(entry.Name())]
		switch {
		case role == "" || !isDir(path):
			beside = append(beside, path)
		case roots[role] != "":
			return nil, dataErrorf("%s and %s: two folders for one split; hint: keep one of train, test and val each", roots[role], path)
		default:
			roots[role] = path
		}
	}
	if len(roots) == 0 {
		return map[string]string{"train": f.dir}, nil
	}
	others := slices.IndexFunc(beside, isDir)
	for _, role := range []string{"train", "test", "val"} {
		path, ok := roots[role]
		switch {
		case role == "train" && !ok:
			continue
		case ok && roots["train"] == "":
			return nil, dataErrorf("%s: has the name of a split, but there is no folder train next to it; hint: add train, or rename the class", path)
		case ok && len(roots) == 1 && others >= 0:
			return nil, dataErrorf("%s: has the name of a split, but %s is next to it; hint: move the classes into train, or rename the class", path, beside[others])
		}
	}
	for _, path := range beside {
		why := besideRoot
		if isHidden(filepath.Base(path)) {
			why = hiddenFile
		}
		f.skipped.add(why, path)
	}
	return roots, nil
}

// logSplits reports which images each split has, unless the folder has just the
// sub-folders train and test.
func (f *folder) logSplits(roots map[string]string, o Options) {
	held := roots["test"] == ""
	switch val, ok := roots["val"]; {
	case held && ok:
		o.log("%s: no folder test, so %d of %d images of %s are held out as the test set; the %[6]d images of %[5]s are the validation set of the data",
			f.dir, len(f.test), len(f.train)-f.validation+len(f.test), filepath.Base(roots["train"]), filepath.Base(val), f.validation)
	case held:
		o.log("%s: no folder test, so %d of %d images of %s are held out as the test set",
			f.dir, len(f.test), len(f.train)+len(f.test), filepath.Base(roots["train"]))
	case ok:
		o.log("%s: the %d images of %s are the validation set of the data", f.dir, f.validation, filepath.Base(val))
	}
}

// holdOut makes a share of the training images test images: those whose place64 is in the
// lowest part. This depends only on the name of an image and on the options, so a new file
// moves no other file to another split. If no name is in that part, the image with the
// lowest place is the test set.
func (f *folder) holdOut(o SplitOptions) error {
	all, least := f.train, max(2, int(math.Ceil(1/o.Share()-1e-6)))
	if len(all) < least {
		return dataErrorf("%s: %d images are too few to hold out %g of them; hint: at least %d, or sub-folders train and test", f.dir, len(all), o.Share(), least)
	}
	places := make([]uint64, len(all))
	for i, p := range all {
		places[i] = place64(p.name, o.SplitSeed)
	}
	limit := max(o.lowest(), slices.Min(places))
	limit = min(limit, slices.Max(places)-1) // leaves at least one training image
	f.train = nil
	for i, p := range all {
		if places[i] <= limit {
			f.test = append(f.test, p)
		} else {
			f.train = append(f.train, p)
		}
	}
	return nil
}

// lowest is the highest place of a test image.
func (o SplitOptions) lowest() uint64 {
	if o.TestShare == 0 {
		return math.MaxUint64 / 10
	}
	return uint64(min(o.TestShare*(1<<64), 1<<64-1<<11)) // the largest float64 that fits
}

// place64 returns the first 8 bytes of the SHA-256 of a name as a big-endian number. With a
// seed other than 0, the name is preceded by the seed in 8 bytes, big-endian. The
// numbers of different names are like random numbers.
func place64(name string, seed uint64) uint64 {
	var text []byte
	if seed != 0 {
		text = binary.BigEndian.AppendUint64(text, seed)
	}
	sum := sha256.Sum256(append(text, name...))
	return binary.BigEndian.Uint64(sum[:8])
}
