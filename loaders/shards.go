package loaders

import (
	"cmp"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"gaetrain/loaders/files"
	"gaetrain/loaders/memory"
)

// shard is a tar archive.
type shard struct {
	path       string
	size       int64
	changed    time.Time
	role       string // train, test or val
	compressed bool
	unpacked   string // path of its uncompressed copy; "": path itself
}

// openShard opens an archive for random access.
func (s *shard) open() (*os.File, int64, error) {
	return openPath(cmp.Or(s.unpacked, s.path))
}

// openTar reads images from tar archives in the convention of WebDataset; see indexShard.
// The path is that of an archive, of a folder of archives, or a pattern such as
// train-{000..009}.tar. Archives with test or val in their name are these splits. The
// archives are read in the order of their names.
func openTar(ctx context.Context, path string, o Options, room *budget) (*Dataset, error) {
	f := newFolder(path)
	shards, err := f.listShards(ctx, path)
	if err != nil {
		return nil, err
	}
	for _, s := range shards {
		o.sources = append(o.sources, fmt.Sprintf("%q %d %d", filepath.Base(s.path), s.size, s.changed.UnixNano()))
	}
	clean, err := f.unpack(ctx, shards, o)
	if err != nil {
		return nil, err
	}
	defer clean()
	if err := f.indexShards(ctx, shards, o, room); err != nil {
		return nil, err
	}
	all, err := f.collect(ctx, room, o)
	if err != nil {
		return nil, err
	}
	return f.dataset(all, map[string]string{"images": f.digest()})
}

// listShards finds the archives of a path, sorted by name.
func (f *folder) listShards(ctx context.Context, path string) ([]*shard, error) {
	paths := []string{path}
	var err error
	switch info, statErr := os.Stat(path); {
	case statErr == nil && info.IsDir():
		paths, err = f.archives(path)
	case statErr != nil && strings.Contains(path, "{"):
		paths, err = expand(path)
	}
	if err != nil {
		return nil, err
	}
	sum := md5.New()
	var shards []*shard
	seen := map[string]string{}
	for _, path := range paths {
		name := filepath.Base(path)
		if other, ok := seen[name]; ok {
			return nil, dataErrorf("%s and %s: two archives of one name; hint: give each archive a name of its own", other, path)
		}
		seen[name] = path
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		s, err := newShard(path)
		if err != nil {
			return nil, dataErrorf("%s: %w", path, err)
		}
		fmt.Fprintf(sum, "%s\n%d\n", filepath.Base(s.path), s.size)
		shards = append(shards, s)
	}
	f.listing = digestOf(sum)
	return shards, nil
}

func newShard(path string) (*shard, error) {
	file, size, err := openPath(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, files.Reason(err)
	}
	var magic [2]byte
	if _, err := file.ReadAt(magic[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, files.Reason(err)
	}
	return &shard{path: path, size: size, changed: info.ModTime(), role: roleOf(filepath.Base(path)), compressed: magic == [2]byte{0x1f, 0x8b}}, nil
}

// roleOf finds the split of an archive from the words of its name.
func roleOf(name string) string {
	for word := range strings.FieldsFuncSeq(strings.ToLower(name), func(r rune) bool { return r < 'a' || r > 'z' }) {
		if role := splitNames[word]; role != "" {
			return role
		}
	}
	return "train"
}

// archives lists the tar archives of a folder, in sorted order.
func (f *folder) archives(dir string) (paths []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, dataErrorf("%s: %w", dir, files.Reason(err))
	}
	for _, entry := range entries {
		path, name := filepath.Join(dir, entry.Name()), strings.ToLower(entry.Name())
		switch {
		case isHidden(entry.Name()):
			f.skipped.add(hiddenFile, path)
		case strings.HasSuffix(name, ".tar") || strings.HasSuffix(name, ".tar.gz") || strings.HasSuffix(name, ".tgz"):
			paths = append(paths, path)
		default:
			f.skipped.add(noArchive, path)
		}
	}
	if len(paths) == 0 {
		return nil, dataErrorf("%s: holds no files .tar, .tar.gz or .tgz", dir)
	}
	return paths, nil
}

// maxShards limits the archives that a pattern stands for.
const maxShards = 100_000

var braces = regexp.MustCompile(`^(.*)\{(\d+)\.\.(\d+)\}(.*)$`)

// expand lists the paths that a pattern such as train-{000..009}.tar stands for.
func expand(pattern string) (paths []string, err error) {
	parts := braces.FindStringSubmatch(pattern)
	if parts == nil {
		return nil, usageErrorf("%s: no such file, and no pattern; hint: a pattern has a range of numbers, such as train-{000..009}.tar", pattern)
	}
	first, err := strconv.Atoi(parts[2])
	last, also := strconv.Atoi(parts[3])
	if err != nil || also != nil || first > last || last-first >= maxShards {
		return nil, usageErrorf("%s: the range is %s..%s; hint: an ascending range of at most %d numbers, such as 000..009", pattern, parts[2], parts[3], maxShards)
	}
	for i := first; i <= last; i++ {
		paths = append(paths, fmt.Sprintf("%s%0*d%s", parts[1], len(parts[2]), i, parts[4]))
	}
	return paths, nil
}

// maxUnpacked limits the decompressed bytes of an archive for each of its bytes. Image
// files are compressed themselves.
const maxUnpacked = 200

// unpack decompresses the compressed archives into a temporary folder in the cache, which
// clean removes, unless the cache has their pixels already.
func (f *folder) unpack(ctx context.Context, shards []*shard, o Options) (clean func(), err error) {
	clean = func() {}
	if f.known, err = f.knownItems(o); err != nil || f.known != nil {
		return clean, err
	}
	first := slices.IndexFunc(shards, func(s *shard) bool { return s.compressed })
	if first < 0 {
		return clean, nil
	}
	if o.Cache == "" {
		return clean, usageErrorf("%s: a compressed archive can only be read from its start; hint: --cache DIR keeps the decoded pixels, or decompress it with gunzip", shards[first].path)
	}
	dir := filepath.Join(o.Cache, files.TemporaryName())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return clean, dataErrorf("cache: %w", files.Reason(err))
	}
	done := files.Temporary(dir)
	clean = func() {
		os.RemoveAll(dir)
		done()
	}
	for i, s := range shards {
		if !s.compressed {
			continue
		}
		s.unpacked = filepath.Join(dir, fmt.Sprintf("%06d.tar", i))
		if err := s.decompress(ctx); err != nil {
			clean()
			return nil, dataErrorf("%s: %w", s.path, err)
		}
	}
	return clean, nil
}

// decompress writes the uncompressed copy of an archive.
func (s *shard) decompress(ctx context.Context) error {
	from, _, err := openPath(s.path)
	if err != nil {
		return err
	}
	defer from.Close()
	unzipped, err := gzip.NewReader(contextReader{ctx, from})
	if err != nil {
		return fmt.Errorf("gzip header: %w", err)
	}
	to, err := os.OpenFile(s.unpacked, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return files.Reason(err)
	}
	defer to.Close()
	most := maxUnpacked * s.size
	n, err := io.Copy(to, io.LimitReader(contextReader{ctx, unzipped}, most+1))
	var system *fs.PathError
	switch {
	case errors.As(err, &system):
		return fmt.Errorf("decompressing it into the cache: %w", files.Reason(err))
	case err != nil:
		return err
	case n > most:
		return fmt.Errorf("more than %s decompressed, which is more than %d times its size", memory.Format(most), maxUnpacked)
	}
	return nil
}
