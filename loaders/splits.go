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
)

// splitNames are the names of sub-folders that are splits, in any letter case.
var splitNames = map[string]string{
	"train": "train", "training": "train",
	"test": "test", "testing": "test",
	"val": "val", "valid": "val", "validation": "val", "dev": "val",
}

// split finds the training, validation and test images. Where no sub-folder is
// the test set, a part of the training images is held out; see holdOut. The
// validation images become the last training images.
func (f *folder) split(ctx context.Context, o Options) error {
	roots, err := f.roots()
	if err != nil {
		return err
	}
	if f.train, err = f.pictures(ctx, roots["train"]); err != nil {
		return err
	}
	if root, ok := roots["test"]; ok {
		f.test, err = f.pictures(ctx, root)
	} else if !o.Whole {
		err = f.holdOut()
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

// roots returns the sub-folders that are splits, or the folder itself as the
// training set if there are none. The name of a split is never that of a class.
func (f *folder) roots() (map[string]string, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, dataErrorf("%s: %w", f.dir, reason(err))
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
			return nil, dataErrorf("%s: has the name of a split, but no folder train lies beside it; hint: add train, or rename the class", path)
		case ok && len(roots) == 1 && others >= 0:
			return nil, dataErrorf("%s: has the name of a split, but %s lies beside it; hint: move the classes into train, or rename the class", path, beside[others])
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

// logSplits reports what the images of each split are, where that is not the usual
// pair train and test.
func (f *folder) logSplits(roots map[string]string, o Options) {
	held := roots["test"] == ""
	switch val, ok := roots["val"]; {
	case held && ok:
		o.log("%s: no folder test, so %d of %d images of %s are held out as the test set; the %[6]d images of %[5]s are the validation set, as with --validation %[6]d",
			f.dir, len(f.test), len(f.train)-f.validation+len(f.test), filepath.Base(roots["train"]), filepath.Base(val), f.validation)
	case held:
		o.log("%s: no folder test, so %d of %d images of %s are held out as the test set",
			f.dir, len(f.test), len(f.train)+len(f.test), filepath.Base(roots["train"]))
	case ok:
		o.log("%s: the %d images of %s are the validation set, as with --validation %[2]d", f.dir, f.validation, filepath.Base(val))
	}
}

// holdOut makes about a tenth of the training images test images. What an image
// is depends only on its name, so a new file moves no other one between the
// splits. The exception is a folder without a name in the tenth: its image of the
// lowest place is the test set.
func (f *folder) holdOut() error {
	all := f.train
	if len(all) < 10 {
		return dataErrorf("%s: %d images are too few to hold out a tenth; hint: at least 10, or sub-folders train and test", f.dir, len(all))
	}
	places := make([]uint64, len(all))
	for i, p := range all {
		places[i] = place64(p.name)
	}
	limit := max(math.MaxUint64/10, slices.Min(places))
	limit = min(limit, slices.Max(places)-1) // leaves one to train on
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

// place64 returns a number that is as good as random, but always the same for a
// name: the first 8 bytes of its SHA-256, big endian.
func place64(name string) uint64 {
	sum := sha256.Sum256([]byte(name))
	return binary.BigEndian.Uint64(sum[:8])
}
