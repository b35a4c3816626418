package loaders

import (
	"context"
	"crypto/md5"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// maxDepth bounds how deep sub-folders go, so that a link to a parent ends.
const maxDepth = 8

// openFolder reads image files. The sub-folders are the classes, in
// sorted order; images without sub-folders are unlabelled. Sub-folders that are
// named like splits are the splits, otherwise about a tenth of the images is held
// out as the test set; see split. Images are grey if all are, else RGB;
// transparent pixels lie on the background of the options. All have one size.
func openFolder(ctx context.Context, dir string, o Options, room *budget) (*Dataset, error) {
	f, err := listFolder(ctx, dir, o)
	if err != nil {
		return nil, err
	}
	all, background, err := collect(ctx, f.all(), room, o)
	if err != nil {
		return nil, err
	}
	d := f.dataset(all, map[string]string{"images": f.digest()})
	d.Background = background
	return d, nil
}

// dataset makes a data set of the images of all.
func (f *folder) dataset(all Split, digest map[string]string) *Dataset {
	all.Labels = f.labels()
	for _, p := range f.all() {
		all.Names = append(all.Names, p.name)
	}
	d := &Dataset{Classes: f.classes, Digest: digest, Validation: f.validation, HeldOut: f.heldOut}
	d.Train, d.Test = all.Holdout(len(f.test))
	return d
}

// folder is a folder of image files.
type folder struct {
	dir         string
	train, test []picture
	validation  int       // images at the end of train
	heldOut     int       // images of test that were held out of train
	classes     []string  // sorted; nil: unlabelled
	sum         hash.Hash // of names and files, in the order in which they are read
	skipped     skipped
}

// picture is an image file of a class; "" if it lies in no sub-folder. Its name is
// its path within the folder, with slashes.
type picture struct {
	path, name, class string
	in                *folder
}

// listFolder finds the files of a data set and splits them.
func listFolder(ctx context.Context, dir string, o Options) (*folder, error) {
	f := newFolder(dir)
	defer func() { f.skipped.log(dir, o) }()
	if err := f.split(ctx, o); err != nil {
		return nil, err
	}
	var err error
	f.classes, err = classNames(dir, f.all())
	return f, err
}

func newFolder(dir string) *folder { return &folder{dir: dir, sum: md5.New(), skipped: skipped{}} }

// all lists the training images, then the test images.
func (f *folder) all() []picture { return slices.Concat(f.train, f.test) }

// labels returns the labels of all; nil without classes.
func (f *folder) labels() []uint8 {
	if f.classes == nil {
		return nil
	}
	var labels []uint8
	for _, p := range f.all() {
		label, _ := slices.BinarySearch(f.classes, p.class)
		labels = append(labels, uint8(label))
	}
	return labels
}

func (f *folder) digest() string { return "md5:" + digestOf(f.sum) }

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// picture describes a file of the folder.
func (f *folder) picture(path, class string) picture {
	name, err := filepath.Rel(f.dir, path)
	if err != nil {
		name = path
	}
	return picture{path, filepath.ToSlash(name), class, f}
}

// pictures lists the image files of a folder and its sub-folders in sorted
// order.
func (f *folder) pictures(ctx context.Context, root string) ([]picture, error) {
	var list []picture
	var walk func(dir, class string, depth int) error
	walk = func(dir, class string, depth int) error {
		entries, err := os.ReadDir(dir) // sorted
		if err != nil {
			return dataErrorf("%s: %w", dir, reason(err))
		}
		if depth > maxDepth {
			return dataErrorf("%s: sub-folders more than %d deep", dir, maxDepth)
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		for _, entry := range entries {
			path := filepath.Join(dir, entry.Name())
			switch {
			case isHidden(entry.Name()):
				f.skipped.add(hiddenFile, path)
			case isDir(path):
				inner := class
				if depth == 0 {
					inner = entry.Name()
				}
				if err := walk(path, inner, depth+1); err != nil {
					return err
				}
			case isPicture(path):
				list = append(list, f.picture(path, class))
			default:
				f.skipped.add(otherKind, path)
			}
		}
		return nil
	}
	if err := walk(root, "", 0); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, dataErrorf("%s: holds no files of %s", root, kinds)
	}
	return list, nil
}

// isPicture recognises an image by the extension of its name or, if that is of no
// format, by the first bytes of the file.
func isPicture(path string) bool {
	if hasExtension(path) {
		return true
	}
	dir, base := filepath.Split(path)
	file, _, err := openRegular(os.DirFS(filepath.Clean(dir)), base)
	if err != nil {
		return false
	}
	defer file.Close()
	at, ok := file.(io.ReaderAt)
	if !ok {
		return false
	}
	_, err = formatOf(at)
	return err == nil
}

// classNames returns the sorted names of the sub-folders; nil if there are none.
func classNames(dir string, list []picture) ([]string, error) {
	var names []string
	loose := ""
	for _, p := range list {
		if p.class == "" {
			loose = p.path
		}
		names = append(names, p.class)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	switch {
	case loose != "" && len(names) > 1:
		return nil, dataErrorf("%s: lies beside sub-folders, which are classes; hint: move it into one", loose)
	case loose != "":
		return nil, nil
	case len(names) > 256:
		return nil, dataErrorf("%s: %d sub-folders, want at most 256 classes", dir, len(names))
	}
	return names, nil
}
