package loaders

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
)

// maxFooter limits the metadata of a file.
const maxFooter = 64 << 20

// parquetChunk is where a column of a group of rows stands in the file.
type parquetChunk struct {
	codec             int64
	values            int64
	size              int64 // of all pages, compressed, with their headers
	full              int64 // the same, not compressed; not read
	data, dictionary  int64 // offsets of the first page of each kind; dictionary can be 0
	encrypted, absent bool
}

// parquetGroup is a group of rows.
type parquetGroup struct {
	rows   int64
	chunks []parquetChunk
}

// parquetFile is what the metadata of a file say.
type parquetFile struct {
	columns []parquetColumn
	leaves  []int // place of each column among the columns of values; a nested column has several of these
	groups  []parquetGroup
	rows    int64
	locked  bool // encrypted
}

// readParquetFooter reads the metadata at the end of a file.
func readParquetFooter(at io.ReaderAt, size int64, room *budget) (*parquetFile, error) {
	var tail [8]byte
	if size < 12 {
		return nil, dataErrorf("truncated: a Parquet file of %d bytes", size)
	}
	if _, err := at.ReadAt(tail[:], size-8); err != nil {
		return nil, dataErrorf("%w", err)
	}
	if !bytes.Equal(tail[4:], []byte(parquetMagic)) {
		return nil, dataErrorf("truncated or corrupt: the Parquet file ends with bytes %x", tail[4:])
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	if length > size-12 || length > maxFooter {
		return nil, dataErrorf("corrupt: a Parquet file of %d bytes that claims %d bytes of metadata, want at most %d", size, length, min(size-12, maxFooter))
	}
	const memoryPerByte = 8 // of the lists below
	if err := room.take(memoryPerByte * length); err != nil {
		return nil, err
	}
	defer room.give(memoryPerByte * length)
	footer := make([]byte, length)
	if _, err := at.ReadAt(footer, size-8-length); err != nil {
		return nil, dataErrorf("%w", err)
	}
	return parseParquetFooter(footer)
}

func parseParquetFooter(footer []byte) (*parquetFile, error) {
	t, f := &thrift{data: footer}, &parquetFile{}
	var schema []parquetColumn
	var children []int64
	t.object(func(id int, kind byte) {
		switch {
		case id == 2 && kind == thriftList:
			t.list(func() {
				c, n := t.parquetSchema()
				schema, children = append(schema, c), append(children, n)
			})
		case id == 3 && kind == thriftInt64:
			f.rows = t.integer()
		case id == 4 && kind == thriftList:
			t.list(func() { f.groups = append(f.groups, t.parquetGroup()) })
		case id == 8:
			f.locked = true
		}
	})
	switch {
	case t.err != nil:
		return nil, t.err
	case f.locked:
		return nil, dataErrorf("the Parquet file is encrypted")
	}
	if err := f.flatten(schema, children); err != nil {
		return nil, err
	}
	return f, f.check()
}

// flatten finds the columns of the table in the schema, which lists a tree in depth-first
// order. The first element is the root.
func (f *parquetFile) flatten(schema []parquetColumn, children []int64) error {
	leaves := 0
	var walk func(i, depth int) (next int)
	walk = func(i, depth int) int {
		if i >= len(schema) || depth > maxThriftDepth {
			return len(schema) + 1
		}
		next := i + 1
		if children[i] == 0 {
			leaves++
		}
		for n := children[i]; n > 0 && next <= len(schema); n-- {
			next = walk(next, depth+1)
		}
		return next
	}
	if len(schema) == 0 {
		return dataErrorf("corrupt metadata: there is no schema")
	}
	next := 1
	for next < len(schema) {
		c := schema[next]
		c.nested = c.nested || children[next] > 0
		f.columns, f.leaves = append(f.columns, c), append(f.leaves, leaves)
		if next = walk(next, 0); next > len(schema) {
			return dataErrorf("corrupt metadata: the schema is not a tree")
		}
	}
	for _, g := range f.groups {
		if len(g.chunks) != leaves {
			return dataErrorf("corrupt metadata: %d columns in a group of rows, but %d in the schema", len(g.chunks), leaves)
		}
	}
	return nil
}

// check compares the numbers of rows.
func (f *parquetFile) check() error {
	sum := int64(0)
	for _, g := range f.groups {
		if g.rows < 0 || g.rows > math.MaxInt32 {
			return dataErrorf("corrupt metadata: a group of %d rows, want at most %d", g.rows, math.MaxInt32)
		}
		sum += g.rows
	}
	switch {
	case sum != f.rows:
		return dataErrorf("corrupt metadata: %d rows, but the groups have %d", f.rows, sum)
	case f.rows == 0:
		return dataErrorf("the table has no rows")
	}
	return nil
}

func (t *thrift) parquetSchema() (c parquetColumn, children int64) {
	c.legacy = legacyNone
	t.object(func(id int, kind byte) {
		integer := kind > thriftInt16 && kind <= thriftInt64
		switch {
		case id == 1 && integer:
			c.kind = t.integer()
		case id == 2 && integer:
			c.width = t.integer()
		case id == 3 && integer:
			repetition := t.integer() // required, optional or repeated
			c.optional, c.nested = repetition == 1, repetition == 2
		case id == 4 && kind == thriftBinary:
			c.name = string(t.text())
		case id == 5 && integer:
			children = t.integer()
		case id == 6 && integer:
			c.legacy = t.integer()
			c.unsigned = c.unsigned || c.legacy >= legacyUint8 && c.legacy <= legacyUint64
		case id == 7 && integer:
			c.scale = t.integer()
		case id == 10 && kind == thriftStruct:
			t.parquetLogical(&c)
		}
	})
	return c, children
}

// parquetLogical reads the union of the logical types.
func (t *thrift) parquetLogical(c *parquetColumn) {
	t.object(func(id int, kind byte) {
		c.logical = id
		if kind != thriftStruct {
			return
		}
		t.object(func(field int, kind byte) {
			switch {
			case id == logicalDecimal && field == 1 && kind > thriftInt16 && kind <= thriftInt64:
				c.scale = t.integer()
			case id == 10 && field == 2: // isSigned of an integer
				c.unsigned = kind == thriftFalse
			}
		})
	})
}

func (t *thrift) parquetGroup() (g parquetGroup) {
	t.object(func(id int, kind byte) {
		switch {
		case id == 1 && kind == thriftList:
			t.list(func() { g.chunks = append(g.chunks, t.parquetChunk()) })
		case id == 3 && kind == thriftInt64:
			g.rows = t.integer()
		}
	})
	return g
}

func (t *thrift) parquetChunk() (c parquetChunk) {
	c.absent = true
	t.object(func(id int, kind byte) {
		switch {
		case id == 3 && kind == thriftStruct:
			c.absent = false
			t.object(func(id int, kind byte) {
				into := map[int]*int64{4: &c.codec, 5: &c.values, 7: &c.size, 9: &c.data, 11: &c.dictionary}[id]
				if into != nil && kind > thriftInt16 && kind <= thriftInt64 {
					*into = t.integer()
				}
			})
		case id == 1 || id == 8:
			c.encrypted = true // or in another file
		}
	})
	return c
}
