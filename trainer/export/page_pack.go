package export

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"math"
	"slices"
)

// Packed are arrays of numbers as text. Data are compressed bytes, see Compress: the words of all arrays in order, 32 bits each: first
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
	count := 0
	for _, n := range list {
		count += len(n.Values)
	}
	planes, at := make([]byte, 4*count), 0
	for _, n := range list {
		shape := n.Shape
		if shape == nil {
			shape = []int{} // a number
		}
		p.Tensors = append(p.Tensors, PackedTensor{n.Name, shape, n.Step})
		for _, v := range n.Values {
			w := word(v, n.Step)
			for b := range 4 {
				planes[b*count+at] = byte(w >> (8 * b))
			}
			at++
		}
	}
	p.Data = Compress(planes)
	return p
}

// Compress writes bytes as printable text that no escapes of JSON or HTML make longer. The
// bytes are compressed with deflate (RFC 1951). Four bytes, as a big-endian number, are five
// digits in base 85. The last n < 4 bytes, followed by zeros, are the first n+1 digits. Digit
// d is the character number d of the printable ASCII characters in order, from "!", without
// " & ' < > \\ .
func Compress(data []byte) string {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression) // the level is valid, and a buffer has no errors
	_, _ = w.Write(data)
	_ = w.Close()
	text := make([]byte, 0, b.Len()*5/4+5)
	for block := range slices.Chunk(b.Bytes(), 4) {
		var four [4]byte
		copy(four[:], block)
		v, five := binary.BigEndian.Uint32(four[:]), [5]byte{}
		for i := range five {
			five[4-i] = digits[v%85]
			v /= 85
		}
		text = append(text, five[:len(block)+1]...)
	}
	return string(text)
}

const digits = "!#$%()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{"

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
