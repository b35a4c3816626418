package loaders

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
)

// This file reads the metadata of Parquet files (https://parquet.apache.org/docs/file-format)
// and the columns of flat tables. Libraries for such files are not used, because they
// allocate what a file claims: some 20 bytes can end the process.

// maxFooter limits the metadata of a file.
const maxFooter = 64 << 20

// valuesPerByte is far more values than a byte of a file stands for in a column of equal
// values.
const valuesPerByte = 1 << 16

// Physical types.
const (
	parquetBoolean = iota
	parquetInt32
	parquetInt64
	parquetInt96
	parquetFloat
	parquetDouble
	parquetBytes
	parquetFixed
)

// parquetColumn is a column of the table, as the schema describes it.
type parquetColumn struct {
	name     string
	kind     int64 // physical type
	width    int64 // bytes of a value of parquetFixed
	optional bool
	nested   bool // a group or a list
	logical  int  // field number of the logical type; 0: none
	legacy   int64
	scale    int64 // digits after the point of a decimal number
	unsigned bool
}

// Logical types and their older names.
const (
	logicalDecimal, logicalDate, logicalTimestamp = 5, 6, 8
	logicalFloat16                                = 15
	legacyNone                                    = -1
	legacyDecimal, legacyDate, legacyTimestamp    = 5, 6, 10
	legacyUint8, legacyUint64                     = 11, 14
)

// parquetChunk is where a column of a group of rows stands in the file.
type parquetChunk struct {
	codec             int64
	values            int64
	size              int64 // of all pages, compressed, with their headers
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
	leaves  []int // place of each column among the columns of values, of which a nested column has several
	groups  []parquetGroup
	rows    int64
	locked  bool // encrypted
}

// readParquet reads a Parquet file. Its digest is that of the whole file.
func (a *arrayFile) readParquet(d *Dataset) (*matrix, error) {
	if err := a.withoutAxes("a table"); err != nil {
		return nil, err
	}
	opened, size, err := openPath(a.path)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	at := &boundedReaderAt{ctx: a.ctx, r: opened, listed: true}
	sum := md5.New()
	if _, err := io.Copy(sum, contextReader{a.ctx, io.NewSectionReader(at, 0, size)}); err != nil {
		return nil, dataErrorf("%w", err)
	}
	d.Digest = map[string]string{arrayDigest: "md5:" + digestOf(sum)}
	return readParquet(a.ctx, at, size, a.name, a.o, a.room)
}

func readParquet(ctx context.Context, at io.ReaderAt, size int64, dataset string, o Options, room *budget) (*matrix, error) {
	file, err := readParquetFooter(at, size, room)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(file.columns))
	for i, c := range file.columns {
		names[i] = c.name
	}
	c, err := assignColumns(names, true, dataset, o)
	if err != nil {
		return nil, err
	}
	if err := file.checkTypes(c); err != nil {
		return nil, err
	}
	m := &matrix{shape: Shape{1, 1, len(c.order)}, rows: int(file.rows), features: c.features}
	m.place = func(row, _ int) string { return fmt.Sprintf("row %d", row) } // of a column, which the error names
	if file.rows/valuesPerByte > size/int64(len(c.order)) {
		return nil, dataErrorf("corrupt: a file of %d bytes that claims %d rows of %d columns", size, file.rows, len(c.order))
	}
	if err := room.take(file.rows * (4*int64(len(c.order)) + 2)); err != nil {
		return nil, dataErrorf("%d rows of %d columns: %w", file.rows, len(c.order), err)
	}
	m.values = make([]float32, m.rows*len(c.order))
	first := 0
	for _, group := range file.groups {
		for i, place := range c.at {
			if place == isIgnored {
				continue
			}
			pages := &parquetPages{ctx: ctx, at: at, size: size, column: file.columns[i], chunk: group.chunks[file.leaves[i]], rows: int(group.rows), room: room}
			if err := pages.into(m, place, first, o.Missing); err != nil {
				return nil, dataErrorf("column %.100s: %w", c.names[i], err)
			}
		}
		first += int(group.rows)
	}
	return m, nil
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

