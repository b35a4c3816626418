package trainer

import (
	"math"
	"slices"

	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
)

// likeness compares two samples with the same number of rows of D values, such as
// images and samples that a model has generated.
type likeness struct {
	size       int
	directions []float32 // D×directionCount, columns of unit length
	real, made sample
}

// sample holds the statistics of one of the two samples of a likeness.
type sample struct {
	rows        int
	projections []float32 // N×directionCount
	sums        []float64 // of each of the D values
	squares     float64   // Σ over rows and values
}

// streamSlice is the noise of the directions of a likeness.
const streamSlice noise.Stream = 10

// directionCount is the number of random directions of a likeness.
const directionCount = 256

// newLikeness draws the directions for rows of D values.
func newLikeness(size int, seed uint64) *likeness {
	l := &likeness{size: size, directions: make([]float32, size*directionCount)}
	noise.Normal(l.directions, noise.Key{Seed: seed, Stream: streamSlice})
	for k := range directionCount {
		var squares float64
		for d := range size {
			squares += float64(l.directions[d*directionCount+k]) * float64(l.directions[d*directionCount+k])
		}
		for d := range size {
			l.directions[d*directionCount+k] /= float32(math.Sqrt(squares))
		}
	}
	return l
}

// add adds rows to both samples, the same number to each.
func (l *likeness) add(real, made []float32) {
	l.real.add(real, l.size, l.directions)
	l.made.add(made, l.size, l.directions)
}

func (s *sample) add(values []float32, size int, directions []float32) {
	rows, before := len(values)/size, len(s.projections)
	if s.sums == nil {
		s.sums = make([]float64, size)
	}
	s.rows += rows
	s.projections = append(s.projections, make([]float32, rows*directionCount)...)
	kernel.Gemm(false, false, rows, directionCount, size, 1, values, size, directions, directionCount, 0, s.projections[before:], directionCount)
	for i, v := range values {
		s.sums[i%size] += float64(v)
		s.squares += float64(v) * float64(v)
	}
}

// distance is the sliced Wasserstein-2 distance (Rabin et al. 2011) times √D: the
// root mean square, over directions and rows, of the differences between the sorted
// projections. A shift of all rows by δ adds about ‖δ‖. The distance compares
// pixels, not what the images show.
func (l *likeness) distance() float64 {
	var squares float64
	for k := range directionCount {
		real, made := l.real.sorted(k), l.made.sorted(k)
		for i, v := range real {
			squares += float64(v-made[i]) * float64(v-made[i])
		}
	}
	return math.Sqrt(float64(l.size) * squares / float64(directionCount*l.real.rows))
}

// sorted returns the projections on one direction in order.
func (s *sample) sorted(k int) []float32 {
	line := make([]float32, s.rows)
	for i := range line {
		line[i] = s.projections[i*directionCount+k]
	}
	slices.Sort(line)
	return line
}

// spread is the root mean square distance between two rows of the generated sample,
// relative to that of the real sample. The mean squared distance is twice the sum of
// the variances of the values.
func (l *likeness) spread() float64 {
	return math.Sqrt(l.made.variance() / max(l.real.variance(), 1e-12))
}

func (s *sample) variance() float64 {
	n := float64(s.rows)
	total := s.squares
	for _, sum := range s.sums {
		total -= sum * sum / n
	}
	return max(total, 0) / n
}
