package loaders

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"math"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"

	"gaetrain/loaders/memory"
)

// maxPage limits the size of a page, decompressed. Programs write pages of about 1 MB.
const maxPage = 256 << 20

// codecs names the compressions of pages by number.
var codecs = []string{"none", "snappy", "gzip", "lzo", "brotli", "lz4", "zstd", "lz4"}

// Kinds of pages.
const (
	pageData       = 0
	pageIndex      = 1
	pageDictionary = 2
	pageDataV2     = 3
)

// parquetPages reads the values of a column in a group of rows.
type parquetPages struct {
	ctx    context.Context
	at     io.ReaderAt
	size   int64 // of the file
	column parquetColumn
	chunk  parquetChunk
	rows   int
	room   *budget

	dictionary *cells
}

// pageHeader describes a page. The sizes are in bytes, without the header.
type pageHeader struct {
	kind, full, packed int64 // full: decompressed
	values, encoding   int64
	levels, repetition int64 // bytes of the levels of a page of version 2
	plainLevels        bool  // version 2: the levels are not compressed
	uncompressed       bool  // version 2
}

func (t *thrift) pageHeader() (h pageHeader) {
	t.object(func(id int, kind byte) {
		into := map[int]*int64{1: &h.kind, 2: &h.full, 3: &h.packed}[id]
		fields := map[int]map[int]*int64{
			5: {1: &h.values, 2: &h.encoding}, 7: {1: &h.values, 2: &h.encoding},
			8: {1: &h.values, 4: &h.encoding, 5: &h.levels, 6: &h.repetition},
		}[id]
		switch {
		case into != nil && kind > thriftInt16 && kind <= thriftInt64:
			*into = t.integer()
		case fields != nil && kind == thriftStruct:
			h.plainLevels = h.plainLevels || id == 8
			t.object(func(field int, kind byte) {
				if into := fields[field]; into != nil && kind > thriftInt16 && kind <= thriftInt64 {
					*into = t.integer()
				}
				if id == 8 && field == 7 {
					h.uncompressed = kind == thriftFalse
				}
			})
		}
	})
	return h
}

// cells holds values of one column, as bytes in little-endian order.
type cells struct {
	data  []byte // of equal width
	width int
	list  [][]byte // of varying width, if width is 0
}

func (e *cells) at(i int) []byte {
	if e.width == 0 {
		return e.list[i]
	}
	return e.data[i*e.width : (i+1)*e.width]
}

func (e *cells) len() int {
	if e.width == 0 {
		return len(e.list)
	}
	return len(e.data) / e.width
}

// into reads the column into the rows of a matrix from first on: as the labels, or as the
// values at a place in each row.
func (p *parquetPages) into(m *matrix, place, first int, missing string) error {
	number, row, size := p.column.number(), first, m.shape.Size()
	return p.each(func(value []byte) error {
		defer func() { row++ }()
		switch {
		case place == isLabel && value == nil:
			return m.classes.add("")
		case place == isLabel:
			return m.classes.add(p.column.class(value))
		case value == nil:
			return m.put(row*size+place, math.NaN(), missing)
		}
		return m.put(row*size+place, number(value), missing)
	})
}

