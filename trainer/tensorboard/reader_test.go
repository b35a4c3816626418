package tensorboard

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// entry is a value of an event file as TensorBoard reads it.
type entry struct {
	step          int
	time          float64
	tag           string
	simple        *float32
	width, height int // of a picture that can be decoded
	plugin        string
	content       []byte
	rows          [][]float64 // of a tensor of doubles N×3
	text          []byte      // of a tensor of one text
}

// folder reads all event files of a folder, as TensorBoard does: in the order of their
// names, and a restart drops the values from its step on. It fails for a damaged file,
// unless the file ends within a record.
func readFolder(t *testing.T, dir string) (list []entry) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*tfevents*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d event files in %s, %v", len(paths), dir, err)
	}
	slices.Sort(paths)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; ; i++ {
			record, rest := nextRecord(t, data)
			if record == nil {
				break
			}
			data = rest
			list = addEvent(t, list, record, i == 0)
		}
	}
	return list
}

// nextRecord reads a record of TFRecord; nil at the end.
func nextRecord(t *testing.T, data []byte) (record, rest []byte) {
	t.Helper()
	if len(data) < 12 {
		return nil, nil
	}
	n := int(binary.LittleEndian.Uint64(data))
	check := func(part []byte, sum uint32) {
		if want := mask(crc32c(part)); sum != want {
			t.Fatalf("checksum %#x, want %#x", sum, want)
		}
	}
	check(data[:8], binary.LittleEndian.Uint32(data[8:]))
	if data = data[12:]; len(data) < n+4 {
		return nil, nil
	}
	check(data[:n], binary.LittleEndian.Uint32(data[n:]))
	return data[:n], data[n+4:]
}

// crc32c computes a CRC-32C bit by bit.
func crc32c(data []byte) uint32 {
	sum := ^uint32(0)
	for _, b := range data {
		sum ^= uint32(b)
		for range 8 {
			sum = sum>>1 ^ 0x82f63b78*(sum&1)
		}
	}
	return ^sum
}

func mask(sum uint32) uint32 { return (sum>>15 | sum<<17) + 0xa282ead8 }

// message holds the fields of a message of protobuf by number, in order.
type message map[protowire.Number][]any

func parse(t *testing.T, data []byte) message {
	t.Helper()
	m := make(message)
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		data = data[n:]
		var v any
		switch kind {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(data)
		case protowire.Fixed32Type:
			v, n = protowire.ConsumeFixed32(data)
		case protowire.Fixed64Type:
			v, n = protowire.ConsumeFixed64(data)
		default:
			v, n = protowire.ConsumeBytes(data)
		}
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		m[number], data = append(m[number], v), data[n:]
	}
	return m
}

func (m message) has(n protowire.Number) bool { return len(m[n]) > 0 }

func (m message) bytes(n protowire.Number) []byte {
	if !m.has(n) {
		return nil
	}
	return m[n][0].([]byte)
}

func (m message) number(n protowire.Number) int {
	if !m.has(n) {
		return 0
	}
	return int(m[n][0].(uint64))
}

func (m message) double(n protowire.Number) float64 {
	return math.Float64frombits(m[n][0].(uint64))
}

// addEvent adds the values of an event.
func addEvent(t *testing.T, list []entry, data []byte, first bool) []entry {
	t.Helper()
	e := parse(t, data)
	if version := string(e.bytes(3)); first != (version == "brain.Event:2") {
		t.Fatalf("version %q, first: %t", version, first)
	}
	step := e.number(2)
	if e.has(7) && parse(t, e.bytes(7)).number(1) == 1 { // SessionLog.START
		list = slices.DeleteFunc(list, func(before entry) bool { return before.step >= step })
	}
	for _, v := range parse(t, e.bytes(5))[1] {
		list = append(list, readValue(t, parse(t, v.([]byte)), step, e.double(1)))
	}
	return list
}

