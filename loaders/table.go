package loaders

import (
	"encoding/binary"
	"encoding/csv"
	"io"
	"math"
	"strconv"
	"strings"
)

// Table is a table to write. Its values are computed when they are written, so that a
// table of a matrix takes no memory of its own.
type Table struct {
	Rows    int
	Columns []Column
}

// Column is a column of a table: an IntegerColumn, Float32Column, Float64Column or
// TextColumn.
type Column struct {
	Name string

	kind   int64                             // physical type in Parquet
	text   func(row int) string              // in a .csv file; nil: all values are missing
	binary func(page []byte, row int) []byte // appends the value to a page of Parquet
}

// IntegerColumn is a column of int64 in Parquet. at returns the value of a row. If at is nil,
// all values are missing.
func IntegerColumn(name string, at func(row int) int) Column {
	c := Column{Name: name, kind: parquetInt64}
	if at != nil {
		c.text = func(row int) string { return strconv.Itoa(at(row)) }
		c.binary = func(page []byte, row int) []byte {
			return binary.LittleEndian.AppendUint64(page, uint64(at(row)))
		}
	}
	return c
}

// Float32Column is a column of float32 in Parquet. A .csv file has the given number of
// significant digits, or as many as identify the value if digits is -1.
func Float32Column(name string, digits int, at func(row int) float32) Column {
	return Column{
		Name: name, kind: parquetFloat,
		text: func(row int) string { return strconv.FormatFloat(float64(at(row)), 'g', digits, 32) },
		binary: func(page []byte, row int) []byte {
			return binary.LittleEndian.AppendUint32(page, math.Float32bits(at(row)))
		},
	}
}

// Float64Column is a column of float64 in Parquet. A .csv file has the given number of
// significant digits, or as many as identify the value if digits is -1.
func Float64Column(name string, digits int, at func(row int) float64) Column {
	return Column{
		Name: name, kind: parquetDouble,
		text: func(row int) string { return strconv.FormatFloat(at(row), 'g', digits, 64) },
		binary: func(page []byte, row int) []byte {
			return binary.LittleEndian.AppendUint64(page, math.Float64bits(at(row)))
		},
	}
}

// TextColumn is a column of UTF-8 in Parquet, where other bytes become U+FFFD. If at is nil, all
// values are missing.
func TextColumn(name string, at func(row int) string) Column {
	c := Column{Name: name, kind: parquetBytes, text: at}
	if at != nil {
		c.binary = func(page []byte, row int) []byte {
			text := validText(at(row))
			return append(binary.LittleEndian.AppendUint32(page, uint32(len(text))), text...)
		}
	}
	return c
}

func validText(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// WriteCSV writes a line of names and a line for each row. Missing values are empty.
func (t Table) WriteCSV(w io.Writer) error {
	lines, record := csv.NewWriter(w), make([]string, len(t.Columns))
	for i, c := range t.Columns {
		record[i] = c.Name
	}
	if err := lines.Write(record); err != nil {
		return err
	}
	for row := range t.Rows {
		for i, c := range t.Columns {
			record[i] = ""
			if c.text != nil {
				record[i] = c.text(row)
			}
		}
		if err := lines.Write(record); err != nil {
			return err
		}
	}
	lines.Flush()
	return lines.Error()
}