// each gives all values of the column to use, nil for a missing one.
func (p *parquetPages) each(use func(value []byte) error) error {
	start, end := p.chunk.data, p.chunk.data
	if d := p.chunk.dictionary; d > 0 && d < start {
		start = d
	}
	if end = start + p.chunk.size; start < 4 || p.chunk.size <= 0 || p.chunk.size > p.size || end > p.size || p.chunk.encrypted || p.chunk.absent {
		if p.rows == 0 {
			return nil
		}
		return dataErrorf("corrupt or encrypted: the pages are at byte %d of %d", start, p.size)
	}
	r := bufio.NewReaderSize(io.NewSectionReader(p.at, start, p.chunk.size), chunkBytes)
	for left := p.rows; left > 0; {
		if err := context.Cause(p.ctx); err != nil {
			return err
		}
		n, err := p.page(r, left, use)
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// page reads a page and returns the number of its rows, which is 0 for a dictionary.
func (p *parquetPages) page(r *bufio.Reader, left int, use func(value []byte) error) (int, error) {
	start, err := r.Peek(chunkBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, dataErrorf("%w", err)
	}
	t := &thrift{data: start}
	h := t.pageHeader()
	switch {
	case t.err != nil:
		return 0, dataErrorf("page: %w", t.err)
	case h.full < 0 || h.packed < 0 || h.full > maxPage || h.packed > min(p.chunk.size, maxPage):
		return 0, dataErrorf("corrupt: a page of %d bytes, %d decompressed, want at most %s", h.packed, h.full, memory.Format(maxPage))
	case h.values < 0 || h.kind != pageDictionary && h.values > int64(left) || h.kind == pageDictionary && h.values > max(h.full, 1)*8:
		return 0, dataErrorf("corrupt: a page of %d values, but only %d rows are left", h.values, left)
	}
	r.Discard(t.at)
	if err := p.room.take(h.packed + 2*h.full + 16*h.values); err != nil {
		return 0, err
	}
	defer p.room.give(h.packed + 2*h.full + 16*h.values)
	packed := make([]byte, h.packed)
	if _, err := io.ReadFull(r, packed); err != nil {
		return 0, dataErrorf("truncated: a page of %d bytes", h.packed)
	}
	switch h.kind {
	case pageData, pageDataV2:
		if h.values == 0 {
			return 0, dataErrorf("corrupt: a page without values")
		}
		return int(h.values), p.data(h, packed, use)
	case pageDictionary:
		data, err := decompress(p.chunk.codec, packed, int(h.full))
		if err == nil {
			p.dictionary, err = p.column.plain(data, int(h.values))
		}
		return 0, err
	}
	return 0, nil // an index
}

// data reads a page of data.
func (p *parquetPages) data(h pageHeader, packed []byte, use func(value []byte) error) (err error) {
	var levels, body []byte
	if h.plainLevels {
		if h.levels < 0 || h.repetition != 0 || h.levels > int64(len(packed)) || h.levels > h.full {
			return dataErrorf("corrupt: levels of %d and %d bytes", h.levels, h.repetition)
		}
		levels, body = packed[:h.levels], packed[h.levels:]
		if codec := p.chunk.codec; !h.uncompressed {
			body, err = decompress(codec, body, int(h.full-h.levels))
		}
	} else if body, err = decompress(p.chunk.codec, packed, int(h.full)); err == nil && p.column.optional {
		levels, body, err = prefixed(body)
	}
	if err != nil {
		return err
	}
	n, stored := int(h.values), int(h.values)
	var present []uint32
	if p.column.optional {
		if present, err = hybrid(levels, 1, n); err != nil {
			return err
		}
		stored = 0
		for _, level := range present {
			stored += int(level)
		}
	}
	values, indices, err := p.values(h.encoding, body, stored)
	if err != nil {
		return err
	}
	next := 0
	for i := range n {
		if i%(1<<20) == 0 && p.ctx.Err() != nil {
			return context.Cause(p.ctx)
		}
		var value []byte
		if present == nil || present[i] == 1 {
			at := next
			if indices != nil {
				at = int(indices[next])
			}
			if at >= values.len() {
				return dataErrorf("corrupt: value %d of %d", at, values.len())
			}
			value = values.at(at)
			next++
		}
		if err := use(value); err != nil {
			return err
		}
	}
	return nil
}

// prefixed splits data that start with the length of their first part.
func prefixed(data []byte) (first, rest []byte, err error) {
	if len(data) < 4 {
		return nil, nil, dataErrorf("truncated page")
	}
	n := uint64(data[0]) | uint64(data[1])<<8 | uint64(data[2])<<16 | uint64(data[3])<<24
	if n > uint64(len(data)-4) {
		return nil, nil, dataErrorf("truncated page: a part of %d bytes of %d", n, len(data)-4)
	}
	return data[4 : 4+n], data[4+n:], nil
}

// decompress returns the size bytes of a page.
func decompress(codec int64, packed []byte, size int) (data []byte, err error) {
	if size == 0 {
		return nil, nil
	}
	wrong := dataErrorf("corrupt: a page of %d bytes does not become the %d bytes that it claims", len(packed), size)
	var r io.Reader
	switch codec {
	case 0:
		if len(packed) != size {
			return nil, wrong
		}
		return packed, nil
	case 1:
		if n, err := snappy.DecodedLen(packed); err != nil || n != size {
			return nil, wrong
		}
		if data, err = snappy.Decode(nil, packed); err != nil {
			return nil, wrong
		}
		return data, nil
	case 2:
		unzipped, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return nil, wrong
		}
		r = unzipped
	case 6:
		unpacked, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPage))
		if err != nil {
			return nil, wrong
		}
		defer unpacked.Close()
		r = unpacked
	default:
		name := "an unknown method"
		if codec > 0 && codec < int64(len(codecs)) {
			name = codecs[codec]
		}
		return nil, dataErrorf("compressed by %s; hint: pandas.DataFrame.to_parquet(…, compression=\"snappy\"), \"gzip\", \"zstd\" or None", name)
	}
	data = make([]byte, size)
	if _, err := io.ReadFull(r, data); err != nil || ends(r, size) != nil {
		return nil, wrong
	}
	return data, nil
}
