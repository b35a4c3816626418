package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
)

// tensor is one tensor of a checkpoint, with its values as they are stored.
type tensor struct {
	name  string
	shape []int
	data  []byte
}

// readTensors reads a safetensors file: eight bytes with the length of a JSON header,
// the header, the values. The tensors are sorted by name. Metadata are ignored.
func readTensors(path string) ([]tensor, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	tensors, err := parseTensors(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return tensors, nil
}

func parseTensors(data []byte) (tensors []tensor, err error) {
	if len(data) < 8 || binary.LittleEndian.Uint64(data) > uint64(len(data)-8) {
		return nil, fmt.Errorf("truncated: %d bytes", len(data))
	}
	end := 8 + int(binary.LittleEndian.Uint64(data))
	var header map[string]json.RawMessage
	if err := json.Unmarshal(data[8:end], &header); err != nil {
		return nil, err
	}
	delete(header, "__metadata__")
	data = data[end:]
	for _, name := range sortedNames(header) {
		var t struct {
			Shape   []int
			Offsets [2]int `json:"data_offsets"`
		}
		if err := json.Unmarshal(header[name], &t); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		from, to := t.Offsets[0], t.Offsets[1]
		if from < 0 || from > to || to > len(data) {
			return nil, fmt.Errorf("%s: bytes %v of %d", name, t.Offsets, len(data))
		}
		tensors = append(tensors, tensor{name, t.Shape, data[from:to]})
	}
	if len(tensors) == 0 {
		return nil, fmt.Errorf("the file has no tensors")
	}
	return tensors, nil
}

// digest returns a digest over the names, shapes and values of tensors sorted by name.
func digest(tensors []tensor) string {
	h := sha256.New()
	for _, t := range tensors {
		fmt.Fprintf(h, "%q ", t.name)
		t.writeTo(h)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

// namelessDigest returns a digest over shapes and values. It does not depend on the names
// of tensors: they are sorted by shape, and by value if shapes are equal.
func namelessDigest(tensors []tensor) string {
	tensors = slices.SortedFunc(slices.Values(tensors), func(a, b tensor) int {
		return cmp.Or(slices.Compare(a.shape, b.shape), bytes.Compare(a.data, b.data))
	})
	h := sha256.New()
	for _, t := range tensors {
		t.writeTo(h)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

// writeTo writes the shape, the number of bytes and the bytes.
func (t tensor) writeTo(w io.Writer) {
	fmt.Fprintf(w, "%v %d ", t.shape, len(t.data))
	w.Write(t.data)
}
