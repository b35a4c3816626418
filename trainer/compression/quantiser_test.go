package compression

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// distributions returns sets of values of one unit by name.
func distributions() map[string][]float32 {
	const n = 4000
	r := rand.New(rand.NewPCG(3, 4))
	draw := func(of func(i int) float64) []float32 {
		values := make([]float32, n)
		for i := range values {
			values[i] = float32(of(i))
		}
		return values
	}
	return map[string][]float32{
		"normal":    draw(func(int) float64 { return r.NormFloat64() }),
		"uniform":   draw(func(int) float64 { return r.Float64() }),
		"sparse":    draw(func(i int) float64 { return max(0, r.NormFloat64()-1.5) }),
		"two peaks": draw(func(i int) float64 { return float64(i%2) + 0.01*r.NormFloat64() }),
		"outlier":   draw(func(i int) float64 { return math.Floor(float64(i)/(n-1))*1e4 + r.NormFloat64() }),
		"far":       draw(func(int) float64 { return 1e6 + r.NormFloat64() }),
		"huge":      draw(func(int) float64 { return 1e37 * r.NormFloat64() }),
		"constant":  draw(func(int) float64 { return 5 }),
		"three":     draw(func(i int) float64 { return float64(i%3) / 2 }),
		"one":       {7},
		"few":       {1, 2, 4, 8, 16},
	}
}

// endPoints is the squared error of equidistant levels from the smallest value to
// the largest.
func endPoints(values []float32, bits int) (sum float64) {
	low, high := slices.Min(values), slices.Max(values)
	step := (high - low) / float32(int(1)<<bits-1)
	for _, v := range values {
		level := low
		if step > 0 {
			level += float32(math.Round(float64(v-low)/float64(step))) * step
		}
		sum += math.Pow(float64(v)-float64(level), 2)
	}
	return sum
}

func distance(x, y []float32) (sum float64) {
	for i, v := range x {
		sum += math.Pow(float64(v)-float64(y[i]), 2)
	}
	return sum
}

// TestQuantiser compares the squared error with that of equidistant levels between the
// end points and, for one bit, with that of the mean.
func TestQuantiser(t *testing.T) {
	for name, values := range distributions() {
		before := math.Inf(1)
		for bits := 1; bits <= MaxBits; bits++ {
			q, err := NewQuantiser(t.Context(), values, 1, bits, PerUnit)
			if err != nil {
				t.Fatal(err)
			}
			symbols := q.Quantise(values)
			e := distance(values, q.Dequantise(symbols))
			if limit := endPoints(values, bits); e > limit*(1+1e-6) {
				t.Errorf("%s, %d bits: squared error %g, but levels between the end points have %g", name, bits, e, limit)
			}
			if bits == 1 && e > spread(values) {
				t.Errorf("%s: squared error %g with one bit, but the mean has %g", name, e, spread(values))
			}
			if bits != tableBits+1 && e > before*(1+1e-6) { // equidistant levels can be worse than half as many listed ones
				t.Errorf("%s: squared error %g with %d bits, but %g with one bit less", name, e, bits, before)
			}
			if int(slices.Max(symbols)) >= 1<<bits {
				t.Errorf("%s, %d bits: symbol %d", name, bits, slices.Max(symbols))
			}
			before = e
		}
	}
}

// spread is the squared error of the mean.
func spread(values []float32) float64 {
	mean := 0.0
	for _, v := range values {
		mean += float64(v) / float64(len(values))
	}
	all := slices.Clone(values)
	for i := range all {
		all[i] = float32(mean)
	}
	return distance(values, all)
}

// TestOptimum compares the errors of normal values with the smallest possible errors:
// those of any levels for 1 and 2 bits, and of equidistant levels for more bits (Max
// 1960).
func TestOptimum(t *testing.T) {
	const n = 50000
	r, values := rand.New(rand.NewPCG(5, 6)), make([]float32, n)
	for i := range values {
		values[i] = float32(r.NormFloat64())
	}
	for bits, want := range []float64{0.3634, 0.1175, 0.03744, 0.01154, 0.003495} {
		q, err := NewQuantiser(t.Context(), values, 1, bits+1, PerUnit)
		if err != nil {
			t.Fatal(err)
		}
		if got := distance(values, q.Dequantise(q.Quantise(values))) / n; math.Abs(got/want-1) > 0.03 {
			t.Errorf("%d bits: squared error %g, want %g", bits+1, got, want)
		}
	}
}

