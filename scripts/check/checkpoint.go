package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
)

// checkCheckpoints checks that both checkpoints are readable as safetensors, have
// finite values, and have at least as many values as the model has parameters.
func checkCheckpoints(dir string, parameters int) (wrong []error) {
	for _, name := range []string{"checkpoint/last.safetensors", "checkpoint/best.safetensors"} {
		values, err := readTensors(filepath.Join(dir, name))
		if err == nil && values < parameters {
			err = fmt.Errorf("%d values, want at least the %d parameters", values, parameters)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
		}
	}
	return wrong
}

// readTensors reads a file of float32 tensors and returns how many values it
// holds: eight bytes with the length of a JSON header, the header, the values.
func readTensors(path string) (values int, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	if len(data) < 8 || binary.LittleEndian.Uint64(data) > uint64(len(data)-8) {
		return 0, fmt.Errorf("truncated: %d bytes", len(data))
	}
	end := 8 + int(binary.LittleEndian.Uint64(data))
	var header map[string]json.RawMessage
	if err := json.Unmarshal(data[8:end], &header); err != nil {
		return 0, err
	}
	data = data[end:]
	for name, raw := range header {
		if name == "__metadata__" {
			continue
		}
		n, err := readTensor(raw, data)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		values += n
	}
	if 4*values != len(data) {
		return 0, fmt.Errorf("%d bytes of values for %d values", len(data), values)
	}
	return values, nil
}

func readTensor(header json.RawMessage, data []byte) (values int, err error) {
	var t struct {
		DType   string
		Shape   []int
		Offsets [2]int `json:"data_offsets"`
	}
	if err := json.Unmarshal(header, &t); err != nil {
		return 0, err
	}
	values = 1
	for _, n := range t.Shape {
		values *= n
	}
	from, to := t.Offsets[0], t.Offsets[1]
	if t.DType != "F32" || from < 0 || from > to || to > len(data) || to-from != 4*values {
		return 0, fmt.Errorf("%s of shape %v at bytes %v of %d", t.DType, t.Shape, t.Offsets, len(data))
	}
	for at := from; at < to; at += 4 {
		if v := math.Float32frombits(binary.LittleEndian.Uint32(data[at:])); !finite(float64(v)) {
			return 0, fmt.Errorf("value %d is %g", (at-from)/4, v)
		}
	}
	return values, nil
}
