package loaders

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// matrix holds the items of array:FILE as they stand in the file, N of one shape.
type matrix struct {
	shape    Shape
	rows     int       // N
	values   []float32 // N×C×H×W; NaN: missing
	pixels   []uint8   // N×C×H×W instead of values, if the file has images of bytes
	store    Store     // instead of values, if they stay in their file
	isPixels bool      // the values are bytes divided by 255
	features []string  // names of the columns of a table; nil: no names
	classes  classes   // of the items; no numbers: no labels
	missing  int       // number of values that are NaN
	kept     []int     // N, items of the file; nil: all of them
	lost     []bounds  // D, of the differences between values and their float32; nil: none

	place func(row, value int) string // for messages: where a value stands in the file
}

// classes are the labels of items. Classes are numbered in the order in which they occur.
type classes struct {
	labels
	index map[string]Label
}

// add appends the label of one item. The empty text stands for no label.
func (c *classes) add(name string) error {
	number, known := c.index[name]
	if !known {
		switch {
		case len(c.names) == maxClasses:
			return dataErrorf("more than %d classes; hint: --ignore the column if it does not hold classes", maxClasses)
		case !utf8.ValidString(name):
			return dataErrorf("the label %.60q is not valid UTF-8; hint: save the file as UTF-8", name)
		case len(name) > maxClassName:
			return dataErrorf("a label of %d bytes, but the name of a class has at most %d", len(name), maxClassName)
		}
		if c.index == nil {
			c.index = make(map[string]Label)
		}
		name = strings.Clone(name)
		number = Label(len(c.names))
		c.index[name], c.names = number, append(c.names, name)
	}
	c.numbers = append(c.numbers, number)
	return nil
}

// settle checks the names of the classes. If all of them are whole numbers, as 1.0 in a
// column that once had empty fields, they become integers. Other numbers, and no label,
// are errors.
func (c *classes) settle(column string) error {
	whole, fraction := make([]string, len(c.names)), ""
	for i, name := range c.names {
		v, err := strconv.ParseFloat(name, 64)
		switch {
		case name == "":
		case err != nil: // text
			return c.checkMissing(false)
		case v != math.Trunc(v) || math.Abs(v) > 1<<53:
			fraction = name
		default:
			whole[i] = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	if fraction != "" {
		return dataErrorf("column %s holds the number %s, but labels are integers or text; hint: --ignore %[1]s", column, fraction)
	}
	c.names = whole
	return c.checkMissing(true)
}

// put writes the value at an index of values.
func (m *matrix) put(at int, v float64, missing string) (err error) {
	f := float32(v)
	if f-f != 0 {
		f, err = m.accept(v, missing, func() string { return m.place(at/m.shape.Size(), at%m.shape.Size()) })
	} else if float64(f) != v {
		m.round(at%m.shape.Size(), v-float64(f))
	}
	m.values[at] = f
	return err
}

// round records that a value of an item differs from its float32.
func (m *matrix) round(value int, difference float64) {
	if m.lost == nil {
		m.lost = make([]bounds, m.shape.Size())
	}
	if m.lost[value] == (bounds{}) {
		m.lost[value] = bounds{difference, difference}
	}
	m.lost[value].add(difference)
}

// bounds is the range of some numbers.
type bounds struct{ low, high float64 }

func (s *bounds) add(v float64) { s.low, s.high = min(s.low, v), max(s.high, v) }

// coarse names the columns of a table in which float32 loses more than a thousandth of the
// range of the values, such as times in seconds since 1970.
func (m *matrix) coarse() (names []string) {
	if m.lost == nil || !m.shape.IsTable() {
		return nil
	}
	for column, lost := range m.lost {
		if lost == (bounds{}) {
			continue
		}
		values := bounds{math.Inf(1), math.Inf(-1)}
		for at := column; at < len(m.values); at += m.shape.Width {
			if v := float64(m.values[at]); v == v {
				values.add(v)
			}
		}
		size := values.high - values.low
		if max(lost.high, -lost.low) > size/1000 && (size > 0 || lost.low < lost.high) {
			name := strconv.Itoa(column)
			if m.features != nil {
				name = m.features[column]
			}
			names = append(names, name)
		}
	}
	return names
}

// accept converts a value that is not a finite number of float32. NaN is a missing value,
// which is an error unless the option says what becomes of it. where says where the value
// stands in the file.
func (m *matrix) accept(v float64, missing string, where func() string) (float32, error) {
	switch {
	case v == v:
		return 0, dataErrorf("%s: %g is not a finite number of float32", where(), v)
	case missing == missingError:
		return 0, dataErrorf("%s: the value is missing; hint: --missing mean replaces missing values by the mean of the training rows, --missing drop leaves out their rows", where())
	}
	m.missing++
	return float32(math.NaN()), nil
}

// drop removes the items with a missing value or without a label, and returns their
// number.
func (m *matrix) drop() (dropped int) {
	if m.pixels != nil {
		return 0
	}
	var rows []int
	size, kept := m.shape.Size(), 0
	for row := range m.rows {
		values := m.values[row*size : (row+1)*size]
		if slices.ContainsFunc(values, func(v float32) bool { return v != v }) || m.classes.numbers != nil && m.classes.names[m.classes.numbers[row]] == "" {
			continue
		}
		copy(m.values[kept*size:], values)
		if m.classes.numbers != nil {
			m.classes.numbers[kept] = m.classes.numbers[row]
		}
		kept++
		rows = append(rows, row)
	}
	if dropped = m.rows - kept; dropped == 0 {
		return 0
	}
	m.kept = rows
	m.rows, m.values, m.missing = kept, m.values[:kept*size], 0
	if m.classes.numbers != nil {
		m.classes.numbers = m.classes.numbers[:kept]
	}
	return dropped
}

// isMissing reports whether a field of a table is empty or stands for no value.
func isMissing(field string) bool {
	switch len(field) {
	case 0:
		return true
	case 1:
		return field == "?"
	case 2, 3, 4:
		switch strings.ToLower(field) {
		case "na", "n/a", "nan", "-nan", "null", "none", "<na>", "#n/a":
			return true
		}
	}
	return false
}

// parseNumber reads a field of a table. True and false are 1 and 0.
func parseNumber(field string) (v float64, ok bool) {
	v, err := strconv.ParseFloat(field, 64)
	if err == nil || math.IsInf(v, 0) { // out of range: put refuses it
		return v, true
	}
	switch {
	case strings.EqualFold(field, "true"):
		return 1, true
	case strings.EqualFold(field, "false"):
		return 0, true
	}
	return 0, false
}