// TestCommon checks that all units have the same step and a level at zero, and that
// errors are at most half a step, or one step beyond the ends of the widest unit.
func TestCommon(t *testing.T) {
	codes := normal(500, 7)
	for bits := 1; bits <= MaxBits; bits++ {
		q, err := NewQuantiser(t.Context(), codes, 7, bits, Common)
		if err != nil {
			t.Fatal(err)
		}
		step := q.Book[1]
		for i, v := range q.Dequantise(q.Quantise(codes)) {
			low := float64(q.Book[2*(i%7)] / step)
			if q.Book[2*(i%7)+1] != step || math.Abs(low-math.Round(low)) > 1e-4 || math.Abs(float64(v-codes[i])) > 1.0002*float64(step) {
				t.Fatalf("%d bits: %g became %g with levels from %g in steps of %g", bits, codes[i], v, low, q.Book[2*(i%7)+1])
			}
		}
	}
}

// TestDiscrete checks that discrete values are restored without an error.
func TestDiscrete(t *testing.T) {
	for bits, levels := range map[int]int{1: 2, 2: 4, 3: 5, 4: 9, 8: 200} {
		var values []float32
		for i := range 5 * levels {
			values = append(values, float32(i%levels)/float32(levels/2)-1)
		}
		q, err := NewQuantiser(t.Context(), values, 1, bits, PerUnit)
		if err != nil {
			t.Fatal(err)
		}
		if e := distance(values, q.Dequantise(q.Quantise(values))); e > 1e-10 {
			t.Errorf("%d levels with %d bits: squared error %g", levels, bits, e)
		}
	}
}

// TestNearest checks the choice of the nearest level, and of the first one of equal
// levels.
func TestNearest(t *testing.T) {
	levels := []float32{-1, 0, 0, 4, 4}
	for v, want := range map[float32]uint8{-9: 0, -1: 0, -0.4: 1, 0: 1, 1: 1, 3: 3, 4: 3, 9: 3} {
		if got := nearest(levels, v); got != want {
			t.Errorf("%g: level %d, want %d", v, got, want)
		}
	}
}

func TestQuantiserStops(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewQuantiser(ended, normal(10, 2), 2, 4, PerUnit); !errors.Is(err, context.Canceled) {
		t.Errorf("the context has ended: error %v", err)
	}
}

// FuzzQuantiser quantises any values of two units. The error must be at most that of
// levels between the end points, and a file must restore exactly the same values.
func FuzzQuantiser(f *testing.F) {
	f.Add([]byte("any values of two units, eight bytes each pair"), 1)
	f.Add(make([]byte, 64), 8)
	var wide []byte // the grid of these values has levels beyond the largest float32
	for _, v := range []float32{0, 1, 3e37, 2, 7e37, 4} {
		wide = binary.LittleEndian.AppendUint32(wide, math.Float32bits(v))
	}
	f.Add(wide, 8)
	f.Fuzz(func(t *testing.T, data []byte, bits int) {
		var codes []float32
		for ; len(data) >= 8; data = data[8:] {
			codes = append(codes, math.Float32frombits(binary.LittleEndian.Uint32(data)), math.Float32frombits(binary.LittleEndian.Uint32(data[4:])))
		}
		q, err := NewQuantiser(t.Context(), codes, 2, bits, PerUnit)
		if err != nil {
			if !errors.Is(err, ErrInput) {
				t.Fatal(err)
			}
			return
		}
		a := &Archive{Channels: 1, Height: 1, Width: 1, Quantiser: q, Symbols: q.Quantise(codes)}
		file, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(file)
		if err != nil {
			t.Fatal(err)
		}
		values := q.Dequantise(a.Symbols)
		if !slices.Equal(back.Quantiser.Dequantise(back.Symbols), values) {
			t.Fatal("the file restores other values")
		}
		for l := range 2 {
			var before, after []float32
			for i := l; i < len(codes); i += 2 {
				before, after = append(before, codes[i]), append(after, values[i])
			}
			limit := endPoints(before, bits)
			if e := distance(before, after); e > limit*(1+1e-5)+1e-10*spread(before) {
				t.Fatalf("unit %d, %d bits: squared error %g, but levels between the end points have %g", l, bits, e, limit)
			}
		}
	})
}