// checkTypes returns an error about columns of values that do not hold numbers.
func (f *parquetFile) checkTypes(c *columns) error {
	var texts []string
	for i, column := range f.columns {
		what := column.notNumbers()
		switch {
		case c.at[i] == isIgnored || c.at[i] >= 0 && what == "":
		case c.at[i] == isLabel:
			if column.nested || what == "dates" {
				return dataErrorf("column %.100s holds %s, want integers or text as labels", column.name, what)
			}
		case what == "text":
			texts = append(texts, column.name)
		default:
			return dataErrorf("column %.100s holds %s; hint: --ignore %[1]s, or convert it to numbers", column.name, what)
		}
	}
	if texts != nil {
		return textColumns(texts, "")
	}
	return nil
}

// notNumbers says what a column holds, or "" if it holds numbers.
func (c parquetColumn) notNumbers() string {
	switch {
	case c.nested:
		return "lists or groups"
	case c.kind == parquetInt96 || c.logical >= logicalDate && c.logical <= logicalTimestamp || c.legacy >= legacyDate && c.legacy <= legacyTimestamp:
		return "dates"
	case c.isDecimal() || c.kind == parquetFixed && c.logical == logicalFloat16:
		return ""
	case c.kind == parquetBytes || c.kind == parquetFixed:
		return "text"
	case c.kind < 0 || c.kind > parquetFixed:
		return "values of an unknown type"
	}
	return ""
}

func (c parquetColumn) isDecimal() bool {
	return (c.logical == logicalDecimal || c.legacy == legacyDecimal) && c.kind != parquetFloat && c.kind != parquetDouble
}

// number converts a value of the column to a number.
func (c parquetColumn) number() func(value []byte) float64 {
	power, little := 1.0, binary.LittleEndian
	if c.isDecimal() {
		power = math.Pow(10, float64(-c.scale))
	}
	switch {
	case c.kind == parquetBoolean:
		return func(v []byte) float64 { return float64(v[0]) }
	case c.kind == parquetFloat:
		return func(v []byte) float64 { return float64(math.Float32frombits(little.Uint32(v))) }
	case c.kind == parquetDouble:
		return func(v []byte) float64 { return math.Float64frombits(little.Uint64(v)) }
	case c.kind == parquetFixed && c.logical == logicalFloat16:
		return func(v []byte) float64 { return float16(little.Uint16(v)) }
	case c.kind == parquetFixed || c.kind == parquetBytes:
		return func(v []byte) float64 { return bigEndian(v) * power }
	case c.kind == parquetInt32 && c.unsigned:
		return func(v []byte) float64 { return float64(little.Uint32(v)) }
	case c.kind == parquetInt32:
		return func(v []byte) float64 { return float64(int32(little.Uint32(v))) * power }
	case c.unsigned:
		return func(v []byte) float64 { return float64(little.Uint64(v)) }
	}
	return func(v []byte) float64 { return float64(int64(little.Uint64(v))) * power }
}

// bigEndian reads an integer in two's complement.
func bigEndian(value []byte) (v float64) {
	for i, b := range value {
		if i == 0 {
			v = float64(int8(b))
			continue
		}
		v = v*256 + float64(b)
	}
	return v
}

// class returns the label that a value of the column stands for.
func (c parquetColumn) class(value []byte) string {
	if c.notNumbers() == "text" {
		return string(value)
	}
	if c.kind == parquetBoolean {
		return [2]string{"False", "True"}[value[0]]
	}
	return strconv.FormatFloat(c.number()(value), 'f', -1, 64)
}

// valueWidth returns the number of bytes of a value in the file, or 0 if it varies.
func (c parquetColumn) valueWidth() int {
	switch c.kind {
	case parquetInt32, parquetFloat:
		return 4
	case parquetInt64, parquetDouble:
		return 8
	case parquetInt96:
		return 12
	case parquetFixed:
		return int(c.width)
	}
	return 0
}
