package loaders

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// npyFile returns a .npy file as NumPy writes it.
func npyFile(descr, shape string, data []byte) []byte {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, shape)
	for (10+len(header)+1)%64 != 0 {
		header += " "
	}
	file := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)+1), byte((len(header)+1)>>8))
	return append(append(file, header+"\n"...), data...)
}

func TestArrayImages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		shape string
		data  []uint8
		want  Split
	}{
		{"2, 2, 3", ramp(12), Pixels(Shape{1, 2, 3}, ramp(12))},
		{"2, 4", ramp(8), Pixels(Shape{1, 2, 2}, ramp(8))},
		{"2, 5", ramp(10), Pixels(Shape{1, 1, 5}, ramp(10))},
		{"2, 2, 3, 1", ramp(12), Pixels(Shape{1, 2, 3}, ramp(12))},
		{"2, 1, 2, 3", ramp(12), Pixels(Shape{3, 1, 2}, []uint8{0, 21, 7, 28, 14, 35, 42, 63, 49, 70, 56, 77})},
		{"1, 3, 2, 2", ramp(12), Pixels(Shape{3, 2, 2}, ramp(12))},
	}
	for _, test := range tests {
		t.Run(test.shape, func(t *testing.T) {
			got, err := readImages(context.Background(), within(npyFile("|u1", test.shape, test.data)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, byContent); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFlatColour refuses flat images that can be in colour. The error names the ways to
// save them.
func TestFlatColour(t *testing.T) {
	t.Parallel()
	for shape, hint := range map[string]string{"2, 3072": "x.reshape(-1, 3, 32, 32)", "2, 12": "x.reshape(-1, 2, 2, 3)", "1, 192": "x.reshape(-1, 1, 192)"} {
		_, err := readImages(context.Background(), within(npyFile("|u1", shape, ramp(6144))))
		wantError(t, err, ErrData, "in colour; hint: ", hint)
	}
}

func TestReadNPYRefuses(t *testing.T) {
	t.Parallel()
	good := npyFile("|u1", "2, 2, 2", ramp(8))
	version := bytes.Clone(good)
	version[6] = 9
	long := append(bytes.Clone(good[:6]), 2, 0, 0xff, 0xff, 0xff, 0xff)
	tests := []struct {
		name    string
		file    []byte
		mention string
	}{
		{"empty", nil, "truncated header"},
		{"magic", []byte("PK\x03\x04 not numpy"), "not a NumPy array"},
		{"version", version, "version 9"},
		{"header of 4 GiB", long, "header of 4294967295 bytes"},
		{"objects", npyFile("|O", "2,", nil), "Python objects; hint: save labels as y.astype(str)"},
		{"truncated", good[:len(good)-1], "truncated: 7 of 8"},
		{"trailing", append(bytes.Clone(good), 1), "trailing"},
		{"huge", npyFile("|u1", "9223372036854775807, 9", nil), "more than any file can hold"},
		{"number", npyFile("|u1", "99999999999999999999", nil), "out of range"},
		{"none", npyFile("|u1", "0, 28, 28", nil), "holds no data"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := readNPY(within(test.file), func(array) error { return nil })
			wantError(t, err, ErrData, test.mention)
		})
	}
}

func TestOpenNPZ(t *testing.T) {
	t.Parallel()
	images := func(n int) []byte { return npyFile("|u1", fmt.Sprintf("%d, 2, 2", n), ramp(4*n)) }
	labels := func(n int) []byte { return npyFile("|u1", fmt.Sprintf("%d,", n), make([]byte, n)) }
	tests := []struct {
		name        string
		members     map[string][]byte
		train, test int
		mention     string
	}{
		{"keras", map[string][]byte{"x_train.npy": images(5), "y_train.npy": labels(5), "x_test.npy": images(2), "y_test.npy": labels(2)}, 5, 2, ""},
		{"unlabelled", map[string][]byte{"x_train.npy": images(5), "x_test.npy": images(2)}, 5, 2, ""},
		{"train only", map[string][]byte{"x_train.npy": images(25)}, 23, 2, ""},
		{"images", map[string][]byte{"images.npy": images(10), "labels.npy": labels(10)}, 9, 1, ""},
		{"positional", map[string][]byte{"arr_0.npy": images(20), "arr_1.npy": labels(20)}, 18, 2, ""},
		{"other names", map[string][]byte{"a.npy": images(20)}, 0, 0, `holds the arrays ["a"]`},
		{"too few", map[string][]byte{"arr_0.npy": images(9)}, 0, 0, "too few"},
		{"labels for others", map[string][]byte{"images.npy": images(20), "labels.npy": labels(19)}, 0, 0, "19 labels for 20 images"},
		{"half labelled", map[string][]byte{"x_train.npy": images(5), "y_train.npy": labels(5), "x_test.npy": images(2)}, 0, 0, "only one of"},
		{"floats", map[string][]byte{"arr_0.npy": npyFile("<f4", "10, 1", make([]byte, 40))}, 0, 0, "numpy.uint8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "data.npz")
			save(t, archive(t, test.members), path)
			d, err := Open(context.Background(), "npz:"+path, Options{})
			if test.mention != "" {
				wantError(t, err, ErrData, path, test.mention)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d.Train.Len() != test.train || d.Test.Len() != test.test || d.Train.Shape != (Shape{1, 2, 2}) {
				t.Errorf("%d + %d images of %v, want %d + %d", d.Train.Len(), d.Test.Len(), d.Train.Shape, test.train, test.test)
			}
			if (d.Classes != nil) != (test.members["y_train.npy"] != nil || len(test.members) == 2 && test.members["x_test.npy"] == nil) {
				t.Errorf("classes %v", d.Classes)
			}
		})
	}
}

func TestOpenNPZCorrupt(t *testing.T) {
	t.Parallel()
	file := archive(t, map[string][]byte{"arr_0.npy": npyFile("|u1", "400, 2, 2", ramp(1600))})
	for _, cut := range []int{0, 10, len(file) / 2, len(file) - 1} {
		path := filepath.Join(t.TempDir(), "data.npz")
		save(t, file[:cut], path)
		_, err := Open(context.Background(), "npz:"+path, Options{})
		wantError(t, err, ErrData, path)
	}
	flipped := bytes.Clone(file)
	flipped[200] ^= 0x55
	path := filepath.Join(t.TempDir(), "data.npz")
	save(t, flipped, path)
	_, err := Open(context.Background(), "npz:"+path, Options{})
	wantError(t, err, ErrData, path)
}

func FuzzNPY(f *testing.F) {
	f.Add(npyFile("|u1", "2, 2, 3", ramp(12)))
	f.Add(npyFile("<i8", "2,", make([]byte, 16)))
	f.Add(npyFile("|u1", "1, 2, 2, 3", ramp(12)))
	f.Add(npyFile("|u1", "10000000000, 1", nil))
	f.Add(npyFile("|u1", strings.Repeat("1, ", maxRank+1), []byte{1}))
	f.Add(npyFile("|O", "2,", make([]byte, 16)))
	f.Add(npyFile("<U3", "2,", utf32(binary.LittleEndian, 3, "cat", "ox")))
	f.Add(npyFile(">U2", "2, 1", utf32(binary.BigEndian, 2, "é", "雀")))
	f.Add(npyFile("|S3", "2,", []byte("cat\xff\x00\x00")))
	f.Add(npyFile("<U0", "2,", nil))
	f.Add(npyFile("<U9999", "2,", make([]byte, 16)))
	f.Add(npyFile("<i2", "2,", []byte{0xff, 0xff, 1, 0}))
	f.Add(npyFile("|b1", "2,", []byte{0, 1}))
	f.Add(npyFile("|u0", "2, 2", nil))
	f.Add(npyFile("<f8", "2, 1", make([]byte, 16)))
	f.Fuzz(func(t *testing.T, file []byte) {
		if s, err := readImages(context.Background(), within(file)); err != nil {
			wantError(t, err, ErrData)
		} else if s.Len()*s.Shape.Size() != len(pixelsOf(s)) || s.Len() == 0 {
			t.Fatalf("%d images of %v from %d bytes", s.Len(), s.Shape, len(pixelsOf(s)))
		}
		if l, err := readLabels(within(file), 2); err != nil {
			wantError(t, err, ErrData)
		} else if len(l.numbers) != 2 || int(max(l.numbers[0], l.numbers[1])) >= len(l.names) || slices.Contains(l.names, "") {
			t.Fatalf("labels %v of classes %q", l.numbers, l.names)
		}
		if m, err := readNumbers(context.Background(), within(file), ArrayDefaults()); err != nil {
			if !errors.Is(err, ErrData) && !errors.Is(err, ErrUnknown) {
				t.Fatal(err)
			}
		} else if m.rows*m.shape.Size() != len(m.values)+len(m.pixels) || m.rows == 0 {
			t.Fatalf("%d items of %v from %d values", m.rows, m.shape, len(m.values)+len(m.pixels))
		}
		if values, dims, err := readFloats(context.Background(), within(file)); err != nil {
			wantError(t, err, ErrData)
		} else if n, err := elements(dims, 1); err != nil || len(values) != n {
			t.Fatalf("%d values of %v", len(values), dims)
		}
	})
}

func FuzzOpenNPZ(f *testing.F) {
	f.Add(archive(f, map[string][]byte{"arr_0.npy": npyFile("|u1", "10, 1, 2", ramp(20))}))
	f.Add(archive(f, map[string][]byte{"x_train.npy": npyFile("|u1", "2, 4", ramp(8)), "x_test.npy": npyFile("|u1", "1, 4", ramp(4))}))
	f.Add(archive(f, map[string][]byte{"x_train.npy": npyFile("|u1", "2, 4", ramp(8)), "y_train.npy": npyFile("<U2", "2,", utf32(binary.LittleEndian, 2, "a", "bc")),
		"x_test.npy": npyFile("|u1", "1, 4", ramp(4)), "y_test.npy": npyFile("|S1", "1,", []byte("z"))}))
	f.Add(archive(f, map[string][]byte{"two\nlines.npy": npyFile("|u1", "2, 4", ramp(8))}))
	f.Add(archive(f, map[string][]byte{"x_train.npy": npyFile("|u1", "10, 4", ramp(40)), "y_train.npy": npyFile("<i8", "1000000,", nil)}))
	f.Add(archive(f, map[string][]byte{"arr_0.npy": npyFile("|u1", "1000, 1000, 1000", make([]byte, 1<<16))}))
	f.Add(lyingArchive(f, zip.FileHeader{Name: "arr_0.npy", Method: zip.Deflate, CompressedSize64: 1 << 40, UncompressedSize64: 1 << 62}, nil))
	f.Add(lyingArchive(f, zip.FileHeader{Name: "arr_0.npy", Method: zip.Store, CompressedSize64: 40, UncompressedSize64: 1 << 62}, npyFile("|u1", "10, 4", ramp(40))))
	path := filepath.Join(f.TempDir(), "data.npz")
	f.Fuzz(func(t *testing.T, file []byte) {
		save(t, file, path)
		if d, err := Open(context.Background(), "npz:"+path, Options{}); err != nil {
			wantError(t, err, ErrData, path)
		} else if d.Train.Len() == 0 || d.Test.Len() == 0 {
			t.Fatalf("%d + %d images", d.Train.Len(), d.Test.Len())
		}
	})
}
