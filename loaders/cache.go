package loaders

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"gaetrain/loaders/files"
	"gaetrain/loaders/memory"
)

// cached reads the pixels of images from a file in the folder of the option cache. If that
// file is missing, damaged or outdated, it is made first.
func (c *collector) cached(list []picture, o Options) (all collected, err error) {
	source, err := c.source(list, o)
	if err != nil {
		return all, err
	}
	path, err := o.cachePath(c.dir, len(c.canvases))
	if err != nil {
		return all, err
	}
	store, index, err := openCache(path, source, newBudget())
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			o.log("%s: the cache is made again, because %v", path, err)
		}
		if err := c.makeCache(path, source, list, o); err != nil {
			return all, err
		}
		if store, index, err = openCache(path, source, newBudget()); err != nil {
			return all, dataErrorf("%s: %w", path, err)
		}
	}
	all = collected{Split: Split{Shape: index.shape(), Store: store}, backdrop: index.Background}
	all.Rows, all.list = index.find(c, list)
	if all.list == nil {
		return all, dataErrorf("%s: all %d images are broken; hint: remove %s to try again", c.dir, len(list), path)
	}
	for _, p := range all.list {
		p.in.scheme = namesAndSizes
		if p.member != nil {
			continue
		}
		size, _, err := p.state()
		if err != nil {
			return all, err
		}
		fmt.Fprintf(p.in.sum, "%s\n%d\n", p.name, size)
	}
	return all, nil
}

// namesAndSizes is the prefix of the digest of a folder that covers no contents.
const namesAndSizes = "md5-of-names-and-sizes:"

// find returns where the items of a list are in the cache, and their pictures. Items that
// are not in it are broken.
func (x cacheIndex) find(c *collector, list []picture) (rows []int, kept []picture) {
	at := make(map[string]int, len(x.Names))
	for i, name := range x.Names {
		at[name] = i
	}
	frames := len(c.canvases)
	for i := 0; i < len(list); i += frames {
		if row, ok := at[list[i].name]; ok {
			rows, kept = append(rows, row), append(kept, list[i:i+frames]...)
		} else if p := list[i]; !slices.ContainsFunc(p.in.broken, func(err error) bool { return errors.Is(err, errBroken) }) {
			p.in.broken = append(p.in.broken, tagged{errBroken, dataErrorf("%s: could not be decoded when the cache was made", p.path)})
		}
	}
	return rows, kept
}

// cachePath is the path of the cache of a source. It depends on the options by which its
// pixels are decoded, so that runs with other options have another file.
func (o Options) cachePath(source string, frames int) (string, error) {
	whole, err := filepath.Abs(source)
	if err != nil {
		return "", dataErrorf("%s: %w", source, err)
	}
	options := o.ImageOptions
	options.Strict = false
	text, err := json.Marshal([]any{whole, frames, options})
	if err != nil {
		return "", dataErrorf("%s: %w", source, err)
	}
	sum := sha256.Sum256(text)
	return filepath.Join(o.Cache, "gaetrain-"+hex.EncodeToString(sum[:8])+".pixels"), nil
}

// source is a digest of the names, sizes and times of the files of a source.
func (c *collector) source(list []picture, o Options) (string, error) {
	states := o.sources
	if states != nil {
		return sourceDigest(states), nil
	}
	for i, p := range list {
		if err := context.Cause(c.ctx); err != nil {
			return "", err
		}
		size, changed, err := p.state()
		if err != nil {
			return "", err
		}
		states = append(states, fmt.Sprintf("%d %q %d %d", i%len(c.canvases), p.name, size, changed.UnixNano()))
	}
	return sourceDigest(states), nil
}

// sourceDigest is the digest of the states of files.
func sourceDigest(states []string) string {
	states = slices.Sorted(slices.Values(states))
	sum := sha256.New()
	for _, state := range states {
		fmt.Fprintln(sum, state)
	}
	return "sha256:" + digestOf(sum)
}

// state returns the size of the file of a picture, and when it was changed.
func (p picture) state() (int64, time.Time, error) {
	info, err := os.Stat(p.path)
	if err != nil {
		return 0, time.Time{}, dataErrorf("%s: %w", p.path, files.Reason(err))
	}
	return info.Size(), info.ModTime(), nil
}

// makeCache decodes all images into a cache.
func (c *collector) makeCache(path, source string, list []picture, o Options) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return dataErrorf("cache: %w", files.Reason(err))
	}
	removeOld(filepath.Dir(path), o)
	list, err := c.survey(list)
	if err != nil {
		return err
	}
	c.stays = true
	if err := c.announce(); err != nil {
		return err
	}
	name, err := c.scan(list, o)
	if err != nil {
		return err
	}
	store := newImageStore(c, list)
	store.opaque = false
	shape := store.shape
	shape.Channels *= store.frames
	o.log("%s: the pixels of %d images, %s, are decoded into %s", c.dir, store.Len(), memory.Format(int64(store.Len())*int64(shape.Size())), path)
	index := cacheIndex{Version: cacheVersion, Source: source, Shape: [3]int{shape.Channels, shape.Height, shape.Width}, Background: name}
	w := &cacheWriter{collector: c, store: store, index: index}
	if err := files.Write(path, w.fill); err != nil {
		if cause := context.Cause(c.ctx); cause != nil {
			return cause
		}
		return dataErrorf("cache: %w", err)
	}
	return nil
}

// removeOld removes the temporary files that processes which were killed have left. A
// process that writes one changes it all the time.
func removeOld(dir string, o Options) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // the next access to the folder finds the error
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && files.IsTemporary(entry.Name()) && time.Since(info.ModTime()) > time.Hour {
			path := filepath.Join(dir, entry.Name())
			if os.RemoveAll(path) == nil {
				o.log("%s: removed, because the process that was writing it has ended", path)
			}
		}
	}
}

// scan finds the channels and the background of images from their pixels, as they would be
// in memory. It decodes only as many images as it needs.
func (c *collector) scan(list []picture, o Options) (background string, err error) {
	auto := o.Background == "" || o.Background == "auto"
	colour, err := parseBackground(o.Background)
	if err != nil {
		return "", err
	}
	grey, opaque := c.grey || c.coloured == 0, c.mayHide == 0 // known
	decided := opaque || !auto && colour[0] == colour[1] && colour[1] == colour[2]
	m := &c.canvases[0]
	const few = 100
	for i, p := range list {
		if (grey || c.channels == 3) && decided {
			break
		}
		if i == few {
			hint := "--background white, if that is the colour behind transparent pixels"
			if decided {
				hint = "--grey, if they have no colours"
			}
			o.log("%s: the images are decoded once before training, because their headers do not show what all pixels are; hint: %s", c.dir, hint)
		}
		if err := c.loadPixels(p, m); errors.Is(err, errBroken) {
			continue
		} else if err != nil {
			return "", err
		}
		if !grey && c.channels == 1 && !isGrey(m.Pix) {
			c.channels = 3
			if err := c.announce(); err != nil {
				return "", err
			}
		}
		c.weighImage(m)
	}
	if c.images == 0 && c.padded == 0 && (opaque || !decided) {
		return "", nil
	}
	if background, err = c.choose(o); err != nil {
		return "", err
	}
	return background, c.setBackground(background)
}
