package loaders

import (
	"context"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
)

// Parquet files (https://parquet.apache.org/docs/file-format) are read without a library,
// because a library that allocates what a file claims lets 20 bytes end the process. Only
// the columns of flat tables are read.

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
	logicalText, legacyText                       = 1, 0
	logicalDecimal, logicalDate, logicalTimestamp = 5, 6, 8
	logicalFloat16                                = 15
	legacyNone                                    = -1
	legacyDecimal, legacyDate, legacyTimestamp    = 5, 6, 10
	legacyUint8, legacyUint64                     = 11, 14
)

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
	var magic [4]byte
	if _, err := at.ReadAt(magic[:], 0); err == nil && string(magic[:]) != parquetMagic {
		return nil, dataErrorf("a Parquet file that is gzipped; hint: gunzip it, because its pages are compressed already")
	}
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
