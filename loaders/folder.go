package loaders

import (
	"context"
	"crypto/md5"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"gaetrain/loaders/files"
)

// maxDepth limits the depth of sub-folders, because a link to a parent folder has none.
const maxDepth = 8

// openFolder reads image files of one size. The sub-folders are the classes, in sorted
// order. Images without sub-folders have no labels. Sub-folders with the names of
// splits are the splits. Otherwise about a tenth of the images is held out as the test
// set; see split. If all images are grey they have one channel, else three. Transparent
// pixels are drawn on the background of the options.
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

// dataset returns the data set of the images of all.
func (f *folder) dataset(all Split, digest map[string]string) *Dataset {
	all.Labels = f.labels()
	for _, p := range f.all() {
		all.Names = append(all.Names, p.name)
	}
	d := &Dataset{Classes: f.classes, Digest: digest, Validation: f.validation, HeldOut: f.heldOut}
	d.Train, d.Test = all.Holdout(len(f.test))
	d.Test.Positions = nil // among the test images
	return d
}

// folder is a folder of image files.
type folder struct {
	dir         string
	train, test []picture
	validation  int       // images at the end of train
	heldOut     int       // images of test that were held out of train
	classes     []string  // sorted; nil: unlabelled
	sum         hash.Hash // of the names and the contents, in the order of reading
	skipped     skipped
}

// picture is an image file. Its class is "" if it is not in a sub-folder. Its name is
// its path within the folder, with slashes.
type picture struct {
	path, name, class string
	in                *folder
}

// listFolder lists the files of a data set by split.
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

// all returns the training images, followed by the test images.
func (f *folder) all() []picture { return slices.Concat(f.train, f.test) }

// labels returns the labels of the images of all, or nil without classes.
func (f *folder) labels() []Label {
	if f.classes == nil {
		return nil
	}
	var labels []Label
	for _, p := range f.all() {
		label, _ := slices.BinarySearch(f.classes, p.class)
		labels = append(labels, Label(label))
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

// pictures lists the image files of a folder and its sub-folders in sorted order.
func (f *folder) pictures(ctx context.Context, root string) ([]picture, error) {
	var list []picture
	var walk func(dir, class string, depth int) error
	walk = func(dir, class string, depth int) error {
		entries, err := os.ReadDir(dir) // sorted
		if err != nil {
			return dataErrorf("%s: %w", dir, files.Reason(err))
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
			default:
				if why := unread(path); why != "" {
					f.skipped.add(why, path)
					continue
				}
				list = append(list, f.picture(path, class))
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

// unread returns the reason why a file is not read, or "" for an image. An image has
// the extension of a format, or it starts like a file of a format. If the extension is
// that of a format but the content is not, the reader returns an error.
func unread(path string) (why string) {
	if hasExtension(path) {
		if strings.EqualFold(filepath.Ext(path), ".webp") && startsWith(path, isAnimated) {
			return animation
		}
		return ""
	}
	switch {
	case startsWith(path, isAnimated):
		return animation
	case startsWith(path, func(start []byte) bool { return formatOf(start) != nil }):
		return ""
	}
	return otherKind
}

// startsWith reports whether wanted accepts the first bytes of a file. The result is
// false if the file cannot be read.
func startsWith(path string, wanted func(start []byte) bool) bool {
	file, _, err := openPath(path)
	if err != nil {
		return false
	}
	defer file.Close()
	start := make([]byte, longestMagic)
	n, err := io.ReadFull(file, start)
	return (err == nil || errors.Is(err, io.ErrUnexpectedEOF)) && wanted(start[:n])
}

// classNames returns the sorted names of the sub-folders, or nil if there are none.
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
	invalid := slices.IndexFunc(names, func(name string) bool { return !utf8.ValidString(name) })
	switch {
	case loose != "" && len(names) > 1:
		return nil, dataErrorf("%s: is not in one of the sub-folders, which are classes; hint: move it into one", loose)
	case loose != "":
		return nil, nil
	case len(names) > maxClasses:
		return nil, dataErrorf("%s: %d sub-folders, want at most %d classes", dir, len(names), maxClasses)
	case invalid >= 0: // run.json would hold another name, which two classes could share
		return nil, dataErrorf("%s: the name %q of a sub-folder, which is a class, is not valid UTF-8; hint: rename the sub-folder", dir, names[invalid])
	}
	return names, nil
}
