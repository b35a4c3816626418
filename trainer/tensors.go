package trainer

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"

	"github.com/nlpodyssey/safetensors"
)

// storedTensor is a tensor of a checkpoint that was read.
type storedTensor struct {
	shape  []int
	values []float32
}

func decode(t safetensors.TensorView) (storedTensor, error) {
	if t.DType() != safetensors.F32 {
		return storedTensor{}, errors.New("its type is not F32")
	}
	stored := storedTensor{values: make([]float32, len(t.Data())/4)}
	for i := range stored.values {
		stored.values[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data()[4*i:]))
	}
	for _, side := range t.Shape() {
		stored.shape = append(stored.shape, int(side))
	}
	return stored, nil
}

// view presents a slice to the safetensors writer, which writes one tensor after the
// other.
type view struct {
	shape  []uint64
	values []float32
	bytes  *[]byte // shared buffer, which holds the bytes of the view that was used last
}

func newView(values []float32, shape []int, bytes *[]byte) view {
	v := view{values: values, bytes: bytes}
	for _, side := range shape {
		v.shape = append(v.shape, uint64(side))
	}
	return v
}

func (v view) DType() safetensors.DType { return safetensors.F32 }
func (v view) Shape() []uint64          { return v.shape }
func (v view) DataLen() uint64          { return uint64(4 * len(v.values)) }

// Data returns the values as little-endian bytes, as the format requires. They are valid
// until Data of another view is called.
func (v view) Data() []byte {
	data := slices.Grow((*v.bytes)[:0], 4*len(v.values))[:4*len(v.values)]
	for i, value := range v.values {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(value))
	}
	*v.bytes = data
	return data
}

// Tensor is a tensor of a safetensors file, with row-major values.
type Tensor struct {
	Shape  []int
	Values []float32
}

// WriteTensors writes tensors by name in the safetensors format.
func WriteTensors(w io.Writer, tensors map[string]Tensor, metadata map[string]string) error {
	views, bytes := make(map[string]view), new([]byte)
	for name, t := range tensors {
		views[name] = newView(t.Values, t.Shape, bytes)
	}
	return safetensors.SerializeToWriter(views, metadata, w)
}
