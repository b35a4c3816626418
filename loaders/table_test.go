package loaders

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// writtenTable is a table with columns of all types, and columns without values.
func writtenTable(rows int) Table {
	return Table{Rows: rows, Columns: []Column{
		IntegerColumn("integer", func(row int) int { return (row - 1) << 20 }),
		Float32Column("float", 3, func(row int) float32 { return 1 / float32(row+3) }),
		Float64Column("double", 8, func(row int) float64 { return math.Sqrt(float64(row)) }),
		TextColumn("kind", func(row int) string { return []string{"cat, \"tom\"", "", "a\xffb"}[row%3] }),
		IntegerColumn("no integer", nil),
		TextColumn("no text", nil),
	}}
}

func TestWriteCSV(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := writtenTable(3).WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	want := "integer,float,double,kind,no integer,no text\n" +
		"-1048576,0.333,0,\"cat, \"\"tom\"\"\",,\n0,0.25,1,,,\n1048576,0.2,1.4142136,a\xffb,,\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// pagesOf counts the ends of headers of pages.
func pagesOf(file []byte) int { return bytes.Count(file, []byte{0x15, 0, 0x15, 6, 0x15, 6, 0, 0}) }

// TestWriteParquet reads tables of one and of several groups and pages.
func TestWriteParquet(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ rows, groupRows, groups, pages int }{{1, 10, 1, 6}, {10, 10, 1, 6}, {11, 10, 2, 12}, {300_000, 200_000, 2, 15}} {
		var out bytes.Buffer
		if err := writtenTable(test.rows).writeParquet(&out, test.groupRows); err != nil {
			t.Fatal(err)
		}
		file, err := readParquetFooter(bytes.NewReader(out.Bytes()), int64(out.Len()), &budget{limit: 32 << 20})
		if err != nil || len(file.groups) != test.groups || file.rows != int64(test.rows) {
			t.Fatalf("%d rows: %+v, error %v", test.rows, file, err)
		}
		for i, want := range []parquetColumn{
			{name: "integer", kind: parquetInt64, legacy: legacyNone}, {name: "float", kind: parquetFloat, legacy: legacyNone},
			{name: "double", kind: parquetDouble, legacy: legacyNone}, {name: "kind", kind: parquetBytes, logical: logicalText, legacy: legacyText},
			{name: "no integer", kind: parquetInt64, legacy: legacyNone, optional: true},
			{name: "no text", kind: parquetBytes, logical: logicalText, legacy: legacyText, optional: true},
		} {
			if diff := cmp.Diff(want, file.columns[i], cmp.AllowUnexported(parquetColumn{})); diff != "" {
				t.Error(diff)
			}
		}
		if test.rows == 1 && out.Len() != 492 {
			t.Errorf("%d bytes, want 492", out.Len())
		}
		if got := pagesOf(out.Bytes()); got != test.pages {
			t.Errorf("%d rows: %d pages, want %d", test.rows, got, test.pages)
		}
		o := Options{ArrayOptions: ArrayOptions{Label: "kind", Ignore: "no text", Missing: "mean"}}
		m, err := readTableFile(t, out.Bytes(), o)
		if err != nil {
			t.Fatalf("%d rows: %v", test.rows, err)
		}
		for row := range test.rows {
			got, want := m.values[4*row:4*row+3], []float32{float32((row - 1) << 20), 1 / float32(row+3), float32(math.Sqrt(float64(row)))}
			if !slices.Equal(got, want) || m.values[4*row+3] == m.values[4*row+3] {
				t.Fatalf("row %d of %d is %v, want %v and NaN", row, test.rows, m.values[4*row:4*row+4], want)
			}
			if got, want := m.classes.names[m.classes.numbers[row]], []string{"cat, \"tom\"", "", "a\uFFFDb"}[row%3]; got != want {
				t.Fatalf("row %d of %d has the text %q, want %q", row, test.rows, got, want)
			}
		}
	}
}

// TestParquetPages checks that pages end when they are long.
func TestParquetPages(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", pageBytes/2)
	table := Table{Rows: 5, Columns: []Column{TextColumn("long", func(row int) string { return fmt.Sprint(row, long) })}}
	var out bytes.Buffer
	if err := table.WriteParquet(&out); err != nil {
		t.Fatal(err)
	}
	if pages := pagesOf(out.Bytes()); pages != 3 {
		t.Errorf("%d pages, want 3", pages)
	}
}

// failing fails after a number of bytes.
type failing int

var errFull = errors.New("full")

func (f *failing) Write(data []byte) (int, error) {
	if n := int(*f); len(data) > n {
		*f = 0
		return n, errFull
	}
	*f -= failing(len(data))
	return len(data), nil
}

// TestWriteFails writes to a disk that is full after any number of bytes.
func TestWriteFails(t *testing.T) {
	t.Parallel()
	table := writtenTable(3)
	for name, write := range map[string]func(*failing) error{
		"csv": func(w *failing) error { return table.WriteCSV(w) }, "parquet": func(w *failing) error { return table.WriteParquet(w) },
	} {
		for n := failing(0); ; n++ {
			if left := n; write(&left) == nil {
				if n < 100 {
					t.Errorf("%s: %d bytes", name, n)
				}
				break
			} else if err := write(&left); !errors.Is(err, errFull) {
				t.Errorf("%s: error %v", name, err)
			}
		}
	}
}
