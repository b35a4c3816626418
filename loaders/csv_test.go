package loaders

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// readTable reads a table in text, and returns the messages that are logged.
func readTable(text string, o Options) (m *matrix, log []string, err error) {
	o.ArrayOptions = o.withDefaults()
	o.Log = func(message string) { log = append(log, message) }
	m, err = readCSV(bufio.NewReaderSize(strings.NewReader(text), chunkBytes), "t.csv", "array:t.csv", o, newBudget(), nil)
	return m, log, err
}

func TestCSV(t *testing.T) {
	t.Parallel()
	label := func(name string) Options { return Options{ArrayOptions: ArrayOptions{Label: name}} }
	ignore := func(names string) Options { return Options{ArrayOptions: ArrayOptions{Ignore: names}} }
	features := func(names ...string) Options { return Options{Features: names} }
	tests := []struct {
		name, text string
		options    Options
		features   []string
		values     []float32
		classes    []string // of the rows
		log        string
	}{
		{name: "header", text: "a,b\n1,2\n3.5,-4e1\n", features: []string{"a", "b"}, values: []float32{1, 2, 3.5, -40}},
		{name: "no header", text: "1,2\n3,4\n", values: []float32{1, 2, 3, 4}, log: "the first line holds numbers, so the columns have no names but numbers from 0 to 1"},
		{name: "BOM and CRLF", text: "\ufeffa,b\r\n1,2\r\n", features: []string{"a", "b"}, values: []float32{1, 2}},
		{name: "semicolons", text: "a;b\n1;2\n", features: []string{"a", "b"}, values: []float32{1, 2}, log: "separated by semicolons"},
		{name: "tabs", text: "a\tb\tc\n1\t2\t3\n", features: []string{"a", "b", "c"}, values: []float32{1, 2, 3}},
		{name: "quotes", text: "\"a,1\",\"say \"\"b\"\"\"\n\"1\", 2 \n", features: []string{"a,1", `say "b"`}, values: []float32{1, 2}},
		{name: "line break in quotes", text: "\"a\nb\",c\n1,2\n", features: []string{"a b", "c"}, values: []float32{1, 2}},
		{name: "truth values", text: "a,b\nTrue,false\n", features: []string{"a", "b"}, values: []float32{1, 0}},
		{name: "blank lines", text: "a,b\n\n1,2\n\n3,4", features: []string{"a", "b"}, values: []float32{1, 2, 3, 4}},
		{name: "numpy.savetxt", text: "# a,b\n1,2\n", features: []string{"a", "b"}, values: []float32{1, 2}},
		{name: "pandas without names", text: "0,1,2\n5,6,7\n", features: []string{"0", "1", "2"}, values: []float32{5, 6, 7}},
		{name: "pandas with an index", text: ",a,b\n0,1,2\n1,3,4\n", features: []string{"a", "b"}, values: []float32{1, 2, 3, 4}, log: `column 0 has the name "" of row numbers, so it is not read`},
		{name: "label", text: "a,kind,b\n1,x,2\n3,y,4\n", options: label("kind"), features: []string{"a", "b"}, values: []float32{1, 2, 3, 4}, classes: []string{"x", "y"}},
		{name: "label by number", text: "1,2,x\n3,4,y\n", options: label("2"), values: []float32{1, 2, 3, 4}, classes: []string{"x", "y"}, log: "no names"},
		{name: "whole labels", text: "a,kind\n1,1.0\n3,2\n4,1\n", options: label("kind"), features: []string{"a"}, values: []float32{1, 3, 4}, classes: []string{"1", "2", "1"}},
		{name: "ignored", text: "a,kind,\"b,c\"\n1,x,y\n", options: ignore(`"b,c", kind`), features: []string{"a"}, values: []float32{1}},
		{name: "other order", text: "b,a\n1,2\n3,4\n", options: features("a", "b"), features: []string{"a", "b"}, values: []float32{2, 1, 4, 3}},
		{name: "one column", text: "a\n1\n2\n", features: []string{"a"}, values: []float32{1, 2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, log, err := readTable(test.text, test.options)
			if err != nil {
				t.Fatal(err)
			}
			if m.classes.index != nil {
				if err := m.classes.settle("kind"); err != nil {
					t.Fatal(err)
				}
			}
			var classes []string
			for _, number := range m.classes.numbers {
				classes = append(classes, m.classes.names[number])
			}
			if diff := cmp.Diff([]any{test.features, test.values, test.classes}, []any{m.features, m.values, classes}); diff != "" {
				t.Error(diff)
			}
			if m.rows != len(test.values)/m.shape.Size() || m.shape.Height != 1 || m.shape.Channels != 1 {
				t.Errorf("%d rows of %v", m.rows, m.shape)
			}
			if got := strings.Join(log, "; "); !strings.Contains(got, test.log) || test.log == "" && got != "" {
				t.Errorf("logged %q, want %q", got, test.log)
			}
		})
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	const text = "a,kind,b\n1,x,2\n3,,NA\n nan ,y,4\n5,z,6\n"
	_, _, err := readTable(text, Options{ArrayOptions: ArrayOptions{Label: "kind"}})
	wantError(t, err, ErrData, "line 3, column b", "--missing mean", "--missing drop")
	m, _, err := readTable(text, Options{ArrayOptions: ArrayOptions{Label: "kind", Missing: "mean"}})
	if err != nil || m.missing != 2 {
		t.Fatalf("%d missing values, error %v", m.missing, err)
	}
	nan := float32(nan())
	if diff := cmp.Diff([]float32{1, 2, 3, nan, nan, 4, 5, 6}, m.values, cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
	if dropped := m.drop(); dropped != 2 || m.rows != 2 || !slices.Equal(m.values, []float32{1, 2, 5, 6}) || !slices.Equal(m.kept, []int{0, 3}) {
		t.Errorf("%d rows dropped, left are %v of rows %v", dropped, m.values, m.kept)
	}
	if err := m.classes.settle("kind"); err != nil || len(m.classes.numbers) != 2 {
		t.Errorf("labels %v, error %v", m.classes.numbers, err)
	}
	for _, word := range []string{"", "?", "NULL", "None", "n/a", "<NA>", "-nan"} {
		if !isMissing(word) {
			t.Errorf("%q is not missing", word)
		}
	}
	for _, word := range []string{"0", "no", "nano", "missing"} {
		if isMissing(word) {
			t.Errorf("%q is missing", word)
		}
	}
}

func TestCSVRefuses(t *testing.T) {
	t.Parallel()
	with := func(o ArrayOptions, features ...string) Options { return Options{ArrayOptions: o, Features: features} }
	tests := []struct {
		name, text string
		options    Options
		sentinel   error
		mention    []string
	}{
		{"empty", "", Options{}, ErrData, []string{"the file is empty"}},
		{"only names", "a,b\n", Options{}, ErrData, []string{"no rows"}},
		{"ragged", "a,b\n1,2\n3\n", Options{}, ErrData, []string{"line 3: 1 fields, but the first line has 2"}},
		{"text", "a,kind\n1,x\n", Options{}, ErrData, []string{`column kind holds text, such as "x"`, "--label kind", "--ignore kind"}},
		{"texts", "a,kind,site\n1,x,y\n", Options{}, ErrData, []string{"columns kind,site hold text", "--label", "--ignore"}},
		{"late text", "a,b\n1,2\n3,x\n", Options{}, ErrData, []string{"line 3, column b", `"x" is not a number`, "--ignore b"}},
		{"decimal commas", "a;b\n1,5;2\n", Options{}, ErrData, []string{"line 2, column a", "decimal point"}},
		{"infinite", "a,b\n1,-inf\n", Options{}, ErrData, []string{"line 2, column b", "-Inf is not a finite number of float32"}},
		{"huge", "a,b\n1,1e39\n", Options{}, ErrData, []string{"line 2, column b", "1e+39"}},
		{"too large for float64", "a,b\n1,1e999\n", Options{}, ErrData, []string{"line 2, column b", "+Inf"}},
		{"bare quote", "a,b\n1,2\"\n", Options{}, ErrData, []string{"line 2, byte 4", "double quotes"}},
		{"open quote", "a,b\n1,\"2\n", Options{}, ErrData, []string{"line", "quotes"}},
		{"same names", "a,b,a\n1,2,3\n", Options{}, ErrData, []string{`columns 0 and 2 have the same name "a"`}},
		{"zeros", "a,b\n1,\x00\n", Options{}, ErrData, []string{"not a table in text"}},
		{"UTF-16", "\xff\xfea\x00", Options{}, ErrData, []string{"UTF-16"}},
		{"HDF5", "\x89HDF\r\n\x1a\n", Options{}, ErrData, []string{"HDF5"}},
		{"old Macintosh", "a,b\r1,2\r", Options{}, ErrData, []string{"carriage return"}},
		{"name not UTF-8", "a,\xff\n1,2\n", Options{}, ErrData, []string{"UTF-8"}},
		{"label not UTF-8", "a,k\n1,\xff\n", with(ArrayOptions{Label: "k"}), ErrData, []string{"line 2, column k", "UTF-8"}},
		{"no column left", "k\n1\n", with(ArrayOptions{Label: "k"}), ErrData, []string{"no column is left"}},
		{"unknown label", "a,k\n1,2\n", with(ArrayOptions{Label: "kind"}), ErrUnknown, []string{`label: there is no column "kind"`, "the columns are a, k"}},
		{"unknown ignored", "a,k\n1,2\n", with(ArrayOptions{Ignore: "9"}), ErrUnknown, []string{`ignore: there is no column "9"`}},
		{"both", "a,k\n1,2\n", with(ArrayOptions{Ignore: "k", Label: "k"}), ErrUnknown, []string{"both"}},
		{"other columns", "a,c,d\n1,2,3\n", with(ArrayOptions{}, "a", "b"), ErrData, []string{"lacks the column b", "has 2 columns (c, d) more"}},
		{"text beside the columns of a run", "a,c\n1,x\n", with(ArrayOptions{}, "a"), ErrData, []string{"has the column c more"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := readTable(test.text, test.options)
			wantError(t, err, test.sentinel, test.mention...)
		})
	}
}

// TestNumberLabels checks names of classes that are not text.
func TestNumberLabels(t *testing.T) {
	t.Parallel()
	for text, mention := range map[string]string{
		"a,k\n1,0.5\n2,1\n": "column k holds the number 0.5", "a,k\n1,-1\n2,1\n": "1 of 2 labels are negative", "a,k\n1,\n2,1\n": "1 of 2 labels are empty",
	} {
		m, _, err := readTable(text, Options{ArrayOptions: ArrayOptions{Label: "k"}})
		if err != nil {
			t.Fatal(err)
		}
		wantError(t, m.classes.settle("k"), ErrData, mention)
	}
}

// TestEndlessRecord checks that a row of any length takes a bounded part of memory.
func TestEndlessRecord(t *testing.T) {
	for _, unit := range []string{"1,", "1", "\"x\n"} {
		endless := io.MultiReader(strings.NewReader("a,b\n1,"), repeated(unit))
		_, err := readCSV(bufio.NewReaderSize(endless, chunkBytes), "t.csv", "array:t.csv", Options{ArrayOptions: ArrayDefaults()}, newBudget(), nil)
		wantError(t, err, ErrData, "hint: ")
	}
}

// repeated is an endless text.
type repeated string

func (r repeated) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], r)
	}
	return n, nil
}

