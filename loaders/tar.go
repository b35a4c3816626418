package loaders

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"gaetrain/loaders/files"
	"gaetrain/loaders/memory"
)

// member is where a file is in an archive.
type member struct {
	shard        *shard
	offset, size int64
}

// memberBytes bounds the memory for a member of an archive, besides its names.
const memberBytes = 300

// maxClassFile limits the size of a member that has the class of an image.
const maxClassFile = 1 << 10

// sample is what an archive holds for one key.
type sample struct {
	picture
	extension string // of the image; "": there is none
	class     *string
}

// indexer lists the images of an archive.
type indexer struct {
	*folder
	shard   *shard
	file    io.ReaderAt
	size    int64
	room    *budget
	samples map[string]*sample // by key
	keys    []string           // in the order of the archive
}

// indexShards lists the images of all archives by split.
func (f *folder) indexShards(ctx context.Context, shards []*shard, o Options, room *budget) error {
	lists := map[string][]picture{}
	for _, s := range shards {
		var list []picture
		var err error
		if f.known != nil {
			list = f.knownPictures(s)
		} else {
			list, err = f.indexShard(ctx, s, room)
		}
		if cause := context.Cause(ctx); err != nil && cause != nil {
			return cause
		}
		if err != nil {
			return dataErrorf("%s: %w", s.path, err)
		}
		lists[s.role] = append(lists[s.role], list...)
	}
	f.train, f.test = lists["train"], lists["test"]
	if len(f.train) == 0 {
		return dataErrorf("%s: no training images; hint: the names of test and validation archives have test or val as a word, and other archives have training images", f.dir)
	}
	if err := f.checkClasses(slices.Concat(f.train, f.test, lists["val"])); err != nil {
		return err
	}
	switch {
	case o.Whole:
	case len(f.test) > 0:
		if err := o.Needless(f.dir, "archives of test images"); err != nil {
			return err
		}
	default:
		if err := f.holdOut(o.SplitOptions); err != nil {
			return err
		}
		f.heldOut = len(f.test)
	}
	f.train, f.validation = append(f.train, lists["val"]...), len(lists["val"])
	f.logIgnored(o)
	o.log("%s: %d archives with %d training, %d validation and %d test images", f.dir, len(shards), len(f.train)-f.validation, f.validation, len(f.test))
	if o.Strict {
		return f.refuse()
	}
	return nil
}

// checkClasses refuses images without a class next to images with one.
func (f *folder) checkClasses(list []picture) error {
	without := slices.IndexFunc(list, func(p picture) bool { return p.class == "" })
	with := slices.IndexFunc(list, func(p picture) bool { return p.class != "" })
	if without >= 0 && with >= 0 {
		return dataErrorf("%s: has no .cls with its class, but %s has one", list[without].path, list[with].path)
	}
	return nil
}

// indexShard lists the images of an archive in the convention of WebDataset: the members
// KEY.png, or another format of images, and KEY.cls, which has the class as a number or
// text. Other members are skipped. Only the headers of members and their classes are read.
func (f *folder) indexShard(ctx context.Context, s *shard, room *budget) ([]picture, error) {
	file, size, err := s.open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	at := &boundedReaderAt{ctx: ctx, r: file, listed: true}
	x := &indexer{folder: f, shard: s, file: at, size: size, room: room, samples: map[string]*sample{}}
	section := io.NewSectionReader(at, 0, size)
	reader, last := tar.NewReader(section), ""
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, tarError(err, last)
		}
		offset, err := section.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, files.Reason(err)
		}
		if err := x.add(header, offset); err != nil {
			return nil, err
		}
		last = header.Name
	}
	return x.list()
}

// tarError describes an error of the reader of archives after a member.
func tarError(err error, last string) error {
	where := "at its start"
	if last != "" {
		where = fmt.Sprintf("after the member %.200q", last)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return dataErrorf("truncated %s", where)
	}
	return dataErrorf("not a tar archive, or damaged, %s: %w", where, err)
}

