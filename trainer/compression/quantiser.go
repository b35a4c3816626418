// Package compression compresses codes and decompresses them, with a scalar quantiser,
// an entropy coder, and a file format.
//
// Shapes are given by letter: N images, codes N×L of L units.
package compression

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// MaxBits is the largest number of bits per value, because a symbol is one byte.
const MaxBits = 8

// tableBits is the largest number of bits per value for which a quantiser lists all
// levels of a unit. With more bits, the list costs more bytes than its smaller
// error is worth, compared with equidistant levels and one more bit.
const tableBits = 2

// Rule says how the levels of a quantiser are chosen.
type Rule uint8

// The rules.
const (
	// PerUnit fits the levels of each unit to its values, with the least squared
	// error. Up to 2 bits, the levels are any values (Lloyd 1982, Max 1960). With
	// more bits, they are equidistant. It suits codes whose units have arbitrary
	// scales.
	PerUnit Rule = iota
	// Common gives all units equidistant levels with the step of the unit with the
	// widest range, and a level at zero. It suits orthonormal codes with mean zero,
	// such as principal components: an error has the same weight in all of them, and
	// units with a small variance cost almost nothing.
	Common
)

// Quantiser maps a value of each unit to the nearest of 2^Bits levels.
type Quantiser struct {
	Bits  int
	Table bool // Book lists the levels
	// Book is what a file stores of each unit: its levels in ascending order
	// (L×2^Bits), or its lowest level and the step between its levels (L×2).
	Book []float32
}

// NewQuantiser fits a quantiser of 1 to MaxBits bits to codes N×L.
func NewQuantiser(ctx context.Context, codes []float32, units, bits int, rule Rule) (Quantiser, error) {
	c, err := newColumns(ctx, codes, units)
	if err != nil {
		return Quantiser{}, err
	}
	return c.quantiser(ctx, bits, rule)
}

// columns are the values of each of L units in ascending order (L×N).
type columns struct {
	units  int
	values []float32
}

func newColumns(ctx context.Context, codes []float32, units int) (columns, error) {
	if units < 1 || len(codes) == 0 || len(codes)%units != 0 {
		return columns{}, fmt.Errorf("%w: %d values cannot be divided into codes of %d units", ErrInput, len(codes), units)
	}
	c := columns{units, make([]float32, 0, len(codes))}
	for l := range units {
		for i := l; i < len(codes); i += units {
			if v := float64(codes[i]); math.IsNaN(v) || math.Abs(v) > math.MaxFloat32/4 {
				return columns{}, fmt.Errorf("%w: value %d of code %d is %g, which is not finite or too large", ErrInput, l, i/units, v)
			}
			c.values = append(c.values, codes[i])
		}
		slices.Sort(c.of(l))
		if err := ctx.Err(); err != nil {
			return columns{}, err
		}
	}
	return c, nil
}

// of returns the values of one unit.
func (c columns) of(unit int) []float32 {
	n := cap(c.values) / c.units
	return c.values[unit*n : (unit+1)*n]
}

func (c columns) quantiser(ctx context.Context, bits int, rule Rule) (Quantiser, error) {
	if bits < 1 || bits > MaxBits {
		return Quantiser{}, fmt.Errorf("%w: %d bits per value; hint: from 1 to %d", ErrInput, bits, MaxBits)
	}
	q := Quantiser{Bits: bits, Table: rule == PerUnit && bits <= tableBits}
	if rule == Common {
		q.Book = c.common(1 << bits)
		return q, nil
	}
	for l := range c.units {
		if err := ctx.Err(); err != nil {
			return Quantiser{}, err
		}
		q.Book = append(q.Book, fit(c.of(l), bits, q.Table)...)
	}
	return q, nil
}

// common returns the lowest levels and the steps L×2 of the rule Common.
func (c columns) common(levels int) (book []float32) {
	widest := float32(0)
	for l := range c.units {
		values := c.of(l)
		widest = max(widest, (values[len(values)-1]-values[0])/float32(levels-1))
	}
	for l := range c.units {
		low := c.of(l)[0]
		if widest > 0 {
			low = widest * float32(math.Round(float64(low/widest)))
		}
		book = append(book, low, widest)
	}
	return book
}

// width is the number of values that Book has for each unit.
func (q Quantiser) width() int {
	if q.Table {
		return 1 << q.Bits
	}
	return 2
}

// Units is the number of units L.
func (q Quantiser) Units() int { return len(q.Book) / q.width() }

// levels returns the 2^Bits levels of a unit in ascending order.
func (q Quantiser) levels(unit int) []float32 {
	return levels(q.Book[unit*q.width():(unit+1)*q.width()], q.Bits, q.Table)
}

// levels returns the levels that the book of one unit describes. Each product is
// converted to float32, so that the levels are the same on every processor.
func levels(book []float32, bits int, table bool) []float32 {
	if table {
		return book
	}
	all := make([]float32, 1<<bits)
	for s := range all {
		all[s] = book[0] + float32(float32(s)*book[1])
	}
	return all
}

// Quantise returns the indices N×L of the nearest levels for codes N×L.
func (q Quantiser) Quantise(codes []float32) []uint8 {
	symbols, units := make([]uint8, len(codes)), q.Units()
	for l := range units {
		all := q.levels(l)
		for i := l; i < len(codes); i += units {
			symbols[i] = nearest(all, codes[i])
		}
	}
	return symbols
}

// nearest returns the index of the level that is nearest to a value. Of equal levels, it
// is the first one.
func nearest(levels []float32, v float32) uint8 {
	i, _ := slices.BinarySearch(levels, v)
	if i == len(levels) || i > 0 && v-levels[i-1] <= levels[i]-v {
		i--
	}
	for i > 0 && levels[i] == levels[i-1] {
		i--
	}
	return uint8(i)
}

// Dequantise returns the codes N×L for the indices N×L of levels.
func (q Quantiser) Dequantise(symbols []uint8) []float32 {
	codes, units := make([]float32, len(symbols)), q.Units()
	for l := range units {
		all := q.levels(l)
		for i := l; i < len(symbols); i += units {
			codes[i] = all[symbols[i]]
		}
	}
	return codes
}
