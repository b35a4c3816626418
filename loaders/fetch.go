package loaders

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"gaetrain/loaders/files"
)

// Fetch downloads a named data set into the cache. Complete files of the cache are
// kept, damaged ones are replaced. Processes that fetch at the same time wait for each
// other. For a data set that is part of the binary, Fetch does nothing. Errors are those of Open.
func Fetch(ctx context.Context, name string, o Options) error {
	read, _, err := ownData(name)
	if err != nil {
		return err
	}
	if read != nil {
		return usageErrorf("data set %q is a folder or file of your own: there is nothing to fetch", name)
	}
	s, err := lookup(name)
	if err != nil || s.Embedded {
		return err
	}
	err = s.fetch(ctx, o)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return fmt.Errorf("fetch %s: %w", name, cause)
	}
	return err
}

func (s *set) fetch(ctx context.Context, o Options) error {
	dir, err := o.cacheFolder(s)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return dataErrorf("%w", err)
	}
	lock := flock.New(filepath.Join(dir, ".lock"))
	if _, err := lock.TryLockContext(ctx, 50*time.Millisecond); err != nil {
		return dataErrorf("%s: lock: %w", dir, err)
	}
	defer lock.Unlock()
	for _, f := range s.downloads() {
		if s.whole(ctx, filepath.Join(dir, f.name), f) == nil {
			continue
		}
		if err := s.fetchFile(ctx, dir, f, o); err != nil {
			return err
		}
	}
	return nil
}

// downloads lists the files of a set by their names on servers.
func (s *set) downloads() []file {
	if s.archive.name != "" {
		return []file{s.archive}
	}
	list := make([]file, len(s.files))
	for i, f := range s.files {
		list[i] = file{f.name + s.format.suffix, f.md5}
	}
	return list
}

// mostDownloaded limits the size of one downloaded file of the set, in bytes.
func (s *set) mostDownloaded() int64 { return 2*s.Download + 1<<20 }

// whole returns nil if a file has the published digest.
func (s *set) whole(ctx context.Context, path string, f file) error {
	dir, name := filepath.Split(path)
	digest, err := fileDigest(ctx, os.DirFS(dir), name, s.unpacked(f))
	if err != nil {
		return dataErrorf("%s: %w", path, files.Reason(err))
	}
	if digest != f.md5 {
		return dataErrorf("%s: md5 of the uncompressed bytes is %s, want %s", path, digest, f.md5)
	}
	return nil
}

// fetchFile downloads a file from the first mirror that has it.
func (s *set) fetchFile(ctx context.Context, dir string, f file, o Options) error {
	d := download{
		client: o.Client,
		path:   filepath.Join(dir, f.name),
		limit:  s.mostDownloaded(),
		check:  func(ctx context.Context, part string) error { return s.whole(ctx, part, f) },
	}
	if d.client == nil {
		d.client = http.DefaultClient
	}
	if o.Progress != nil {
		d.progress = func(done, total int64) { o.Progress(f.name, done, total) }
	}
	mirrors := s.mirrors
	for _, name := range []string{s.folder, s.Name} {
		if override, ok := o.Mirrors[name]; ok {
			mirrors = override
		}
	}
	var failures []string
	for _, base := range mirrors {
		err := d.from(ctx, strings.TrimSuffix(base, "/")+"/"+f.name)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || errors.As(err, new(diskError)) {
			return dataErrorf("%s: %w", d.path, err)
		}
		failure := fmt.Sprintf("%s: %.300v", base, err) // an answer can be megabytes long
		o.log("%s", failure)
		failures = append(failures, failure)
	}
	return dataErrorf("%s of %s could not be downloaded (%s); hint: put the files into a folder and set --data-dir to it",
		f.name, s.Name, strings.Join(failures, "; "))
}
