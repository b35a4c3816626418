// Package compression turns codes into few bytes and back: a uniform quantiser,
// an entropy coder, and the file that holds them.
//
// Shapes are given by letter: N images, codes N×L of L units.
package compression

import (
	"fmt"
	"math"
)

// MaxBits is the most bits per value: a symbol is a byte.
const MaxBits = 8

// Rule says how wide the steps of a quantiser are.
type Rule uint8

// The rules.
const (
	// PerUnit divides the range of each unit into the same number of steps. It
	// suits codes whose units a decoder has scaled as it likes.
	PerUnit Rule = iota
	// Common gives all units the step of the one with the widest range, and a
	// level at zero. It is right for orthonormal codes with mean zero, such as
	// principal components: an error counts the same in all of them, and those
	// that hardly vary cost nothing.
	Common
)

// Quantiser maps a value of each unit to one of up to 2^Bits levels: level s of
// unit l stands for Low[l] + s·Step[l].
type Quantiser struct {
	Bits      int
	Low, Step []float32 // L
}

// NewQuantiser makes a quantiser of 1 to MaxBits bits for codes N×L.
func NewQuantiser(codes []float32, units, bits int, rule Rule) (Quantiser, error) {
	switch {
	case bits < 1 || bits > MaxBits:
		return Quantiser{}, fmt.Errorf("%w: %d bits per value; hint: from 1 to %d", ErrInput, bits, MaxBits)
	case units < 1 || len(codes) == 0 || len(codes)%units != 0:
		return Quantiser{}, fmt.Errorf("%w: %d values are no codes of %d units", ErrInput, len(codes), units)
	}
	low, high := make([]float32, units), make([]float32, units)
	copy(low, codes)
	copy(high, codes)
	for i, v := range codes {
		if math.IsNaN(float64(v)) || math.Abs(float64(v)) > math.MaxFloat32/4 {
			return Quantiser{}, fmt.Errorf("%w: value %d of code %d is %g", ErrInput, i%units, i/units, v)
		}
		low[i%units], high[i%units] = min(low[i%units], v), max(high[i%units], v)
	}
	q := Quantiser{bits, low, make([]float32, units)}
	widest := float32(0)
	for l := range q.Step {
		q.Step[l] = (high[l] - low[l]) / float32(q.levels()-1)
		widest = max(widest, q.Step[l])
	}
	if rule == Common && widest > 0 {
		for l := range q.Step {
			q.Step[l] = widest
			q.Low[l] = widest * float32(math.Round(float64(low[l]/widest)))
		}
	}
	return q, nil
}

func (q Quantiser) levels() int { return 1 << q.Bits }

// Quantise returns the nearest levels N×L of codes N×L.
func (q Quantiser) Quantise(codes []float32) []uint8 {
	symbols := make([]uint8, len(codes))
	highest := float64(q.levels() - 1)
	for i, v := range codes {
		l := i % len(q.Step)
		if q.Step[l] > 0 {
			level := math.Round(float64(v-q.Low[l]) / float64(q.Step[l]))
			symbols[i] = uint8(math.Min(math.Max(level, 0), highest))
		}
	}
	return symbols
}

// Dequantise returns the codes N×L that levels N×L stand for.
func (q Quantiser) Dequantise(symbols []uint8) []float32 {
	codes := make([]float32, len(symbols))
	for i, s := range symbols {
		l := i % len(q.Step)
		codes[i] = q.Low[l] + float32(s)*q.Step[l]
	}
	return codes
}
