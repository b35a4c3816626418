package loaders

import (
	"archive/zip"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Options are the options of Open, Fetch and Verify. With the zero value, data sets are
// looked for in the user's cache and in the system's folder, and nothing is downloaded.
type Options struct {
	DataDir  string // folder that is searched first; "": none
	CacheDir string // folder of downloads; "": os.UserCacheDir()/gaetrain
	Download bool   // download a named set that is not found

	Whole bool // all images are both the training set and the test set; nothing is held out

	ImageOptions   // of a user's own image files
	ArrayOptions   // of array:FILE
	SplitOptions   // of a user's own data without a test set
	StorageOptions // of data that can be read from their files as they are needed

	// Outline is called before image files are decoded, and again when more is known about
	// them. If it returns an error, Open returns that error. nil: it is not called.
	Outline func(Outline) error

	sources    []string // states of the archives of which the images are members
	resizeHint string   // how to make the sizes of images equal; "": by --size

	// Features are the columns that a model was trained on. A table must have the same
	// ones, in any order. nil: all columns are values.
	Features []string
	// Scaling is the one that a model was trained with. All values are scaled by it. nil:
	// Dataset.Measure measures the scaling of array:FILE.
	Scaling *Scaling

	Progress func(file string, done, total int64) // of a download, in bytes; total −1: unknown
	Log      func(msg string)                     // receives warnings; nil: they are ignored
	Client   *http.Client                         // nil: http.DefaultClient
	Mirrors  map[string][]string                  // base URLs by data set, instead of the registered ones
}

func (o Options) log(format string, args ...any) {
	if o.Log != nil {
		o.Log(fmt.Sprintf(format, args...))
	}
}

// systemRoot is the folder in which Debian's packages install data sets.
var systemRoot = "/usr/share/datasets"

// Open reads a data set into memory. A named set is looked for in o.DataDir, in the
// cache and in /usr/share/datasets/<name>. If it is not found and o.Download is set, it
// is downloaded. If the digest of a file is not the published one, a file in o.DataDir
// is used with a warning, and a file in another folder is refused. Data whose pixels and
// labels would take more than half of memory.Limit are refused. Errors wrap ErrUnknown,
// ErrData or the error of the context.
func Open(ctx context.Context, name string, o Options) (*Dataset, error) {
	d, err := open(ctx, name, o)
	if err == nil {
		d.Name = name
		err = d.check()
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return nil, fmt.Errorf("%s: %w", name, cause)
	}
	if err != nil {
		return nil, err
	}
	n, err := d.equal()
	if err != nil {
		return nil, err
	}
	switch {
	case n == 0:
	case n < d.Train.Len()+d.Test.Len():
		o.log("%s: the %d images that were compared are equal, so there may be nothing to learn from the data", name, n)
	default:
		o.log("%s: all %d images are equal, so there is nothing to learn from them", name, n)
	}
	return d, nil
}

func open(ctx context.Context, name string, o Options) (*Dataset, error) {
	d, err := openSplits(ctx, name, o, o.budget())
	if err != nil {
		return nil, err
	}
	if o.Whole {
		d.join()
	}
	if o.Scaling != nil {
		if err := o.Scaling.Check(d.Train.Shape); err != nil {
			return nil, dataErrorf("%s: %w", name, err)
		}
		d.scale(o.Scaling)
	}
	return d, nil
}

func openSplits(ctx context.Context, name string, o Options, room *budget) (*Dataset, error) {
	if read, path, err := ownData(name); err != nil || read != nil {
		if err != nil {
			return nil, err
		}
		if err := missing(name, path); err != nil && !strings.Contains(path, "{") {
			return nil, err
		}
		room.stays = true
		return read(ctx, path, o, room)
	}
	s, err := lookup(name)
	if kind := kindOf(name); err != nil && kind != "" {
		return nil, usageErrorf("unknown data set %q; hint: --dataset %s:%s, if you mean this path", name, kind, name)
	}
	if err != nil {
		return nil, err
	}
	if s.drawn != "" {
		return s.openSprites(room)
	}
	at, err := s.find(o)
	if err != nil && o.Download {
		if err := s.fetch(ctx, o); err != nil {
			return nil, err
		}
		at, err = s.find(o)
	}
	if err != nil {
		return nil, err
	}
	return s.load(ctx, at, o, room)
}

// reader reads a user's own data.
type reader func(ctx context.Context, path string, o Options, room *budget) (*Dataset, error)

// ownData splits the name of a user's own data, such as folder:DIR, into its reader and its
// path. read is nil for the name of a registered set.
func ownData(name string) (read reader, path string, err error) {
	kind, path, ok := strings.Cut(name, ":")
	if !ok {
		return nil, "", nil
	}
	readers := map[string]reader{"idx": openIDX, "npz": openNPZ, "array": openArray, "folder": openFolder, "pairs": openPairs, "tar": openTar}
	read = readers[kind]
	switch {
	case read == nil:
		return nil, "", usageErrorf("unknown data set %q; hint: did you mean %s:%s?", name, nearest(kind, slices.Sorted(maps.Keys(readers))), path)
	case path == "":
		return nil, "", usageErrorf("data set %q lacks a path; hint: for example %s:path/to/data", name, kind)
	}
	return read, path, nil
}

// place is a folder in which a set is looked for.
type place struct {
	fsys   fs.FS
	path   string // of fsys, for messages
	strict bool   // a wrong digest is an error, not a warning
}

// found is a place that has all files of a set, or its archive.
type found struct {
	place
	names   [4]string // of the files
	archive string    // name of the archive; "": the files are not in an archive
}

// find returns the first place that has the whole set. The error lists the places.
func (s *set) find(o Options) (found, error) {
	var looked []string
	for _, p := range s.places(o) {
		at, missing := s.in(p)
		if missing == "" {
			return at, nil
		}
		if _, err := fs.Stat(p.fsys, "."); err == nil {
			looked = append(looked, fmt.Sprintf("%s lacks %s", p.path, missing))
		} else {
			looked = append(looked, fmt.Sprintf("no %s", p.path))
		}
	}
	return found{}, dataErrorf("%s: not found (%s); hint: gaetrain datasets fetch %s", s.Name, strings.Join(looked, "; "), s.Name)
}

// places returns the places in which a set is looked for, in order.
func (s *set) places(o Options) []place {
	if s.embedded != "" {
		return []place{{sampleFS(s.embedded), "embedded " + s.Name, true}}
	}
	var places []place
	add := func(strict bool, dir ...string) {
		path := filepath.Join(dir...)
		places = append(places, place{os.DirFS(path), path, strict})
	}
	if o.DataDir != "" {
		add(false, o.DataDir, s.Name)
		if s.folder != s.Name {
			add(false, o.DataDir, s.folder)
		}
		add(false, o.DataDir, s.torch, "raw")
		add(false, o.DataDir)
	}
	if cache, err := o.cacheFolder(s); err == nil {
		add(true, cache)
	}
	add(true, systemRoot, s.folder)
	return places
}

// cacheFolder returns the folder of a set in the cache.
func (o Options) cacheFolder(s *set) (string, error) {
	if o.CacheDir != "" {
		return filepath.Join(o.CacheDir, s.folder), nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", dataErrorf("no cache folder: %w; hint: name one", err)
	}
	return filepath.Join(dir, "gaetrain", s.folder), nil
}

// in looks for the files of a set in p. missing is the first file that p does not have,
// or "" if p has all of them.
func (s *set) in(p place) (at found, missing string) {
	at.place = p
	for role, f := range s.files {
		at.names[role] = p.file(f.name)
		if at.names[role] == "" && missing == "" {
			missing = f.name
		}
	}
	if missing != "" && s.archive.name != "" {
		if missing = s.archive.name; isFile(p.fsys, missing) {
			return found{place: p, archive: missing}, ""
		}
	}
	return at, missing
}

// file returns the name of a file in p, compressed or not, or "" if it is missing. The
// spelling train-images.idx3-ubyte of some archives is found too.
func (p place) file(name string) string {
	dotted := strings.Replace(name, "-idx", ".idx", 1)
	for _, candidate := range []string{name + ".gz", name, dotted, dotted + ".gz", name + ".zst", dotted + ".zst"} {
		if isFile(p.fsys, candidate) {
			return candidate
		}
	}
	return ""
}

func isFile(fsys fs.FS, name string) bool {
	info, err := fs.Stat(fsys, name)
	return err == nil && !info.IsDir()
}

// load reads a set and checks its digests.
func (s *set) load(ctx context.Context, at found, o Options, room *budget) (*Dataset, error) {
	if at.archive == "" {
		return s.loadFiles(ctx, at, o, room)
	}
	var d *Dataset
	err := withZip(ctx, at.fsys, at.archive, room, func(z *zip.Reader, digest string) error {
		if err := s.compare(at.place, at.archive, s.archive, digest, o); err != nil {
			return err
		}
		inside, err := fs.Sub(z, s.inArchive)
		if err != nil {
			return err
		}
		members, missing := s.in(place{inside, at.full(at.archive), at.strict})
		if missing != "" || members.archive != "" {
			return dataErrorf("lacks %s", s.files[trainImages].name)
		}
		if d, err = s.loadFiles(ctx, members, o, room); err == nil {
			d.Digest[s.archive.name] = "md5:" + digest
		}
		return err
	})
	if err != nil && d == nil {
		return nil, dataErrorf("%s: %w", at.full(at.archive), err)
	}
	return d, err
}

func (p place) full(name string) string { return filepath.Join(p.path, name) }

// loadFiles reads the four files of a set, both splits at the same time. It reads the
// images of a split before its labels, because their number must be known.
func (s *set) loadFiles(ctx context.Context, at found, o Options, room *budget) (*Dataset, error) {
	room.known = s.embedded != ""
	d := &Dataset{Name: s.Name, Classes: slices.Clone(s.classes), Attribution: s.attribution, Digest: map[string]string{}}
	var digests [len(s.files)]string
	var errs [len(s.files)]error
	var reading sync.WaitGroup
	for _, roles := range [][2]int{{trainImages, trainLabels}, {testImages, testLabels}} {
		reading.Go(func() {
			for _, role := range roles {
				digests[role], errs[role] = s.format.readInto(ctx, d, role, at.fsys, at.names[role], room)
				if errs[role] != nil {
					return
				}
			}
		})
	}
	reading.Wait()
	for role, f := range s.files {
		name, digest := at.names[role], digests[role]
		if room.known {
			digest = f.md5
		}
		if err := errs[role]; err != nil {
			if at.strict {
				return nil, dataErrorf("%s: %w; hint: gaetrain datasets fetch %s replaces a damaged file", at.full(name), err, s.Name)
			}
			return nil, dataErrorf("%s: %w", at.full(name), err)
		}
		if err := s.compare(at.place, name, f, digest, o); err != nil {
			return nil, err
		}
		d.Digest[f.name] = "md5:" + digest
	}
	for _, split := range []*Split{&d.Train, &d.Test} {
		if s.transposed {
			if err := split.transpose(ctx, room); err != nil {
				return nil, err
			}
		}
		for i := range split.Labels {
			split.Labels[i] -= s.firstLabel // a smaller label becomes a number that check refuses
		}
	}
	return d, nil
}

// readInto reads one file into its part of d. Images are read before their labels.
func (f format) readInto(ctx context.Context, d *Dataset, role int, fsys fs.FS, name string, room *budget) (digest string, err error) {
	split := &d.Train
	if role == testImages || role == testLabels {
		split = &d.Test
	}
	if role == trainLabels || role == testLabels {
		split.Labels, digest, err = f.labels(ctx, fsys, name, split.Len(), room)
		return digest, err
	}
	images, digest, err := f.images(ctx, fsys, name, room)
	split.Shape, split.Store = images.Shape, images.Store
	return digest, err
}

// compare compares the digest of a file with the published one.
func (s *set) compare(p place, name string, f file, digest string, o Options) error {
	if f.md5 == "" || f.md5 == digest {
		return nil
	}
	if other := owner(digest); other != "" {
		return dataErrorf("%s: this is %s, not %s of %s", p.full(name), other, f.name, s.Name)
	}
	if !p.strict {
		o.log("%s: md5 of the uncompressed bytes is %s, the published one is %s; the file is used nevertheless", p.full(name), digest, f.md5)
		return nil
	}
	hint := "gaetrain datasets fetch " + s.Name + " replaces a damaged file; own data are opened as idx:DIR"
	if s.hint != "" {
		hint = s.hint + "; " + hint
	}
	return dataErrorf("%s: md5 of the uncompressed bytes is %s, want %s; hint: %s", p.full(name), digest, f.md5, hint)
}
