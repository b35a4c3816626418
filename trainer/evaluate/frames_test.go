package evaluate

import (
	"errors"
	"math"
	"testing"

	"gaetrain/loaders"
)

// waves returns filter pairs (2·S²×H) of two units, with horizontal and with vertical
// waves. The second filters are shifted by a phase.
func waves(side int, phase float64) Matrix {
	const units = 2
	pixels := side * side
	m := newMatrix(2*pixels, units)
	for frame := range 2 {
		for i := range pixels {
			row := m.Row(frame*pixels + i)
			for unit, at := range []int{i % side, i / side} {
				row[unit] = float32(3 + math.Cos(2*math.Pi*3*float64(at)/float64(side)+phase*float64(frame)))
			}
		}
	}
	return m
}

func TestFilterPairs(t *testing.T) {
	for _, degrees := range []float64{0, 30, 90, 180} {
		p, err := NewFilterPairs(waves(12, degrees*math.Pi/180))
		if err != nil {
			t.Fatal(err)
		}
		want := FilterPairs{Alike: 1, Others: 0, InPhase: math.Abs(math.Cos(degrees * math.Pi / 180)), Phase: degrees}
		for _, c := range [][2]float64{{p.Alike, want.Alike}, {p.Others, want.Others}, {p.InPhase, want.InPhase}, {p.Phase, want.Phase}} {
			if !(math.Abs(c[0]-c[1]) < 1e-4) {
				t.Errorf("%g degrees: %+v, want %+v", degrees, p, want)
				break
			}
		}
	}
	if p, err := NewFilterPairs(newMatrix(2*9, 4)); err != nil || p != (FilterPairs{}) {
		t.Errorf("filters of zeros: %+v, %v", p, err)
	}
	for _, m := range []Matrix{{}, newMatrix(7, 2), newMatrix(2*10, 2)} {
		if _, err := NewFilterPairs(m); !errors.Is(err, ErrInput) {
			t.Errorf("filters of %d values: %v", m.Rows, err)
		}
	}
}

func TestDirections(t *testing.T) {
	images := loaders.Pixels(loaders.Shape{Channels: 1, Height: 4, Width: 4}, make([]byte, 40*16))
	pairs := images.Pairs(loaders.Motion{Shift: 3}, 1)
	seen := make(map[loaders.Label]int)
	for i, label := range Directions(pairs) {
		seen[label]++
		move := pairs.Move(i, 0)
		along := []float64{move.Down, -move.Down, move.Right, -move.Right}
		for other := range along {
			if along[other] > along[label] {
				t.Errorf("a move of %+v is labelled %d", move, label)
			}
		}
	}
	if len(seen) != 4 {
		t.Errorf("of 40 moves: %v", seen)
	}
}