// TestNewData checks what becomes of the options of a run with a file that has no such
// columns.
func TestNewData(t *testing.T) {
	t.Parallel()
	m, log, err := readTable("b,a\n1,2\n", Options{Features: []string{"a", "b"}, ArrayOptions: ArrayOptions{Label: "kind", Ignore: "id"}})
	if err != nil || !slices.Equal(m.values, []float32{2, 1}) || m.classes.numbers != nil {
		t.Fatalf("%v, error %v", m, err)
	}
	if want := "array:t.csv: has no column kind, so its rows have no labels"; fmt.Sprint(log) != "["+want+"]" {
		t.Errorf("logged %q, want %q", log, want)
	}
}

func FuzzCSV(f *testing.F) {
	for _, text := range []string{
		"a,b\n1,2\n", "1;2\n3;4\n", "\ufeffa\tb\r\n1\tNA\r\n", "a,k\n1,x\n2,\n", ",a\n0,1\n", "\"a\"\"\n\",b\n1,2\n", "# a,b\n1,1e400\n", "0,1,2\n1,2,3\n", "a\r1\r",
	} {
		f.Add(text, "k", "mean")
	}
	f.Add("a,k\n1,1.0\n2,3\n", "k", "drop")
	f.Fuzz(func(t *testing.T, text, label, missing string) {
		o := Options{ArrayOptions: ArrayOptions{Label: label, Missing: missing}}
		if o.ArrayOptions.Validate() != nil {
			return
		}
		m, _, err := readTable(text, o)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q has more than one line", err)
			}
			return
		}
		if missing == missingDrop {
			m.drop()
		}
		if m.rows*m.shape.Size() != len(m.values) || m.classes.numbers != nil && len(m.classes.numbers) != m.rows {
			t.Fatalf("%d values and %d labels of %d rows of %v", len(m.values), len(m.classes.numbers), m.rows, m.shape)
		}
		for _, v := range m.values {
			if v-v != 0 && (v == v || missing != missingMean) {
				t.Fatalf("value %g", v)
			}
		}
	})
}

func nan() float64 { return math.NaN() }

func bufioReader(text string) *bufio.Reader {
	return bufio.NewReaderSize(strings.NewReader(text), chunkBytes)
}
