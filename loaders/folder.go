package loaders

import (
	"cmp"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
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

// openFolder reads image files of one size, or resizes them. The sub-folders are the
// classes, in sorted order. Images without sub-folders have no labels. Sub-folders with the
// names of splits are the splits. Otherwise a part of the images is held out as the test
// set; see split. If all images are grey they have one channel, else three. Transparent
// pixels are drawn on the background of the options.
func openFolder(ctx context.Context, dir string, o Options, room *budget) (*Dataset, error) {
	f, err := listFolder(ctx, dir, o)
	if err != nil {
		return nil, err
	}
	all, err := f.collect(ctx, room, o)
	if err != nil {
		return nil, err
	}
	return f.dataset(all, map[string]string{"images": f.digest()})
}

// collect reads the images of the folder, takes the broken ones out of its lists, and
// reports what is skipped.
func (f *folder) collect(ctx context.Context, room *budget, o Options) (all collected, err error) {
	if all, err = collect(ctx, f.dir, f.all(), 1, room, o); err == nil {
		err = f.reduce(all.list)
	}
	if err == nil {
		f.skipped.log(f.dir, len(all.list), o)
	}
	return all, err
}

// reduce takes the images that are not in a list, which are broken, out of the folder.
func (f *folder) reduce(list []picture) error {
	good := map[string]bool{}
	for _, p := range list {
		good[p.path] = true
	}
	broken := func(p picture) bool { return !good[p.path] }
	cut := len(f.train) - f.validation
	train, validation := slices.DeleteFunc(slices.Clone(f.train[:cut]), broken), slices.DeleteFunc(slices.Clone(f.train[cut:]), broken)
	test := slices.DeleteFunc(slices.Clone(f.test), broken)
	for _, part := range []struct {
		name          string
		before, after int
	}{{"training", cut, len(train)}, {"validation", f.validation, len(validation)}, {"test", len(f.test), len(test)}} {
		if part.before > 0 && part.after == 0 {
			all := fmt.Sprintf("all %d %s images are", part.before, part.name)
			if part.before == 1 {
				all = "the only " + part.name + " image is"
			}
			return dataErrorf("%s: %s broken; hint: remove broken images, of which --strict names the first one", f.dir, all)
		}
	}
	f.train, f.validation, f.test = append(train, validation...), len(validation), test
	if f.heldOut > 0 {
		f.heldOut = len(test)
	}
	return nil
}

// dataset returns the data set of the images that were read.
func (f *folder) dataset(read collected, digest map[string]string) (*Dataset, error) {
	var err error
	if f.classes, err = classNames(f.dir, f.all()); err != nil { // a class can have only broken images
		return nil, err
	}
	if f.listing != "" { // classes of archives can be numbers
		slices.SortFunc(f.classes, classOrder(f.classes))
	}
	all := read.Split
	all.Labels = f.labels()
	for _, p := range f.all() {
		all.Names = append(all.Names, p.name)
	}
	d := &Dataset{Classes: f.classes, Digest: digest, Validation: f.validation, HeldOut: f.heldOut, Background: read.backdrop}
	d.Train, d.Test = all.Holdout(len(f.test))
	d.Test.Positions = nil // among the test images
	return d, nil
}

// folder is a folder of image files.
type folder struct {
	dir         string
	train, test []picture
	validation  int       // images at the end of train
	heldOut     int       // images of test that were held out of train
	classes     []string  // sorted; nil: unlabelled
	sum         hash.Hash // of the names and what scheme says, in the order of reading
	scheme      string    // prefix of the digest; "": of the contents

	listing string         // digest of the names and sizes of archives; "": there are none
	ignored map[string]int // members of archives that are not read, by kind
	known   *cacheIndex    // of archives; nil: their members must be listed

	skipped
}

// picture is an image file. Its class is "" if it is not in a sub-folder. Its name is
// its path within the folder, with slashes.
type picture struct {
	path, name, class string
	in                *folder
	member            *member // of an archive; nil: the image is a file
}

// listFolder lists the files of a data set by split.
func listFolder(ctx context.Context, dir string, o Options) (*folder, error) {
	f := newFolder(dir)
	if err := f.split(ctx, o); err != nil {
		f.skipped.log(dir, 0, o)
		return nil, err
	}
	if o.Strict {
		if err := f.refuse(); err != nil {
			return nil, err
		}
	}
	_, err := classNames(dir, f.all())
	return f, err
}

func newFolder(dir string) *folder { return &folder{dir: dir, sum: md5.New()} }

// all returns the training images, followed by the test images.
func (f *folder) all() []picture { return slices.Concat(f.train, f.test) }

// labels returns the labels of the images of all, or nil without classes.
func (f *folder) labels() []Label {
	if f.classes == nil {
		return nil
	}
	numbers := make(map[string]Label, len(f.classes))
	for number, class := range f.classes {
		numbers[class] = Label(number)
	}
	var labels []Label
	for _, p := range f.all() {
		labels = append(labels, numbers[p.class])
	}
	return labels
}

func (f *folder) digest() string {
	if f.scheme == namesAndSizes && f.listing != "" {
		return f.scheme + f.listing
	}
	return cmp.Or(f.scheme, "md5:") + digestOf(f.sum)
}

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
	return picture{path, filepath.ToSlash(name), class, f, nil}
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
