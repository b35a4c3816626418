package loaders

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"runtime"

	"gaetrain/loaders/files"
)

// A cache is a file of N items C×H×W of bytes, then N checksums of the items, then an
// index in JSON and then a trailer: the length of the index (8 bytes), its checksum (4
// bytes), the checksum of the checksums (4 bytes) and 8 letters. All numbers are
// little-endian. Checksums are CRC-32C.
const (
	cacheVersion = 1
	cacheMagic   = "GAEPIXEL"
	cacheTrailer = 24
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// cacheIndex describes the items of a cache.
type cacheIndex struct {
	Version    int      `json:"version"`
	Source     string   `json:"source"`               // digest of names, sizes and times
	Shape      [3]int   `json:"shape"`                // C, H, W
	Background string   `json:"background,omitempty"` // behind transparent pixels
	Names      []string `json:"names"`                // N
	Broken     int      `json:"broken,omitempty"`     // number of items that could not be decoded
	Classes    []string `json:"classes,omitempty"`    // N, of archives; "": no label
}

func (x cacheIndex) shape() Shape { return Shape{x.Shape[0], x.Shape[1], x.Shape[2]} }

// cacheWriter writes a cache.
type cacheWriter struct {
	*collector
	store *imageStore
	index cacheIndex
	sums  []byte
}

// fill decodes the images, several at a time, and writes them in the order of the list.
func (w *cacheWriter) fill(to io.Writer) error {
	const together = 64
	easels, errs := make([]*easel, together*w.store.frames), make([]error, together)
	for i := range easels {
		easels[i] = &easel{pixels: make([]uint8, w.store.shape.Size())}
	}
	for at := 0; at < w.store.Len(); at += together {
		if err := context.Cause(w.ctx); err != nil {
			return err
		}
		count := min(together, w.store.Len()-at)
		concurrently(runtime.GOMAXPROCS(0), count, func(i int) error {
			errs[i] = w.decode(at+i, easels[i*w.store.frames:(i+1)*w.store.frames])
			return nil
		})
		for i := range count {
			if err := w.put(to, at+i, easels[i*w.store.frames:(i+1)*w.store.frames], errs[i]); err != nil {
				return err
			}
		}
	}
	if len(w.index.Names) == 0 {
		return dataErrorf("%s: all images are broken, such as %w", w.dir, w.store.list[0].in.broken[0])
	}
	return w.finish(to)
}

func (w *cacheWriter) decode(item int, to []*easel) error {
	for frame, at := range to {
		if err := w.store.decodeInto(at, w.store.list[item*len(to)+frame]); err != nil {
			return err
		}
	}
	return nil
}

// put writes an item, unless it is broken.
func (w *cacheWriter) put(to io.Writer, item int, frames []*easel, err error) error {
	p := w.store.list[item*len(frames)]
	if err != nil {
		if w.Strict || !errors.Is(err, errBroken) {
			return err
		}
		p.in.broken = append(p.in.broken, err)
		w.index.Broken++
		return nil
	}
	sum := uint32(0)
	for _, frame := range frames {
		sum = crc32.Update(sum, castagnoli, frame.pixels)
		if _, err := to.Write(frame.pixels); err != nil {
			return err
		}
	}
	w.sums = binary.LittleEndian.AppendUint32(w.sums, sum)
	w.index.Names = append(w.index.Names, p.name)
	if p.member != nil {
		w.index.Classes = append(w.index.Classes, p.class)
	}
	return nil
}

// finish writes the checksums, the index and the trailer.
func (w *cacheWriter) finish(to io.Writer) error {
	index, err := json.Marshal(w.index)
	if err != nil {
		return err
	}
	for _, part := range [][]byte{w.sums, index, trailerOf(index, w.sums), []byte(cacheMagic)} {
		if _, err := to.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// trailerOf returns the trailer without the letters at its end.
func trailerOf(index, sums []byte) []byte {
	trailer := binary.LittleEndian.AppendUint64(nil, uint64(len(index)))
	trailer = binary.LittleEndian.AppendUint32(trailer, crc32.Checksum(index, castagnoli))
	return binary.LittleEndian.AppendUint32(trailer, crc32.Checksum(sums, castagnoli))
}

// openCache opens a cache of a source. The error about a missing file wraps fs.ErrNotExist.
// Other errors say why the file cannot be used.
func openCache(path, source string, room *budget) (Store, cacheIndex, error) {
	var x cacheIndex
	if _, err := os.Stat(path); err != nil {
		return nil, x, fs.ErrNotExist
	}
	file, size, err := openPath(path)
	if err != nil {
		return nil, x, err
	}
	sums, err := x.read(file, size, room)
	if err == nil && x.Source != source {
		err = errors.New("the files of the data set have changed since it was made")
	}
	if err != nil {
		file.Close()
		return nil, x, err
	}
	bytes := x.shape().Size()
	return &fileStore{file, path, 0, bytes, len(x.Names), pixelRows(x.shape(), false), sums, newBuffers(bytes)}, x, nil
}

// read reads the end of a cache. It returns the checksums of the items.
func (x *cacheIndex) read(file io.ReaderAt, size int64, room *budget) (sums []byte, err error) {
	damaged := errors.New("it is incomplete or damaged")
	trailer := make([]byte, cacheTrailer)
	if size < cacheTrailer {
		return nil, damaged
	}
	if _, err := file.ReadAt(trailer, size-cacheTrailer); err != nil {
		return nil, files.Reason(err)
	}
	length := binary.LittleEndian.Uint64(trailer)
	if string(trailer[16:]) != cacheMagic || length > uint64(size-cacheTrailer) || length > math.MaxInt32 {
		return nil, damaged
	}
	if err := room.take(int64(length)); err != nil {
		return nil, err
	}
	index := make([]byte, length)
	if _, err := file.ReadAt(index, size-cacheTrailer-int64(length)); err != nil {
		return nil, files.Reason(err)
	}
	if crc32.Checksum(index, castagnoli) != binary.LittleEndian.Uint32(trailer[8:]) || json.NewDecoder(bytes.NewReader(index)).Decode(x) != nil {
		return nil, damaged
	}
	if x.Version != cacheVersion {
		return nil, fmt.Errorf("it has version %d of the format, and this program reads version %d", x.Version, cacheVersion)
	}
	items, err := elements(append([]int{max(len(x.Names), 1)}, x.Shape[:]...), 1)
	sums = make([]byte, 4*len(x.Names))
	if err != nil || int64(items)+int64(len(sums))+int64(length)+cacheTrailer != size {
		return nil, damaged
	}
	if _, err := file.ReadAt(sums, int64(items)); err != nil {
		return nil, files.Reason(err)
	}
	if crc32.Checksum(sums, castagnoli) != binary.LittleEndian.Uint32(trailer[12:]) {
		return nil, damaged
	}
	return sums, nil
}
