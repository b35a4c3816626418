package loaders

import (
	"bytes"
	"encoding/binary"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio/npy"
	"github.com/google/go-cmp/cmp"
)

// floatsFile returns a .npy file of numbers.
func floatsFile(t *testing.T, descr, shape string, order binary.ByteOrder, values any) []byte {
	t.Helper()
	data, err := binary.Append(nil, order, values)
	if err != nil {
		t.Fatal(err)
	}
	return npyFile(descr, shape, data)
}

func TestFloats(t *testing.T) {
	t.Parallel()
	var other bytes.Buffer
	if err := npy.Write(&other, [][]float32{{1, -2, 0.5}, {3, 4, 5}}); err != nil {
		t.Fatal(err)
	}
	fortran := bytes.Replace(floatsFile(t, "<f8", "2, 3", binary.LittleEndian, []float64{1, 3, -2, 4, 0.5, 5}), []byte("False"), []byte("True "), 1)
	for _, test := range []struct {
		name string
		file []byte
		dims []int
	}{
		{"another writer", other.Bytes(), []int{2, 3}},
		{"float64", floatsFile(t, "<f8", "2, 3", binary.LittleEndian, []float64{1, -2, 0.5, 3, 4, 5}), []int{2, 3}},
		{"big endian", floatsFile(t, ">f4", "2, 3, 1", binary.BigEndian, []float32{1, -2, 0.5, 3, 4, 5}), []int{2, 3, 1}},
		{"Fortran order", fortran, []int{2, 3}},
		{"half precision", npyFile("<f2", "3, 2", []byte{0, 0x3c, 0, 0xc0, 0, 0x38, 0, 0x42, 0, 0x44, 0, 0x45}), []int{3, 2}},
		{"one row", floatsFile(t, "<f4", "6,", binary.LittleEndian, []float32{1, -2, 0.5, 3, 4, 5}), []int{6}},
	} {
		path := filepath.Join(t.TempDir(), "codes.npy")
		save(t, test.file, path)
		values, dims, err := Floats(t.Context(), path)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if diff := cmp.Diff([]float32{1, -2, 0.5, 3, 4, 5}, values) + cmp.Diff(test.dims, dims); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestFloatsRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		file []byte
		want string
	}{
		{"NaN", floatsFile(t, "<f4", "3, 2", binary.LittleEndian, []float32{0, 0, 0, 0, float32(math.NaN()), 0}), "row 2 holds NaN"},
		{"infinite", floatsFile(t, "<f4", "2, 1", binary.LittleEndian, []float32{0, float32(math.Inf(-1))}), "row 1 holds -Inf"},
		{"beyond float32", floatsFile(t, "<f8", "1, 1", binary.LittleEndian, []float64{1e300}), "row 0 holds 1e+300"},
		{"complex numbers", npyFile("<c8", "1, 1", make([]byte, 8)), "complex numbers (c8)"},
		{"a number", npyFile("<f4", "", make([]byte, 4)), "a single number"},
		{"no rows", npyFile("<f4", "0, 4", nil), "holds no data"},
		{"a lying header", npyFile("<f4", "1000000, 1000000", make([]byte, 16)), "the file can hold at most"},
		{"truncated", npyFile("<f4", "2, 2", make([]byte, 12)), "truncated"},
		{"no array", []byte("1.0,2.0\n3.0,4.0\n"), "not a NumPy array"},
	} {
		path := filepath.Join(t.TempDir(), "codes.npy")
		save(t, test.file, path)
		_, _, err := Floats(t.Context(), path)
		wantError(t, err, ErrData, "codes.npy", test.want)
	}
	if _, _, err := Floats(t.Context(), filepath.Join(t.TempDir(), "missing.npy")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a missing file: %v", err)
	}
}

// TestFortran reads images and labels in Fortran order.
func TestFortran(t *testing.T) {
	t.Parallel()
	fortran := func(file []byte) source { return within(bytes.Replace(file, []byte("False"), []byte("True "), 1)) }
	images, err := readImages(t.Context(), fortran(npyFile("|u1", "2, 2, 2", []byte{0, 10, 1, 11, 2, 12, 3, 13})))
	if err != nil || cmp.Diff([]uint8{0, 2, 1, 3, 10, 12, 11, 13}, images.Store.(*pixelStore).pixels) != "" {
		t.Errorf("images %v, error %v", images, err)
	}
	if _, err = readLabels(fortran(npyFile("|u1", "2, 1", ramp(2))), 2); err != nil {
		t.Errorf("a column of labels: %v", err)
	}
}
