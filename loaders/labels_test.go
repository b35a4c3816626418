package loaders

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio/npy"
	"github.com/google/go-cmp/cmp"
)

// utf32 stores texts as NumPy does: 4 bytes per character, padded with zeros to width
// characters.
func utf32(order binary.AppendByteOrder, width int, texts ...string) (data []byte) {
	for _, text := range texts {
		characters := []rune(text)
		for i := range width {
			code := uint32(0)
			if i < len(characters) {
				code = uint32(characters[i])
			}
			data = order.AppendUint32(data, code)
		}
	}
	return data
}

// TestReadLabels reads labels of all types that NumPy has for integers and text. The
// labels of each array are "1", "2", "1", or those of want.
func TestReadLabels(t *testing.T) {
	t.Parallel()
	little, big := binary.LittleEndian, binary.BigEndian
	of := func(values ...any) (data []byte) {
		for _, v := range values {
			data, _ = binary.Append(data, little, v)
		}
		return data
	}
	for _, test := range []struct {
		descr, shape string
		data         []byte
		want         []string // names of the classes, in the order of the array
	}{
		{"|u1", "3,", []byte{1, 2, 1}, nil},
		{"|i1", "3, 1", []byte{1, 2, 1}, nil},
		{"<i2", "3,", of(int16(1), int16(2), int16(1)), nil},
		{">i4", "3,", []byte{0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1}, nil},
		{"<u8", "3,", of(uint64(1), uint64(2), uint64(1)), nil},
		{"|b1", "3,", []byte{1, 0, 1}, []string{"1", "0"}},
		{"|u1", "3,", []byte{200, 3, 200}, []string{"200", "3"}},
		{"<i4", "3,", of(int32(2019), int32(0), int32(2019)), []string{"2019", "0"}},
		{"<u8", "3,", of(^uint64(0), uint64(7), ^uint64(0)), []string{"18446744073709551615", "7"}},
		{"<U1", "3,", utf32(little, 1, "1", "2", "1"), nil},
		{">U3", "3, 1", utf32(big, 3, "1", "2", "1"), nil},
		{"<U5", "3,", utf32(little, 5, "cat", "雀🐦é", "cat"), []string{"cat", "雀🐦é"}},
		{"|S2", "3,", []byte("1\x002\x001\x00"), nil},
		{"<U2", "3,", utf32(little, 2, "-1", "1", "-1"), []string{"-1", "1"}},
	} {
		t.Run(test.descr+" "+test.shape, func(t *testing.T) {
			t.Parallel()
			want := test.want
			if want == nil {
				want = []string{"1", "2"}
			}
			got, err := readLabels(within(npyFile(test.descr, test.shape, test.data)), 3)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.numbers, []Label{0, 1, 0}) {
				t.Errorf("labels %v", got.numbers)
			}
			if diff := cmp.Diff(want, got.names); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadLabelsRefuses(t *testing.T) {
	t.Parallel()
	little := binary.LittleEndian
	for _, test := range []struct {
		descr, shape string
		data         []byte
		mention      string
	}{
		{"<i8", "2,", little.AppendUint64(make([]byte, 8), ^uint64(0)), "1 of 2 labels are negative, such as -1, which means no label in scikit-learn, but"},
		{"|i1", "3,", []byte{1, 200, 200}, "2 of 3 labels are negative, such as -56"},
		{"<U3", "3,", utf32(little, 3, "cat", "", "dog"), "1 of 3 labels are empty"},
		{"|S3", "3,", []byte("cat\x00\x00\x00\x00\x00\x00"), "2 of 3 labels are empty"},
		{"<U0", "3,", nil, "elements of 0 bytes: the file holds no data"},
		{"<U1", "2,", []byte{'a', 0, 0, 0, 0, 0xd8, 0, 0}, "label of image 1: "},
		{"|S4", "2,", []byte("cat\x00dog\xc3"), `label of image 1: "dog\xc3" is not valid UTF-8; hint: save text as str`},
		{"<U1", "2,", []byte{'a', 0, 0, 0, 0, 0, 0x11, 0}, "is not valid UTF-8"},
		{"|S256", "1,", bytes.Repeat([]byte{'a'}, 256), "text of 256 bytes, but the name of a class has at most 255"},
		{"<f4", "1,", make([]byte, 4), "labels are of type f4, want integers or text; hint: save y.astype(int)"},
		{"<M8", "1,", make([]byte, 8), "labels are of type M8"},
		{"|u1", "2, 3", ramp(6), "argmax"},
		{"|u1", "2,", ramp(2), "2 labels for"},
	} {
		t.Run(test.descr+" "+test.shape, func(t *testing.T) {
			t.Parallel()
			var images int
			if _, err := fmt.Sscanf(test.shape, "%d", &images); err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(test.mention, "labels for") {
				images++
			}
			_, err := readLabels(within(npyFile(test.descr, test.shape, test.data)), images)
			wantError(t, err, ErrData, test.mention)
		})
	}
}

// TestTooManyClasses counts the classes of an array that has more than a label can
// number.
func TestTooManyClasses(t *testing.T) {
	t.Parallel()
	for count, mention := range map[int]string{
		1 << 16: "", 1<<16 + 1: "65537 classes, want at most 65536; hint: leave the labels out", 300000: "at least 262144 classes, want at most 65536",
	} {
		var data []byte
		for i := range count {
			data = binary.LittleEndian.AppendUint32(data, uint32(i))
		}
		l, err := readLabels(within(npyFile("<u4", fmt.Sprintf("%d,", count), data)), count)
		if mention != "" {
			wantError(t, err, ErrData, mention)
		} else if err != nil || len(l.names) != count {
			t.Errorf("%d of %d classes, error %v", len(l.names), count, err)
		}
	}
}

// TestReadLabelsOfAnotherWriter reads an array that a library wrote.
func TestReadLabelsOfAnotherWriter(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	if err := npy.Write(&file, []int64{3, 0, 255}); err != nil {
		t.Fatal(err)
	}
	got, err := readLabels(within(file.Bytes()), 3)
	if err != nil {
		t.Fatal(err)
	}
	values, err := got.values()
	if err != nil || !slices.Equal(values, []Label{3, 0, 255}) {
		t.Errorf("labels %v, error %v", values, err)
	}
}

// TestNumericLabels refuses text in the files of a named set, because the registry has
// the names of its classes.
func TestNumericLabels(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"cat", "256"} {
		_, err := labels{[]Label{0, 1}, []string{"1", name}}.values()
		wantError(t, err, ErrData, name, "want numbers from 0 to 255")
	}
}

// TestOccurringClasses reads labels that do not begin at 0 and leave numbers out.
func TestOccurringClasses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.npz")
	labels := []uint8{1, 4, 1, 4, 200, 1, 4, 1, 4, 7} // one of a largest class is held out
	save(t, archive(t, map[string][]byte{"images.npy": npyFile("|u1", "10, 1, 2", ramp(20)), "labels.npy": npyFile("|u1", "10,", labels)}), path)
	d, err := Open(context.Background(), "npz:"+path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1", "4", "7", "200"}, d.Classes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Label{1, 0, 1, 3, 0, 1, 0, 1, 2}, d.Train.Labels); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Label{0}, d.Test.Labels); diff != "" {
		t.Error(diff)
	}
}

// TestClassesOfBothSplits joins the classes of two arrays, whose types differ.
func TestClassesOfBothSplits(t *testing.T) {
	t.Parallel()
	little := binary.LittleEndian
	for _, test := range []struct {
		name                string
		trainType, testType string
		trainData, testData []byte
		classes             []string
		train, test         []Label
	}{
		{"text", "<U3", "|S3", utf32(little, 3, "dog", "ape"), []byte("cowdog"), []string{"ape", "cow", "dog"}, []Label{2, 0}, []Label{1, 2}},
		{"digits", "<U2", "|u1", utf32(little, 2, "10", "9"), []byte{1, 9}, []string{"1", "9", "10"}, []Label{2, 1}, []Label{0, 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "a.npz")
			save(t, archive(t, map[string][]byte{
				"x_train.npy": npyFile("|u1", "2, 1, 2", ramp(4)), "y_train.npy": npyFile(test.trainType, "2,", test.trainData),
				"x_test.npy": npyFile("|u1", "2, 1, 2", ramp(4)), "y_test.npy": npyFile(test.testType, "2,", test.testData),
			}), path)
			d, err := Open(context.Background(), "npz:"+path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]any{test.classes, test.train, test.test}, []any{d.Classes, d.Train.Labels, d.Test.Labels}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTooManyClassesOfBothSplits has 40,000 classes in each split, 10,000 of them in both.
func TestTooManyClassesOfBothSplits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.npz")
	numbered := func(first int) (data []byte) {
		for i := range 40000 {
			data = binary.LittleEndian.AppendUint32(data, uint32(first+i))
		}
		return npyFile("<u4", "40000,", data)
	}
	save(t, archive(t, map[string][]byte{
		"x_train.npy": npyFile("|u1", "40000, 1, 2", ramp(80000)), "y_train.npy": numbered(0),
		"x_test.npy": npyFile("|u1", "40000, 1, 2", ramp(80000)), "y_test.npy": numbered(30000),
	}), path)
	_, err := Open(context.Background(), "npz:"+path, Options{})
	wantError(t, err, ErrData, path, "70000 classes in the training and test labels together, want at most 65536")
}
