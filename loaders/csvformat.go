package loaders

import (
	"bytes"
	"encoding/csv"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// delimiters of tables in text, the most certain one first.
var delimiters = []byte{'\t', ';', ','}

// foreign are kinds of files that are not read, by their first bytes.
var foreign = []struct{ magic, what string }{
	{"\xff\xfe", "text in UTF-16; hint: save it as UTF-8"},
	{"\xfe\xff", "text in UTF-16; hint: save it as UTF-8"},
	{"\x89HDF", "an HDF5 file; hint: save the array as .npy, or the table as CSV or Parquet"},
	{"MATLAB", "a MATLAB file; hint: save the array as .npy by scipy.io.loadmat and numpy.save"},
	{"ARROW1", "an Arrow or Feather file; hint: save the table as Parquet"},
	{"\x28\xb5\x2f\xfd", "compressed by zstd; hint: compress it by gzip, or not"},
	{"BZh", "compressed by bzip2; hint: compress it by gzip, or not"},
	{"\xfd7zXZ", "compressed by xz; hint: compress it by gzip, or not"},
	{"\x80\x04", "a Python pickle; hint: save the array as .npy, or the table as CSV or Parquet"},
	{"\x80\x05", "a Python pickle; hint: save the array as .npy, or the table as CSV or Parquet"},
	{"\xd0\xcf\x11\xe0", "an Excel workbook; hint: save the sheet as CSV"},
	{"[", "JSON; hint: save the table as CSV"},
	{"{", "JSON; hint: save the table as CSV"},
}

// checkText returns an error if the first bytes of a file are not those of a table in
// text.
func checkText(start []byte) error {
	for _, f := range foreign {
		if bytes.HasPrefix(start, []byte(f.magic)) {
			return dataErrorf("the file is %s", f.what)
		}
	}
	switch {
	case len(bytes.TrimSpace(start)) == 0:
		return dataErrorf("the file is empty")
	case bytes.IndexByte(start, 0) >= 0:
		return dataErrorf("not a table in text: byte %d is 0; hint: .npy, .npz, Parquet, CSV and TSV files are read", bytes.IndexByte(start, 0))
	case bytes.IndexByte(start, '\n') < 0 && bytes.IndexByte(start, '\r') >= 0:
		return dataErrorf("the lines end with a carriage return alone; hint: save the file with line feeds")
	}
	return nil
}

// delimiterOf guesses what separates the fields of a table: a character that each of the
// first two lines has, equally often. start is the start of the file.
func delimiterOf(start []byte, path string) byte {
	lines := bytes.SplitN(start, []byte("\n"), 4)
	lines = slices.DeleteFunc(lines[:min(len(lines), 3)], func(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 })
	candidates := delimiters
	if name := strings.ToLower(strings.TrimSuffix(path, ".gz")); filepath.Ext(name) == ".csv" {
		candidates = []byte{';', ',', '\t'}
	}
	for _, c := range candidates {
		if n := outsideQuotes(lines[0], c); n > 0 && (len(lines) < 2 || outsideQuotes(lines[1], c) == n) {
			return c
		}
	}
	for _, c := range candidates { // ragged, or a quoted field has a line break
		if outsideQuotes(lines[0], c) > 0 {
			return c
		}
	}
	return ','
}

// outsideQuotes counts a character in a line, except in double quotes.
func outsideQuotes(line []byte, c byte) (n int) {
	quoted := false
	for _, b := range line {
		switch {
		case b == '"':
			quoted = !quoted
		case b == c && !quoted:
			n++
		}
	}
	return n
}

// isHeader reports whether the first row of a table has the names of the columns: if it
// holds no number, if most of its texts stand above a number, or if it counts the columns
// from 0, as pandas writes columns without names.
func isHeader(first, second []string) bool {
	numbers, above, counts := 0, 0, len(first) > 2
	for i, field := range first {
		_, number := parseNumber(field)
		if number {
			numbers++
		} else if i < len(second) && !isMissing(field) {
			if _, ok := parseNumber(second[i]); ok || isMissing(second[i]) {
				above++
			}
		}
		counts = counts && (field == strconv.Itoa(i) || i == 0 && field == "")
	}
	if counts {
		return !slices.Equal(first, second)
	}
	return numbers == 0 || above > numbers
}

// recordReader limits the bytes and the fields of one record, because a reader of CSV holds
// a whole record in memory.
type recordReader struct {
	io.Reader
	delimiter    byte
	left, fields int
}

// maxRecord is the largest number of bytes of a row, which has up to maxColumns fields.
const maxRecord = 32 << 20

var errRecord = dataErrorf("a row of more than %d MiB or %d columns; hint: a line break or a closing quote may be missing", maxRecord>>20, maxColumns)

func (r *recordReader) Read(p []byte) (int, error) {
	if r.left <= 0 || r.fields > maxColumns+len(p) {
		return 0, errRecord
	}
	n, err := r.Reader.Read(p[:min(len(p), r.left)])
	r.left -= n
	r.fields += bytes.Count(p[:n], []byte{r.delimiter})
	return n, err
}

// reset prepares for the next record.
func (r *recordReader) reset() { r.left, r.fields = maxRecord, 0 }

// newRecords returns a reader of the rows of a table.
func newRecords(r io.Reader, delimiter byte) (*csv.Reader, *recordReader) {
	limited := &recordReader{Reader: r, delimiter: delimiter}
	limited.reset()
	rows := csv.NewReader(limited)
	rows.Comma, rows.ReuseRecord = rune(delimiter), true
	return rows, limited
}
