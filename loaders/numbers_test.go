package loaders

import (
	"context"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// packed returns numbers as the bytes of a type.
func packed(order binary.AppendByteOrder, kind string, numbers ...float64) (data []byte) {
	for _, v := range numbers {
		switch kind {
		case "u1", "i1", "b1":
			data = append(data, byte(int8(v)))
		case "u2", "i2":
			data = order.AppendUint16(data, uint16(int16(v)))
		case "u4", "i4":
			data = order.AppendUint32(data, uint32(int32(v)))
		case "u8", "i8":
			data = order.AppendUint64(data, uint64(int64(v)))
		case "f4":
			data = order.AppendUint32(data, math.Float32bits(float32(v)))
		case "f8":
			data = order.AppendUint64(data, math.Float64bits(v))
		}
	}
	return data
}

func numbersOfFile(file []byte, o ArrayOptions) (*matrix, error) {
	return readNumbers(context.Background(), within(file), o.withDefaults())
}

// TestNumberTypes reads all types of numbers in both byte orders.
func TestNumberTypes(t *testing.T) {
	t.Parallel()
	little, big := binary.LittleEndian, binary.BigEndian
	tests := []struct {
		descr string
		data  []byte
		want  []float32
	}{
		{"|u1", packed(little, "u1", 1, -1), []float32{1, 255}},
		{"|i1", packed(little, "i1", 1, -1), []float32{1, -1}},
		{"|b1", packed(little, "b1", 0, 1), []float32{0, 1}},
		{"<u2", packed(little, "u2", 1, -1), []float32{1, 65535}},
		{">i2", packed(big, "i2", 258, -2), []float32{258, -2}},
		{">u4", packed(big, "u4", 1, -1), []float32{1, 1 << 32}},
		{"<i4", packed(little, "i4", 70000, -70000), []float32{70000, -70000}},
		{"<u8", packed(little, "u8", 1, -1), []float32{1, 1 << 64}},
		{">i8", packed(big, "i8", 1<<40, -1<<40), []float32{1 << 40, -1 << 40}},
		{"<f2", []byte{0x00, 0x3e, 0x01, 0x80}, []float32{1.5, -1.0 / (1 << 24)}},
		{">f2", []byte{0x7b, 0xff, 0xb5, 0x55}, []float32{65504, -0.33325195}},
		{"<f4", packed(little, "f4", 0.1, -3), []float32{0.1, -3}},
		{"=f8", packed(little, "f8", 0.1, -3e38), []float32{0.1, -3e38}},
		{">f8", packed(big, "f8", 0.1, 7), []float32{0.1, 7}},
	}
	for _, test := range tests {
		m, err := numbersOfFile(npyFile(test.descr, "1, 2", test.data), ArrayOptions{})
		if err != nil {
			t.Errorf("%s: %v", test.descr, err)
			continue
		}
		if diff := cmp.Diff(test.want, m.values); diff != "" || m.shape != (Shape{1, 1, 2}) || m.pixels != nil {
			t.Errorf("%s: %v %s", test.descr, m.shape, diff)
		}
	}
}

// TestAxes reads arrays of all layouts in both orders of memory. The value of an element
// is 1000·n + 100·c + 10·h + w.
func TestAxes(t *testing.T) {
	t.Parallel()
	const count, channels, height, width = 2, 3, 4, 5
	var want []float32
	for n := range count {
		for c := range channels {
			for h := range height {
				for w := range width {
					want = append(want, float32(1000*n+100*c+10*h+w))
				}
			}
		}
	}
	grey := want[:height*width]
	for _, test := range []struct {
		axes, layout, shape string
		as                  Shape
		want                []float32
	}{
		{"nchw", "auto", "2, 3, 4, 5", Shape{3, 4, 5}, want}, {"nhwc", "auto", "2, 4, 5, 3", Shape{3, 4, 5}, want},
		{"nchw", "nchw", "2, 3, 4, 5", Shape{3, 4, 5}, want}, {"nhwc", "nhwc", "2, 4, 5, 3", Shape{3, 4, 5}, want},
		{"nhw", "auto", "1, 4, 5", Shape{1, 4, 5}, grey}, {"nhw", "nhw", "1, 4, 5", Shape{1, 4, 5}, grey},
		{"nw", "nd", "1, 5", Shape{1, 1, 5}, grey[:width]},
	} {
		sizes := map[byte]int{'n': int(test.shape[0] - '0'), 'c': channels, 'h': height, 'w': width}
		for _, fortran := range []bool{false, true} {
			var numbers []float64
			place := map[byte]int{}
			axes := test.axes
			if fortran { // the first axis changes fastest
				axes = reversed(axes)
			}
			var fill func(axis int)
			fill = func(axis int) {
				if axis == len(axes) {
					numbers = append(numbers, float64(1000*place['n']+100*place['c']+10*place['h']+place['w']))
					return
				}
				for i := range sizes[axes[axis]] {
					place[axes[axis]] = i
					fill(axis + 1)
				}
			}
			fill(0)
			file := npyFile("<i2", test.shape, packed(binary.LittleEndian, "i2", numbers...))
			if fortran {
				file = []byte(strings.Replace(string(file), "False", "True ", 1))
			}
			m, err := numbersOfFile(file, ArrayOptions{Layout: test.layout})
			if err != nil {
				t.Errorf("%s, fortran %v: %v", test.axes, fortran, err)
				continue
			}
			if diff := cmp.Diff(test.want, m.values); diff != "" || m.shape != test.as {
				t.Errorf("%s, fortran %v: %v %s", test.axes, fortran, m.shape, diff)
			}
		}
	}
}

func reversed(text string) string {
	out := []byte(text)
	for i := range out {
		out[i] = text[len(text)-1-i]
	}
	return string(out)
}

// TestPixels keeps images of bytes as bytes, but not tables of bytes.
func TestPixels(t *testing.T) {
	t.Parallel()
	m, err := numbersOfFile(npyFile("|u1", "2, 2, 3", ramp(12)), ArrayOptions{})
	if err != nil || m.values != nil || cmp.Diff(ramp(12), m.pixels) != "" {
		t.Errorf("%v, error %v", m, err)
	}
	if dropped := m.drop(); dropped != 0 || len(m.pixels) != 12 {
		t.Errorf("%d images are dropped", dropped)
	}
	if m, err := numbersOfFile(npyFile("|u1", "2, 6", ramp(12)), ArrayOptions{}); err != nil || m.pixels != nil || len(m.values) != 12 {
		t.Errorf("%v, error %v", m, err)
	}
}

func TestNumbersRefused(t *testing.T) {
	t.Parallel()
	little := binary.LittleEndian
	for _, test := range []struct {
		name, descr, shape, layout string
		data                       []byte
		sentinel                   error
		mention                    string
	}{
		{"complex", "<c8", "1, 2", "", nil, ErrData, "complex numbers (c8)"},
		{"objects", "|O", "1, 2", "", nil, ErrData, "Python objects"},
		{"text", "<U3", "1, 2", "", nil, ErrData, "text (U3)"},
		{"long double", "<f16", "1, 2", "", nil, ErrData, "elements of type f16"},
		{"one number", "<f4", "", "", nil, ErrData, "rows of numbers"},
		{"one axis", "<f4", "5,", "", nil, ErrData, "hint: save x.reshape(-1, 1)"},
		{"five axes", "<f4", "1, 1, 1, 1, 1", "", nil, ErrData, "rank 5"},
		{"both can be channels", "<f4", "9, 3, 8, 3", "", nil, ErrData, "--layout nchw or --layout nhwc"},
		{"none can be channels", "<f4", "9, 4, 8, 5", "", nil, ErrData, "--layout nchw or --layout nhwc"},
		{"other layout", "<f4", "9, 4", "nchw", nil, ErrUnknown, "layout nchw is for arrays of rank 4"},
		{"NaN", "<f8", "2, 2", "", packed(little, "f8", 1, 2, 3, math.NaN()), ErrData, "row 1, column 1: the value is missing"},
		{"infinite", "<f8", "2, 2", "", packed(little, "f8", 1, math.Inf(-1), 3, 4), ErrData, "row 0, column 1: -Inf"},
		{"huge", "<f8", "2, 2", "", packed(little, "f8", 1, 2, 1e39, 4), ErrData, "row 1, column 0: 1e+39"},
		{"huge pixel", "<f8", "1, 1, 2, 3", "nhwc", packed(little, "f8", 1, 2, 3, 4, 5, 1e39), ErrData, "item 0, pixel row 0, pixel column 1, channel 2: 1e+39"},
		{"truncated", "<f4", "2, 2", "", make([]byte, 15), ErrData, "truncated"},
		{"trailing", "<f4", "2, 2", "", make([]byte, 17), ErrData, "trailing"},
		{"2^31 rows", "<f4", "2147483648, 8", "", make([]byte, 32), ErrData, "claims 64 GiB"},
		{"no rows", "<f4", "0, 8", "", nil, ErrData, "holds no data"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := numbersOfFile(npyFile(test.descr, test.shape, test.data), ArrayOptions{Layout: test.layout})
			wantError(t, err, test.sentinel, test.mention)
		})
	}
}
