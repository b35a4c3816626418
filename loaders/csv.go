package loaders

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// table reads a table in text row by row.
type table struct {
	*columns
	rows    *csv.Reader
	limit   *recordReader
	dataset string
	options Options
	room    *budget
	part    func() float64 // of the file that has been read, from 0 to 1; nil: unknown
	m       *matrix
}

// readCSV reads a table in text: comma-separated, or separated by tabs or semicolons.
// part returns the share of the file that has been read, or is nil.
func readCSV(r *bufio.Reader, path, dataset string, o Options, room *budget, part func() float64) (*matrix, error) {
	start, err := r.Peek(chunkBytes)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, dataErrorf("%w", err)
	}
	if cut := strings.TrimPrefix(string(start), "\ufeff"); len(cut) < len(start) {
		r.Discard(len(start) - len(cut))
		start = []byte(cut)
	}
	if err := checkText(start); err != nil {
		return nil, err
	}
	delimiter := delimiterOf(start, path)
	if delimiter == ';' {
		o.log("%s: the fields are separated by semicolons", dataset)
	}
	t := &table{dataset: dataset, options: o, room: room, part: part, m: &matrix{}}
	t.rows, t.limit = newRecords(r, delimiter)
	return t.m, t.read()
}

// next reads a row. The fields are valid until the next call. At the end it is io.EOF.
func (t *table) next() ([]string, error) {
	t.limit.reset()
	fields, err := t.rows.Read()
	if err == nil {
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		return fields, nil
	}
	var parsing *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case errors.As(err, &parsing) && errors.Is(err, csv.ErrFieldCount):
		return nil, dataErrorf("line %d: %d fields, but the first line has %d", parsing.StartLine, len(fields), t.rows.FieldsPerRecord)
	case errors.As(err, &parsing):
		return nil, dataErrorf("line %d, byte %d: %w; hint: a field with quotes is in double quotes, and the quotes in it are doubled", parsing.Line, parsing.Column, parsing.Err)
	case errors.Is(err, errRecord):
		return nil, dataErrorf("after byte %d: %w", t.rows.InputOffset(), err)
	}
	return nil, dataErrorf("%w", err)
}

// read reads all rows.
func (t *table) read() error {
	first, err := t.next()
	if errors.Is(err, io.EOF) {
		return dataErrorf("the file is empty")
	}
	if err != nil {
		return err
	}
	first = cloneFields(first)
	firstLine, _ := t.rows.FieldPos(0)
	second, err := t.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	ended := err != nil
	header := isHeader(first, second)
	if !header {
		t.options.log("%s: the first line holds numbers, so the columns have no names but numbers from 0 to %d", t.dataset, len(first)-1)
	} else if ended {
		return dataErrorf("holds no rows, only names of columns")
	}
	if err := t.assign(first, header); err != nil {
		return err
	}
	if !header {
		if err := t.add(first, firstLine); err != nil {
			return err
		}
	}
	for !ended {
		line, _ := t.rows.FieldPos(0)
		if err := t.add(second, line); err != nil {
			return err
		}
		second, err = t.next()
		if ended = errors.Is(err, io.EOF); err != nil && !ended {
			return err
		}
	}
	return nil
}

// cloneFields copies a row, whose memory the reader uses again.
func cloneFields(fields []string) []string {
	cloned := make([]string, len(fields))
	for i, field := range fields {
		cloned[i] = strings.Clone(field)
	}
	return cloned
}

// assign decides what the columns are, by the first line.
func (t *table) assign(first []string, header bool) (err error) {
	names := slices.Clone(first)
	if !header {
		for i := range names {
			names[i] = fmt.Sprint(i)
		}
	} else if bare, ok := strings.CutPrefix(names[0], "#"); ok { // as numpy.savetxt writes
		names[0] = strings.TrimSpace(bare)
	}
	if t.columns, err = assignColumns(names, header, t.dataset, t.options); err != nil {
		return err
	}
	t.m.shape, t.m.features = Shape{1, 1, len(t.order)}, t.features
	return nil
}

// add appends a row, which begins in a line.
func (t *table) add(fields []string, line int) (err error) {
	m, size := t.m, len(t.order)
	if m.rows == 0 {
		if err := t.checkFirst(fields); err != nil {
			return err
		}
	}
	at := len(m.values)
	if at+size > cap(m.values) {
		if err := t.foresee(4 * int64(at)); err != nil {
			return err
		}
	}
	if m.values, err = grow(m.values, size, t.room); err != nil {
		return err
	}
	for i, place := range t.at {
		switch place {
		case isLabel:
			if err := m.classes.add(fields[i]); err != nil {
				return dataErrorf("%s: %w", t.where(line, i), err)
			}
		case isIgnored:
		default:
			if m.values[at+place], err = t.value(fields[i], line, i, place); err != nil {
				return err
			}
		}
	}
	m.rows++
	return nil
}

// foresee returns an error if the values so far take a sixteenth of the memory for data and
// the rest of the file would take many times of it. So a small file that decompresses to a
// large size is refused early.
func (t *table) foresee(bytes int64) error {
	const first, many = 16, 4
	most := t.room.limit / share
	if t.part == nil || bytes < most/first || float64(bytes)/max(t.part(), 1e-9) < float64(many*most) {
		return nil
	}
	return dataErrorf("after %d rows: %w", t.m.rows, t.room.take(many*most))
}

func (t *table) where(line, column int) string {
	return fmt.Sprintf("line %d, column %.100s", line, t.names[column])
}

// value reads a field of a column, which holds the values at a place of the rows.
func (t *table) value(field string, line, column, place int) (float32, error) {
	v, ok := parseNumber(field)
	f := float32(v)
	switch {
	case ok && f-f == 0:
		if float64(f) != v {
			t.m.round(place, v-float64(f))
		}
		return f, nil
	case isMissing(field):
		v = math.NaN()
	case !ok:
		hint := "correct the field, or --ignore " + t.names[column]
		if _, err := strconv.ParseFloat(strings.Replace(field, ",", ".", 1), 64); err == nil {
			hint = "save numbers with a decimal point, not a comma"
		}
		return 0, dataErrorf("%s: %.40q is not a number; hint: %.200s", t.where(line, column), field, hint)
	}
	return t.m.accept(v, t.options.Missing, func() string { return t.where(line, column) })
}

// checkFirst names the columns whose first value is text.
func (t *table) checkFirst(fields []string) error {
	var texts []string
	example := ""
	for i, field := range fields {
		if _, ok := parseNumber(field); ok || t.at[i] < 0 || isMissing(field) || strings.Contains(field, ",") {
			continue
		}
		texts = append(texts, t.names[i])
		if example == "" {
			example = field
		}
	}
	if texts == nil {
		return nil
	}
	return textColumns(texts, example)
}

// grow makes room for some more values at the end of a list, and reserves the memory.
func grow(values []float32, more int, room *budget) ([]float32, error) {
	size := len(values) + more
	if size <= cap(values) {
		return values[:size], nil
	}
	capacity := max(size, 1<<12, cap(values)+cap(values)/2)
	if err := room.take(4 * int64(capacity)); err != nil {
		return nil, err
	}
	grown := make([]float32, size, capacity)
	copy(grown, values)
	room.give(4 * int64(cap(values)))
	return grown, nil
}