func readValue(t *testing.T, v message, step int, time float64) entry {
	t.Helper()
	e := entry{step: step, time: time, tag: string(v.bytes(1))}
	if v.has(2) {
		simple := math.Float32frombits(v[2][0].(uint32))
		e.simple = &simple
	}
	if v.has(4) {
		of := parse(t, v.bytes(4))
		size, err := png.DecodeConfig(bytes.NewReader(of.bytes(4)))
		if err != nil || size.Height != of.number(1) || size.Width != of.number(2) {
			t.Errorf("%s: a picture of %+v in a message of %d×%d, %v", e.tag, size, of.number(2), of.number(1), err)
		}
		e.width, e.height = size.Width, size.Height
	}
	if v.has(9) {
		plugin := parse(t, parse(t, v.bytes(9)).bytes(1))
		e.plugin, e.content = string(plugin.bytes(1)), plugin.bytes(2)
	}
	if !v.has(8) {
		return e
	}
	tensor := parse(t, v.bytes(8))
	switch tensor.number(1) {
	case 2: // DT_DOUBLE
		sides := parse(t, tensor.bytes(2))[2]
		rows := parse(t, sides[0].([]byte)).number(1)
		content := tensor.bytes(4)
		if parse(t, sides[1].([]byte)).number(1) != 3 || len(content) != 24*rows {
			t.Errorf("%s: %d bytes for %d rows", e.tag, len(content), rows)
		}
		for row := range slices.Chunk(content, 24) {
			var cells []float64
			for cell := range slices.Chunk(row, 8) {
				cells = append(cells, math.Float64frombits(binary.LittleEndian.Uint64(cell)))
			}
			e.rows = append(e.rows, cells)
		}
	case 7: // DT_STRING
		e.text = tensor.bytes(8)
	}
	return e
}

// of selects the values with a tag.
func of(list []entry, tag string) []entry {
	return slices.DeleteFunc(slices.Clone(list), func(e entry) bool { return e.tag != tag })
}

// TestRecord compares a record with that of TensorBoard's RecordWriter.
func TestRecord(t *testing.T) {
	const want = "0b000000000000008615f5046175746f656e636f64657257f7e1d3"
	got := appendRecord([]byte("x"), []byte("autoencoder"))
	if hex.EncodeToString(got[1:]) != want || got[0] != 'x' {
		t.Errorf("record %x, want %s", got, want)
	}
	if data, rest := nextRecord(t, got[1:]); string(data) != "autoencoder" || len(rest) > 0 {
		t.Errorf("read %q and %q", data, rest)
	}
}

// TestHistogram counts numbers in buckets.
func TestHistogram(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, test := range map[string]struct {
		numbers   []float32
		rows      int
		low, high float64
		count     float64
	}{
		"spread":     {[]float32{0, 1, 2, 3, 29.5, 30}, 30, 0, 30, 6},
		"equal":      {[]float32{2, 2, 2}, 1, 1.5, 2.5, 3},
		"one":        {[]float32{0}, 1, -0.5, 0.5, 1},
		"largest":    {[]float32{-math.MaxFloat32, math.MaxFloat32, 0}, 30, -math.MaxFloat32, math.MaxFloat32, 3},
		"smallest":   {[]float32{0, math.SmallestNonzeroFloat32}, 30, 0, math.SmallestNonzeroFloat32, 2},
		"neighbours": {[]float32{1, math.Nextafter32(1, 2)}, 30, 1, float64(math.Nextafter32(1, 2)), 2},
		"not finite": {[]float32{nan, 1, inf, 3, -inf}, 30, 1, 3, 2},
		"nothing":    {[]float32{nan, inf}, 0, 0, 0, 0},
		"empty":      {nil, 0, 0, 0, 0},
	} {
		h := readValue(t, parse(t, histogram("h", test.numbers, "")), 0, 0)
		if len(h.rows) != test.rows || h.plugin != "histograms" {
			t.Errorf("%s: %d rows of plugin %s, want %d", name, len(h.rows), h.plugin, test.rows)
			continue
		}
		total := 0.0
		for i, row := range h.rows {
			total += row[2]
			if row[0] >= row[1] || i > 0 && row[0] != h.rows[i-1][1] {
				t.Errorf("%s: bucket %d is %v", name, i, row)
			}
		}
		if test.rows > 0 && (h.rows[0][0] != test.low || h.rows[test.rows-1][1] != test.high) || total != test.count {
			t.Errorf("%s: %g numbers from %v to %v", name, total, h.rows[0], h.rows[len(h.rows)-1])
		}
	}
	h := readValue(t, parse(t, histogram("h", []float32{0, 1, 2, 3, 29.5, 30}, "")), 0, 0)
	if h.rows[0][2] != 1 || h.rows[1][2] != 1 || h.rows[3][2] != 1 || h.rows[4][2] != 0 || h.rows[29][2] != 2 {
		t.Errorf("counts %v", h.rows)
	}
}
