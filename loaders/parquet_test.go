package loaders

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// parquetTable returns what testdata/parquet/make.py writes into all files: the names of
// the columns and their values. NaN is a missing value.
func parquetTable() (names []string, rows [][]float32) {
	for i := range 24 {
		v, sign := float32(i), float32(1-2*(i%2))
		row := []float32{v/4 - 2, 1 / (v + 1), v * v, sign * v * 1000, float32(i%3 - 1), float32(uint32(math.MaxUint32 - i)), 0, v / 8, v}
		if i%5 == 0 {
			row[6] = 1
		}
		if i%7 == 3 {
			row[8] = float32(math.NaN())
		}
		rows = append(rows, row)
	}
	return []string{"real", "single", "half", "whole", "short", "large", "truth", "money", "gaps"}, rows
}

func parquetFixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "parquet", name+".parquet"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readTableFile(t testing.TB, data []byte, o Options) (*matrix, error) {
	t.Helper()
	o.ArrayOptions = o.withDefaults()
	return readParquet(t.Context(), bytes.NewReader(data), int64(len(data)), "array:t.parquet", o, &budget{limit: 32 << 20})
}

// TestParquet reads the same table in all encodings and compressions.
func TestParquet(t *testing.T) {
	t.Parallel()
	names, rows := parquetTable()
	for _, name := range []string{"snappy", "gzip", "zstd", "plain", "pages", "delta"} {
		m, err := readTableFile(t, parquetFixture(t, name), Options{ArrayOptions: ArrayOptions{Label: "kind", Missing: "mean"}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(names, m.features); diff != "" || m.rows != len(rows) || m.missing != 3 {
			t.Errorf("%s: %d rows, %d missing values, %s", name, m.rows, m.missing, diff)
		}
		for i, row := range rows {
			for j, want := range row {
				if got := m.values[i*len(row)+j]; got != want && (got == got || want == want) {
					t.Errorf("%s: row %d, column %s is %g, want %g", name, i, names[j], got, want)
				}
			}
			if got, want := m.classes.names[m.classes.numbers[i]], []string{"cat", "dog", "emu"}[i%3]; got != want {
				t.Errorf("%s: row %d has the label %s, want %s", name, i, got, want)
			}
		}
	}
}

// TestParquetLabels uses columns of numbers as labels, and leaves out others.
func TestParquetLabels(t *testing.T) {
	t.Parallel()
	for label, want := range map[string]string{"short": "-1", "truth": "True", "whole": "0", "half": "0"} {
		m, err := readTableFile(t, parquetFixture(t, "snappy"), Options{ArrayOptions: ArrayOptions{Label: label, Ignore: "kind,gaps"}})
		if err != nil || m.classes.names[0] != want || len(m.classes.numbers) != 24 || m.shape.Width != 7 {
			t.Errorf("%s: %v, error %v", label, m, err)
		}
	}
	m, err := readTableFile(t, parquetFixture(t, "zstd"), Options{ArrayOptions: ArrayOptions{Ignore: "kind,gaps,half,single,large,truth"}, Features: []string{"money", "short", "whole", "real"}})
	if err != nil || cmp.Diff([]float32{0.125, 0, -1000, -1.75}, m.values[4:8]) != "" {
		t.Errorf("%v, error %v", m, err)
	}
}

func TestParquetRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		o        ArrayOptions
		sentinel error
		mention  string
	}{
		{"snappy", ArrayOptions{}, ErrData, "column kind holds text; hint: --label kind"},
		{"snappy", ArrayOptions{Ignore: "kind"}, ErrData, "column gaps: row 3: the value is missing"},
		{"snappy", ArrayOptions{Label: "species"}, ErrUnknown, "the columns are real, single, "},
		{"brotli", ArrayOptions{Label: "kind"}, ErrData, `compressed by brotli; hint: `},
		{"prefixes", ArrayOptions{Label: "kind", Missing: "mean"}, ErrData, "column kind: values in encoding 7"},
		{"nested", ArrayOptions{}, ErrData, "column list holds lists or groups; hint: --ignore list"},
		{"dates", ArrayOptions{}, ErrData, "column day holds dates; hint: --ignore day"},
		{"dates", ArrayOptions{Label: "day"}, ErrData, "column day holds dates"},
	} {
		_, err := readTableFile(t, parquetFixture(t, test.name), Options{ArrayOptions: test.o})
		wantError(t, err, test.sentinel, test.mention)
	}
	for _, name := range []string{"nested", "dates"} {
		column := map[string]string{"nested": "list", "dates": "day"}[name]
		if m, err := readTableFile(t, parquetFixture(t, name), Options{ArrayOptions: ArrayOptions{Ignore: column}}); err != nil || cmp.Diff([]float32{1, 2}, m.values) != "" {
			t.Errorf("%s: %v, error %v", name, m, err)
		}
	}
}

