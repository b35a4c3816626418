package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
)

// checkpoint has the metadata and the tensors of a safetensors file.
type checkpoint struct {
	metadata map[string]string
	tensors  map[string]tensor
}

// tensor holds values as they are stored.
type tensor struct {
	dtype string
	shape []int
	data  []byte
}

// Keys of the metadata of a checkpoint of gaetrain.
const (
	headerKey   = "gaetrain"
	checksumKey = "gaetrain-crc32c"
)

// parseCheckpoint reads a safetensors file: eight bytes with the length of a JSON
// header, the header, the values.
func parseCheckpoint(data []byte) (c checkpoint, err error) {
	if len(data) < 8 || binary.LittleEndian.Uint64(data) > uint64(len(data)-8) {
		return c, fmt.Errorf("truncated: %d bytes", len(data))
	}
	end := 8 + int(binary.LittleEndian.Uint64(data))
	var header map[string]json.RawMessage
	if err := json.Unmarshal(data[8:end], &header); err != nil {
		return c, err
	}
	c.tensors = make(map[string]tensor)
	for name, raw := range header {
		if name == "__metadata__" {
			if err := json.Unmarshal(raw, &c.metadata); err != nil {
				return c, err
			}
			continue
		}
		var t struct {
			DType   string
			Shape   []int
			Offsets [2]int `json:"data_offsets"`
		}
		if err := json.Unmarshal(raw, &t); err != nil {
			return c, fmt.Errorf("%s: %w", name, err)
		}
		from, to := t.Offsets[0], t.Offsets[1]
		if from < 0 || from > to || to > len(data)-end {
			return c, fmt.Errorf("%s: bytes %v of %d", name, t.Offsets, len(data)-end)
		}
		c.tensors[name] = tensor{t.DType, t.Shape, data[end+from : end+to]}
	}
	if len(c.tensors) == 0 {
		return c, errors.New("the file has no tensors")
	}
	return c, nil
}

// bytes returns the file of a checkpoint with a correct checksum: a CRC-32C of the
// header of gaetrain and then of each tensor, in the order of their names.
func (c checkpoint) bytes() []byte {
	type entry struct {
		DType   string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	fmt.Fprint(sum, c.metadata[headerKey])
	header := make(map[string]any)
	var values []byte
	for _, name := range sortedNames(c.tensors) {
		t := c.tensors[name]
		header[name] = entry{t.dtype, t.shape, [2]int{len(values), len(values) + len(t.data)}}
		values = append(values, t.data...)
		fmt.Fprintf(sum, "\n%s %v\n", name, t.shape)
		sum.Write(t.data)
	}
	header["__metadata__"] = map[string]string{headerKey: c.metadata[headerKey], checksumKey: fmt.Sprintf("%08x", sum.Sum32())}
	text, err := json.Marshal(header)
	if err != nil {
		panic(err)
	}
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), values...)
}

// checksummed returns the number of bytes of metrics.jsonl that the checksum in the
// header covers. It is 0 for a header without this checksum.
func (c checkpoint) checksummed() int {
	var header struct{ Metrics struct{ Bytes int } }
	if err := json.Unmarshal([]byte(c.metadata[headerKey]), &header); err != nil {
		return 0
	}
	return header.Metrics.Bytes
}

// sameTensors returns how two checkpoint files differ in names, shapes or values.
// Their metadata may differ.
func sameTensors(one, two []byte) error {
	a, err := parseCheckpoint(one)
	if err != nil {
		return err
	}
	b, err := parseCheckpoint(two)
	if err != nil {
		return err
	}
	if x, y := sortedNames(a.tensors), sortedNames(b.tensors); !slices.Equal(x, y) {
		return fmt.Errorf("the tensors are %v and %v", x, y)
	}
	for _, name := range sortedNames(a.tensors) {
		x, y := a.tensors[name], b.tensors[name]
		if x.dtype != y.dtype || !slices.Equal(x.shape, y.shape) {
			return fmt.Errorf("tensor %s: %s %v and %s %v", name, x.dtype, x.shape, y.dtype, y.shape)
		}
		if !bytes.Equal(x.data, y.data) {
			return fmt.Errorf("tensor %s: the values differ", name)
		}
	}
	return nil
}