// add adds a member, whose content begins at an offset.
func (x *indexer) add(h *tar.Header, offset int64) error {
	name := strings.TrimPrefix(path.Clean(h.Name), "./")
	base := path.Base(name)
	sparse := slices.ContainsFunc(slices.Collect(maps.Keys(h.PAXRecords)), func(key string) bool { return strings.HasPrefix(key, "GNU.sparse.") })
	full := filepath.Join(x.shard.path, name)
	switch {
	case h.Typeflag == tar.TypeDir || h.Typeflag == tar.TypeXGlobalHeader:
		return nil
	case h.Typeflag != tar.TypeReg || sparse:
		x.ignore("links, devices or sparse files")
		return nil
	case isHidden(base):
		x.ignore("hidden or system files")
		return nil
	case h.Size > x.size-offset:
		return dataErrorf("truncated or corrupt: the member %.200q claims %s, but the archive ends after %s of it", h.Name, memory.Format(h.Size), memory.Format(max(x.size-offset, 0)))
	}
	stem, extension, _ := strings.Cut(base, ".")
	key := path.Join(path.Dir(name), stem)
	image := !strings.Contains(extension, ".") && hasExtension("."+extension)
	if !image && extension != "cls" {
		x.ignore("." + strings.ToValidUTF8(extension[:min(len(extension), 40)], "?"))
		return nil
	}
	s := x.samples[key]
	if s == nil {
		if err := x.room.take(memberBytes + 4*int64(len(name))); err != nil {
			return dataErrorf("the list of its members: %w", err)
		}
		s = &sample{}
		x.samples[key], x.keys = s, append(x.keys, key)
	}
	if image {
		return s.setImage(x, extension, full, member{x.shard, offset, h.Size})
	}
	if s.class != nil {
		return dataErrorf("%.200q occurs twice", h.Name)
	}
	class, err := x.readClass(offset, h.Size)
	if err != nil {
		return dataErrorf("%.200q: %w", h.Name, err)
	}
	s.class = &class
	return nil
}

func (s *sample) setImage(x *indexer, extension, full string, at member) error {
	if s.extension != "" {
		return dataErrorf("the key %.200q has two images, .%s and .%s; hint: one image for each key", strings.TrimSuffix(s.path, "."+s.extension), s.extension, extension)
	}
	name, err := filepath.Rel(filepath.Dir(x.shard.path), full)
	if err != nil {
		name = full
	}
	s.extension, s.picture = extension, picture{path: full, name: filepath.ToSlash(name), in: x.folder, member: &at}
	return nil
}

// readClass reads the name of a class.
func (x *indexer) readClass(offset, size int64) (string, error) {
	if size > maxClassFile {
		return "", dataErrorf("%d bytes, want a class of at most %d", size, maxClassFile)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(x.file, offset, size), text); err != nil {
		return "", files.Reason(err)
	}
	class := strings.TrimSpace(string(text))
	switch {
	case class == "" || len(class) > maxClassName || !utf8.ValidString(class) || strings.ContainsRune(class, 0):
		return "", dataErrorf("%.60q is no class; hint: a number or text in UTF-8 of at most %d bytes", class, maxClassName)
	}
	return class, nil
}

// list returns the images in the order of the archive.
func (x *indexer) list() (list []picture, err error) {
	for _, key := range x.keys {
		s := x.samples[key]
		if s.extension == "" {
			return nil, dataErrorf("%.200q has a class but no image; hint: KEY.cls belongs to KEY.png or to another format of images", key+".cls")
		}
		if s.class != nil {
			s.picture.class = *s.class
		}
		list = append(list, s.picture)
	}
	return list, nil
}

// ignore counts a member that is not read. A few kinds are counted separately, so that an
// archive with many kinds takes no memory for them.
func (f *folder) ignore(kind string) {
	const most = 8
	if f.ignored == nil {
		f.ignored = map[string]int{}
	}
	if f.ignored[kind] == 0 && len(f.ignored) >= most {
		kind = "others"
	}
	f.ignored[kind]++
}

// logIgnored reports the members that are not read.
func (f *folder) logIgnored(o Options) {
	var parts []string
	total := 0
	for _, kind := range slices.Sorted(maps.Keys(f.ignored)) {
		total += f.ignored[kind]
		parts = append(parts, fmt.Sprintf("%d %s", f.ignored[kind], kind))
	}
	if total > 0 {
		o.log("%s: %s skipped: %s", f.dir, areMany(total, "member", "members"), strings.Join(parts, ", "))
	}
}

// knownItems returns the index of the cache of archives, or nil if it must be made.
func (f *folder) knownItems(o Options) (*cacheIndex, error) {
	if o.Cache == "" {
		return nil, nil
	}
	path, err := o.cachePath(f.dir, 1)
	if err != nil {
		return nil, err
	}
	_, index, err := openCache(path, sourceDigest(o.sources), newBudget())
	if err != nil || len(index.Classes) != len(index.Names) {
		return nil, nil // collector.cached finds the same error and reports it
	}
	if index.Broken > 0 {
		o.log("%s: %s skipped: broken", f.dir, areMany(index.Broken, "image", "images"))
	}
	return &index, nil
}

// knownPictures returns the images of an archive that are in the cache.
func (f *folder) knownPictures(s *shard) (list []picture) {
	prefix := filepath.Base(s.path) + "/"
	for i, name := range f.known.Names {
		if inside, ok := strings.CutPrefix(name, prefix); ok {
			list = append(list, picture{path: filepath.Join(s.path, inside), name: name, class: f.known.Classes[i], in: f, member: &member{shard: s}})
		}
	}
	return list
}
