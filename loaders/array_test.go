package loaders

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// openFile opens a file of numbers, and returns the messages that are logged.
func openFile(t *testing.T, name string, data []byte, o Options) (d *Dataset, log string, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	save(t, data, path)
	o.Log = func(message string) { log += message + "\n" }
	d, err = Open(t.Context(), "array:"+path, o)
	return d, log, err
}

// rows returns all values of a split.
func rowsOf(t *testing.T, s Split) (rows [][]float32) {
	t.Helper()
	for i := range s.Len() {
		row := make([]float32, s.Shape.Size())
		if err := s.Read(row, i, 0); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// numberedTable is a table in text of some rows in three classes. Column a counts the
// rows.
func numberedTable(n int) []byte {
	text := "a,b,kind\n"
	for i := range n {
		text += fmt.Sprintf("%d,%d,%s\n", i, i%7, []string{"x", "y", "z"}[min(i*4/n, 2)])
	}
	return []byte(text)
}

func TestOpenTable(t *testing.T) {
	t.Parallel()
	labelled := ArrayOptions{Label: "kind"}
	for name, data := range map[string][]byte{"t.csv": numberedTable(40), "T.CSV.gz": zipped(t, numberedTable(40)), "t": numberedTable(40)} {
		d, log, err := openFile(t, name, data, Options{ArrayOptions: labelled})
		if err != nil {
			t.Fatal(err)
		}
		want := &Dataset{Features: []string{"a", "b"}, Classes: []string{"x", "y", "z"}, HeldOut: 4}
		got := &Dataset{Features: d.Features, Classes: d.Classes, HeldOut: d.HeldOut}
		if diff := cmp.Diff(want.Features, got.Features) + cmp.Diff(want.Classes, got.Classes); diff != "" || got.HeldOut != 4 || log != "" {
			t.Errorf("%s: %s, %d held out, logged %q", name, diff, got.HeldOut, log)
		}
		var counts [3]int
		for _, label := range d.Test.Labels {
			counts[label]++
		}
		if counts != [3]int{1, 1, 2} || d.Train.Len() != 36 || len(d.Digest[arrayDigest]) != len("md5:")+32 {
			t.Errorf("%s: test images by class %v, digest %v", name, counts, d.Digest)
		}
	}
}

// TestSplitSeed checks that the test set depends only on its share and its seed, and that
// each class keeps its share.
func TestSplitSeed(t *testing.T) {
	t.Parallel()
	open := func(o SplitOptions) (test []float32, d *Dataset) {
		d, _, err := openFile(t, "t.csv", numberedTable(40), Options{ArrayOptions: ArrayOptions{Label: "kind"}, SplitOptions: o})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rowsOf(t, d.Test) {
			test = append(test, row[0])
		}
		return test, d
	}
	plain, _ := open(SplitOptions{})
	if !slices.Equal(plain, []float32{0, 10, 20, 30}) {
		t.Errorf("without a seed, the test set is %v", plain)
	}
	one, d := open(SplitOptions{TestShare: 0.2, SplitSeed: 1})
	again, _ := open(SplitOptions{TestShare: 0.2, SplitSeed: 1})
	two, _ := open(SplitOptions{TestShare: 0.2, SplitSeed: 2})
	if len(one) != 8 || !slices.Equal(one, again) || slices.Equal(one, two) || !slices.IsSorted(one) {
		t.Errorf("test sets %v, again %v, of another seed %v", one, again, two)
	}
	var counts [3]int
	for _, label := range d.Test.Labels {
		counts[label]++
	}
	all := append(rowsOf(t, d.Train), rowsOf(t, d.Test)...)
	if counts != [3]int{2, 2, 4} || len(all) != 40 {
		t.Errorf("by class %v of %d", counts, len(all))
	}
	seen := map[float32]bool{}
	for _, row := range all {
		seen[row[0]] = true
	}
	if len(seen) != 40 {
		t.Errorf("%d different rows", len(seen))
	}
	_, _, err := openFile(t, "t.csv", numberedTable(9), Options{ArrayOptions: ArrayOptions{Label: "kind"}})
	wantError(t, err, ErrData, "9 images or rows are too few to hold out a share of 0.1", "at least 10")
	_, _, err = openFile(t, "t.csv", numberedTable(20), Options{ArrayOptions: ArrayOptions{Label: "kind"}, SplitOptions: SplitOptions{TestShare: 1}})
	wantError(t, err, ErrUnknown, "test-share is 1")
}

// TestArrayOfRun reads new data as those of a run.
func TestArrayOfRun(t *testing.T) {
	t.Parallel()
	o := Options{Whole: true, Features: []string{"b", "a"}, Scaling: &Scaling{Kind: ScaleMinMax, Offset: []float64{1, 2}, Scale: []float64{2, 4}},
		ArrayOptions: ArrayOptions{Label: "kind", Layout: "nhw", Ignore: "id"}}
	want := [][]float32{{0.5, 1}, {1.5, 2}}
	d, log, err := openFile(t, "t.csv", []byte("a,b\n6,2\n10,4\n"), o)
	if err != nil || cmp.Diff(want, rowsOf(t, d.Test)) != "" || d.Scaling != o.Scaling || d.Measure(t.Context(), 0) != nil || d.Scaling != o.Scaling {
		t.Fatalf("%v, error %v", d, err)
	}
	if !strings.Contains(log, "has no column kind, so its rows have no labels") {
		t.Errorf("logged %q", log)
	}
	o.Layout = ""
	file := npyFile("<f4", "2, 2", packed(binary.LittleEndian, "f4", 2, 6, 4, 10))
	if d, log, err = openFile(t, "t.npy", file, o); err != nil || cmp.Diff(want, rowsOf(t, d.Test)) != "" {
		t.Fatalf("%v, error %v", d, err)
	}
	if !strings.Contains(log, "the columns have no names, so they are taken in the order of the run: b, a") {
		t.Errorf("logged %q", log)
	}
	_, _, err = openFile(t, "t.npy", npyFile("<f4", "2, 3", make([]byte, 24)), o)
	wantError(t, err, ErrData, "3 columns without names, but the model was trained on 2: b, a")
	_, _, err = openFile(t, "t.npy", npyFile("<f4", "2, 3, 2", make([]byte, 48)), o)
	wantError(t, err, ErrData, "the scaling is that of 2 columns or channels, but the data have 1")
}

// TestDropped keeps the positions of the rows that are left.
func TestDropped(t *testing.T) {
	t.Parallel()
	text := "a,b\n1,2\n,3\n4,5\n"
	d, log, err := openFile(t, "t.csv", []byte(text), Options{Whole: true, ArrayOptions: ArrayOptions{Missing: "drop"}})
	if err != nil || cmp.Diff([][]float32{{1, 2}, {4, 5}}, rowsOf(t, d.Test)) != "" || d.Test.Position(1) != 2 {
		t.Fatalf("%v, error %v", d, err)
	}
	if !strings.Contains(log, "1 of 3 rows have missing values and are left out (--missing drop)") {
		t.Errorf("logged %q", log)
	}
	_, _, err = openFile(t, "t.csv", []byte("a,b\n,2\n3,\n"), Options{Whole: true, ArrayOptions: ArrayOptions{Missing: "drop"}})
	wantError(t, err, ErrData, "no row without missing values is left")
	_, log, err = openFile(t, "t.csv", []byte(text), Options{Whole: true, ArrayOptions: ArrayOptions{Missing: "mean"}})
	if err != nil || !strings.Contains(log, "1 missing values are replaced") {
		t.Errorf("logged %q, error %v", log, err)
	}
}

func TestArrayArchive(t *testing.T) {
	t.Parallel()
	little := binary.LittleEndian
	items := func(n int) []byte { return npyFile("<f8", fmt.Sprintf("%d, 2", n), make([]byte, 16*n)) }
	images := npyFile("|u1", "20, 2, 2", ramp(80))
	labels := func(n int) []byte { return npyFile("|u1", fmt.Sprintf("%d,", n), make([]byte, n)) }
	reals := npyFile("<f8", "20,", packed(little, "f8", slices.Repeat([]float64{0.5}, 20)...))
	for _, test := range []struct {
		name        string
		members     map[string][]byte
		train, test int
		classes     int
		mention     string // of the message, or of the error if train is 0
	}{
		{"keras", map[string][]byte{"x_train.npy": items(6), "y_train.npy": labels(6), "x_test.npy": items(3), "y_test.npy": labels(3)}, 6, 3, 1, ""},
		{"scikit-learn", map[string][]byte{"data.npy": items(20), "target.npy": labels(20)}, 18, 2, 1, ""},
		{"digits", map[string][]byte{"images.npy": images, "data.npy": items(20), "target.npy": labels(20)}, 18, 2, 1, "the arrays data are not read"},
		{"letters", map[string][]byte{"X.npy": items(20), "y.npy": labels(20)}, 18, 2, 1, ""},
		{"alone", map[string][]byte{"anything.npy": items(20)}, 18, 2, 0, ""},
		{"real target", map[string][]byte{"data.npy": items(20), "target.npy": reals}, 18, 2, 0, "target holds real numbers, which are not classes"},
		{"two kinds", map[string][]byte{"x_train.npy": images, "x_test.npy": npyFile("<f4", "3, 2, 2", make([]byte, 48))}, 0, 0, 0, "images of bytes"},
		{"two sizes", map[string][]byte{"x_train.npy": items(6), "x_test.npy": npyFile("<f8", "2, 3", make([]byte, 48))}, 0, 0, 0, "1×1×2 but test images are 1×1×3"},
		{"other names", map[string][]byte{"a.npy": items(20), "b.npy": items(20)}, 0, 0, 0, `holds the arrays ["a" "b"]`},
		{"other labels", map[string][]byte{"X.npy": items(20), "y.npy": labels(19)}, 0, 0, 0, "19 labels for 20 images"},
		{"objects", map[string][]byte{"X.npy": npyFile("|O", "20, 2", nil)}, 0, 0, 0, "X.npy: array of Python objects"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, log, err := openFile(t, "t.npz", archive(t, test.members), Options{})
			if test.train == 0 {
				wantError(t, err, ErrData, test.mention)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d.Train.Len() != test.train || d.Test.Len() != test.test || len(d.Classes) != test.classes || !strings.Contains(log, test.mention) {
				t.Errorf("%d + %d items of classes %v, logged %q", d.Train.Len(), d.Test.Len(), d.Classes, log)
			}
		})
	}
	keras := archive(t, map[string][]byte{"x_train.npy": items(6), "x_test.npy": items(3)})
	_, _, err := openFile(t, "t.npz", keras, Options{SplitOptions: SplitOptions{TestShare: 0.3}})
	wantError(t, err, ErrUnknown, "test-share has no effect", "x_test")
}

// TestArrayOptions refuses options that a kind of file does not have, and files that are
// not what their names say.
func TestArrayOptions(t *testing.T) {
	t.Parallel()
	array := npyFile("<f4", "20, 2", make([]byte, 160))
	for _, test := range []struct {
		name     string
		data     []byte
		o        ArrayOptions
		sentinel error
		mention  string
	}{
		{"t.npy", array, ArrayOptions{Label: "a"}, ErrUnknown, "label has no effect with a NumPy array"},
		{"t.npz", archive(t, map[string][]byte{"X.npy": array}), ArrayOptions{Ignore: "a"}, ErrUnknown, "ignore has no effect with a NumPy archive"},
		{"t.csv", numberedTable(20), ArrayOptions{Layout: "nd"}, ErrUnknown, "layout has no effect with a table"},
		{"t.npy", array, ArrayOptions{Layout: "nwh"}, ErrUnknown, `unknown layout "nwh"; hint: one of auto, nd, nhw, nhwc, nchw`},
		{"t.npy", array, ArrayOptions{Scale: "log"}, ErrUnknown, `unknown scale "log"`},
		{"t.npy", array, ArrayOptions{Missing: "zero"}, ErrUnknown, `unknown missing "zero"`},
		{"t.csv", numberedTable(20), ArrayOptions{Ignore: `"a`}, ErrUnknown, "ignore is "},
		{"t.npy", numberedTable(20), ArrayOptions{}, ErrData, "not what its name says"},
		{"t.parquet", numberedTable(20), ArrayOptions{}, ErrData, "not what its name says"},
		{"t.csv", zipped(t, nil), ArrayOptions{}, ErrData, "the file is empty"},
		{"t.xlsx", archive(t, map[string][]byte{"xl/workbook.xml": nil}), ArrayOptions{}, ErrData, "holds the arrays []"},
	} {
		_, _, err := openFile(t, test.name, test.data, Options{ArrayOptions: test.o})
		wantError(t, err, test.sentinel, test.mention)
	}
	path := filepath.Join(t.TempDir(), "t.csv")
	save(t, numberedTable(20), path)
	_, err := Open(t.Context(), path, Options{})
	wantError(t, err, ErrUnknown, "hint: --dataset array:"+path)
}

// TestCoarse reports columns whose values differ by less than float32 can hold.
func TestCoarse(t *testing.T) {
	t.Parallel()
	text, numbers := "time,b,same,c\n", []float64(nil)
	for i := range 12 {
		text += fmt.Sprintf("%d,%g,0.1,%d\n", 1700000001+i*1000, 0.1*float64(i), 1<<40+i)
		numbers = append(numbers, float64(1700000001+i*1000), 0.1*float64(i), 0.1, float64(1<<40+i))
	}
	_, log, err := openFile(t, "t.csv", []byte(text), Options{})
	if err != nil || !strings.Contains(log, "float32 loses more than a thousandth of the range of column time, c; hint: ") {
		t.Errorf("logged %q, error %v", log, err)
	}
	_, log, err = openFile(t, "t.npy", npyFile("<f8", "12, 4", packed(binary.LittleEndian, "f8", numbers...)), Options{})
	if err != nil || !strings.Contains(log, "of column 0, 3; hint: ") {
		t.Errorf("logged %q, error %v", log, err)
	}
	_, log, err = openFile(t, "t.npy", npyFile("<f4", "12, 4", packed(binary.LittleEndian, "f4", numbers...)), Options{})
	if err != nil || log != "" {
		t.Errorf("logged %q, error %v", log, err)
	}
}

// TestArrayBudget refuses data that need more than the memory of the process.
func TestArrayBudget(t *testing.T) {

	room := &budget{limit: 1 << 20}
	big := func(r int) string { return strings.Repeat("1,2,3\n", r) }
	_, err := readCSV(bufioReader(big(100000)), "t.csv", "array:t.csv", Options{ArrayOptions: ArrayDefaults()}, room, nil)
	wantError(t, err, ErrData, "the data need at least")
	_, err = readCSV(bufioReader(big(10000)), "t.csv", "array:t.csv", Options{ArrayOptions: ArrayDefaults()}, &budget{limit: 1 << 20}, nil)
	if err != nil {
		t.Error(err)
	}
	little := func() float64 { return 1e-3 }
	_, err = readCSV(bufioReader(big(10000)), "t.csv", "array:t.csv", Options{ArrayOptions: ArrayDefaults()}, &budget{limit: 1 << 20}, little)
	wantError(t, err, ErrData, "after ", " rows: the data need at least")
	s := within(bytes.Repeat([]byte{1}, 1<<20))
	s.room = &budget{limit: 1 << 20}
	file := npyFile("|i1", "2, 524288", make([]byte, 1<<20))
	s.Reader = bytes.NewReader(file)
	_, err = readNumbers(t.Context(), s, ArrayDefaults())
	wantError(t, err, ErrData, "the data need at least")
}
