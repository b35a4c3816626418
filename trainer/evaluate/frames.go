package evaluate

import (
	"fmt"
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"
	"gonum.org/v1/gonum/floats"

	"gaetrain/loaders"
)

// FilterPairs compares the two filters of units on pairs of frames. The figures are
// means over units, of filters from which their mean value is subtracted.
type FilterPairs struct {
	Alike   float64 // cosine between the magnitudes of their spectra: 1 if they differ only in phase
	Others  float64 // the same between a unit's first filter and the next unit's second one
	InPhase float64 // absolute cosine between the filters themselves: 0 if they differ by a quarter of a wave
	Phase   float64 // phase difference of their spectra in degrees, from 0 to 180, weighted by the magnitudes
}

// NewFilterPairs compares the filters of H units, columns of weights 2·S²×H:
// those for the first frame of S×S pixels, and below them those for the second.
// Errors wrap ErrInput.
func NewFilterPairs(weights Matrix) (FilterPairs, error) {
	if err := weights.check(); err != nil {
		return FilterPairs{}, err
	}
	pixels, units := weights.Rows/2, weights.Columns
	side := int(math.Sqrt(float64(pixels)))
	if weights.Rows != 2*side*side {
		return FilterPairs{}, fmt.Errorf("%w: filters of %d values do not have two square frames", ErrInput, weights.Rows)
	}
	spectra := make([][2][]complex128, units)
	for unit := range units {
		for frame := range 2 {
			filter := make([]float64, pixels)
			for i := range filter {
				filter[i] = float64(weights.Row(frame*pixels + i)[unit])
			}
			spectra[unit][frame] = spectrum(filter, side)
		}
	}
	var p FilterPairs
	share := 1 / float64(units)
	for unit, own := range spectra {
		alike, inPhase, phase := compare(own[0], own[1])
		others, _, _ := compare(own[0], spectra[(unit+1)%units][1])
		p.Alike += share * alike
		p.Others += share * others
		p.InPhase += share * math.Abs(inPhase)
		p.Phase += share * phase
	}
	return p, nil
}

// spectrum is the discrete Fourier transform of a square filter without its mean.
func spectrum(filter []float64, side int) []complex128 {
	floats.AddConst(-floats.Sum(filter)/float64(len(filter)), filter)
	fft := fourier.NewCmplxFFT(side)
	rows := make([]complex128, len(filter))
	for i, v := range filter {
		rows[i] = complex(v, 0)
	}
	for range 2 { // rows, then columns
		for y := range side {
			fft.Coefficients(rows[y*side:(y+1)*side], rows[y*side:(y+1)*side])
		}
		for y := range side {
			for x := range y {
				rows[y*side+x], rows[x*side+y] = rows[x*side+y], rows[y*side+x]
			}
		}
	}
	return rows
}

// compare returns the cosine between the magnitudes of two spectra, the cosine
// between the filters that have them, and the weighted difference of their
// phases in degrees. All are 0 if one of the spectra is zero.
func compare(a, b []complex128) (alike, inPhase, phase float64) {
	var first, second float64
	for i := range a {
		product := a[i] * cmplx.Conj(b[i])
		size := cmplx.Abs(product)
		alike += size
		inPhase += real(product)
		phase += size * math.Abs(cmplx.Phase(product))
		first += real(a[i] * cmplx.Conj(a[i]))
		second += real(b[i] * cmplx.Conj(b[i]))
	}
	if alike == 0 {
		return 0, 0, 0
	}
	scale := 1 / math.Sqrt(first*second)
	return scale * alike, scale * inPhase, phase / alike * 180 / math.Pi
}

// Directions labels pairs of frames that are made from images (loaders.Motion) by the
// direction in which the second frame of the first epoch has moved most: 0 down, 1 up,
// 2 right, 3 left.
func Directions(pairs loaders.Split) []loaders.Label {
	labels := make([]loaders.Label, pairs.Len())
	for i := range labels {
		move := pairs.Move(i, 0)
		along := move.Down
		if math.Abs(move.Right) > math.Abs(move.Down) {
			labels[i], along = 2, move.Right
		}
		if along < 0 {
			labels[i]++
		}
	}
	return labels
}