// TestParquetDamaged truncates a file and flips its bytes. The result is an error, or a
// table of the same size.
func TestParquetDamaged(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"plain", "zstd", "delta"} {
		good := parquetFixture(t, name)
		for cut := 0; cut < len(good); cut += 1 + len(good)/20 {
			_, err := readTableFile(t, good[:cut], Options{ArrayOptions: ArrayOptions{Ignore: "kind"}})
			wantError(t, err, ErrData)
		}
		for at := range good {
			if at%13 > 0 {
				continue
			}
			bad := bytes.Clone(good)
			bad[at] ^= 0x55
			checkDamaged(t, bad)
		}
	}
}

func checkDamaged(t *testing.T, data []byte) {
	t.Helper()
	m, err := readTableFile(t, data, Options{ArrayOptions: ArrayOptions{Label: "kind", Missing: "mean"}})
	if err == nil && (len(m.values) != m.rows*m.shape.Size() || m.classes.numbers != nil && len(m.classes.numbers) != m.rows) {
		t.Fatalf("%d values of %d rows of %v", len(m.values), m.rows, m.shape)
	}
	if err != nil && strings.Contains(err.Error(), "\n") {
		t.Fatalf("error %q has more than one line", err)
	}
}

// TestParquetClaims refuses metadata that claim a large size, before memory is allocated.
func TestParquetClaims(t *testing.T) {
	t.Parallel()
	for mention, footer := range map[string]string{
		"a list that is too long":    "\x15\x02\x19\xfc\xff\xff\xff\xff\x07",
		"a length that is too large": "\x15\x02\x19\x1c\x48\xff\xff\xff\xff\x07",
		"there is no schema":         "\x15\x02\x00",
		"nested too deep":            "\x1c" + strings.Repeat("\x1c", 100),
		"an unknown type":            "\x1f",
		"a damaged number":           "\x15\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
	} {
		_, err := parseParquetFooter([]byte(footer))
		wantError(t, err, ErrData, mention)
	}
	for mention, tail := range map[string]string{"claims 4294967295 bytes of metadata": "\xff\xff\xff\xffPAR1", "ends with bytes 00000000": "\x00\x00\x00\x00\x00\x00\x00\x00"} {
		_, err := readTableFile(t, []byte("PAR1aaaa"+tail), Options{})
		wantError(t, err, ErrData, mention)
	}
}

// TestParquetFile reads a file by its name.
func TestParquetFile(t *testing.T) {
	t.Parallel()
	data := parquetFixture(t, "snappy")
	d, _, err := openFile(t, "t.parquet", data, Options{ArrayOptions: ArrayOptions{Label: "kind", Missing: "drop"}})
	if err != nil || d.Train.Len() != 19 || d.HeldOut != 2 || len(d.Features) != 9 || len(d.Digest[arrayDigest]) != len("md5:")+32 {
		t.Fatalf("%+v, error %v", d, err)
	}
	_, _, err = openFile(t, "t.parquet.gz", zipped(t, data), Options{})
	wantError(t, err, ErrData, "gzipped; hint: gunzip it")
	_, _, err = openFile(t, "t.parquet", data, Options{ArrayOptions: ArrayOptions{Layout: "nd"}})
	wantError(t, err, ErrUnknown, "layout has no effect")
}

func FuzzParquet(f *testing.F) {
	for _, name := range []string{"snappy", "zstd", "plain", "delta", "nested", "dates"} {
		f.Add(parquetFixture(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkDamaged(t, data) })
}
