package export

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"math"
)

// Packed are arrays of numbers as text. Data is the base64 of bytes that are compressed
// with deflate (RFC 1951). They are the words of all arrays in order, 32 bits each: first
// the lowest byte of every word, then the second one of every word, and so on. With a step,
// the word w is the whole number w/2 if w is even and −(w+1)/2 if it is odd, times the step.
// Without a step, it is a float32.
type Packed struct {
	Tensors []PackedTensor `json:"tensors"`
	Data    string         `json:"data"`
}

// PackedTensor is an array of numbers.
type PackedTensor struct {
	Name  string  `json:"name"`
	Shape []int   `json:"shape"`
	Step  float64 `json:"step,omitempty"`
}

// Numbers is an array to pack. Values with a step are rounded to the nearest multiple.
type Numbers struct {
	Name   string
	Shape  []int
	Values []float32
	Step   float64 // 0: none
}

// Pack packs arrays.
func Pack(list ...Numbers) Packed {
	p := Packed{Tensors: make([]PackedTensor, 0, len(list))}
	var words []uint32
	for _, n := range list {
		shape := n.Shape
		if shape == nil {
			shape = []int{} // a number
		}
		p.Tensors = append(p.Tensors, PackedTensor{n.Name, shape, n.Step})
		for _, v := range n.Values {
			words = append(words, word(v, n.Step))
		}
	}
	planes := make([]byte, 4*len(words))
	for i, w := range words {
		for b := range 4 {
			planes[b*len(words)+i] = byte(w >> (8 * b))
		}
	}
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression) // the level is valid, and a buffer has no errors
	_, _ = w.Write(planes)
	_ = w.Close()
	p.Data = base64.StdEncoding.EncodeToString(b.Bytes())
	return p
}

// mostSteps is the largest number of steps of a word.
const mostSteps = 1 << 30

func word(v float32, step float64) uint32 {
	if step == 0 {
		return math.Float32bits(v)
	}
	q := int64(math.RoundToEven(float64(v) / step))
	q = max(-mostSteps, min(q, mostSteps))
	if q < 0 {
		return uint32(-2*q - 1)
	}
	return uint32(2 * q)
}

// nearest returns the multiple of a step that a word has.
func nearest(v float32, step float64) float32 {
	return float32(math.RoundToEven(float64(v)/step) * step)
}
