package recipes_test

import (
	"context"
	"math"
	"math/cmplx"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"
	"gonum.org/v1/gonum/floats"

	"gaetrain/loaders"
	"gaetrain/trainer/evaluate"
)

// TestSynchrony shows what gated autoencoders learn of moving patches (Konda
// 2013): the two filters of a unit have spectra that are alike, and phases that
// are not; and a linear classifier tells from codes where an image has moved,
// which it cannot from the pixels of both frames.
func TestSynchrony(t *testing.T) {
	r := find("synchrony")
	c := r.Configure()
	c.Epochs, c.BatchSize = 12, 64
	whole, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	data := *whole
	data.Train, data.Test = whole.Train.Pairs(c.Motion, c.Seed), whole.Test.Pairs(c.Motion, c.Seed)
	e, _ := trained(t, c, &data, r)

	weights, _ := e.Parameters.Get("encoder/1/weights")
	side, units := data.Train.Shape.Height, c.Code
	spectra := make([][2][]complex128, units)
	for unit := range units {
		for frame := range 2 {
			filter := make([]float64, side*side)
			for i := range filter {
				filter[i] = float64(weights.Values()[(frame*len(filter)+i)*units+unit])
			}
			spectra[unit][frame] = spectrum(filter, side)
		}
	}
	var own, others, phase float64
	for unit := range units {
		own += alike(spectra[unit][0], spectra[unit][1]) / float64(units)
		others += alike(spectra[unit][0], spectra[(unit+1)%units][1]) / float64(units)
		phase += math.Abs(inPhase(spectra[unit][0], spectra[unit][1])) / float64(units)
	}
	t.Logf("spectra of a unit's filters correlate %.3f, with those of another's %.3f; the filters themselves %.3f", own, others, phase)
	if own < others+0.1 || phase > 0.6*own {
		t.Error("the filters of a unit do not belong together")
	}

	codes := func(split loaders.Split) evaluate.Matrix {
		values, err := e.Model().Encode(context.Background(), split)
		if err != nil {
			t.Fatal(err)
		}
		return evaluate.NewMatrix(values, units)
	}
	right := func(of func(loaders.Split) evaluate.Matrix) float64 {
		l, err := evaluate.NewLogisticRegression(context.Background(), of(data.Train), directions(data.Train), 1)
		if err != nil {
			t.Fatal(err)
		}
		correct, labels := 0.0, directions(data.Test)
		for i, predicted := range l.Predict(of(data.Test)) {
			if predicted == int(labels[i]) {
				correct++
			}
		}
		return correct / float64(len(labels))
	}
	fromCodes, fromPixels := right(codes), right(evaluate.Pixels)
	t.Logf("of four directions of motion, %.3f are told from codes, %.3f from pixels", fromCodes, fromPixels)
	if fromCodes < 0.5 || fromPixels > fromCodes-0.1 {
		t.Error("codes do not tell the motion")
	}
}

// directions labels pairs of the first epoch by where the second frame has
// moved most: down, up, right or left.
func directions(s loaders.Split) []uint8 {
	labels := make([]uint8, s.Len())
	for i := range labels {
		move, along := s.Move(i, 0), 0.0
		if along = move.Down; math.Abs(move.Right) > math.Abs(move.Down) {
			labels[i], along = 2, move.Right
		}
		if along < 0 {
			labels[i]++
		}
	}
	return labels
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

// alike is the cosine between the magnitudes of two spectra, whatever their phases.
func alike(a, b []complex128) float64 {
	var product, first, second float64
	for i := range a {
		product += cmplx.Abs(a[i]) * cmplx.Abs(b[i])
		first += cmplx.Abs(a[i]) * cmplx.Abs(a[i])
		second += cmplx.Abs(b[i]) * cmplx.Abs(b[i])
	}
	return product / math.Sqrt(first*second)
}

// inPhase is the cosine between two filters of these spectra.
func inPhase(a, b []complex128) float64 {
	var product, first, second float64
	for i := range a {
		product += real(a[i] * cmplx.Conj(b[i]))
		first += cmplx.Abs(a[i]) * cmplx.Abs(a[i])
		second += cmplx.Abs(b[i]) * cmplx.Abs(b[i])
	}
	return product / math.Sqrt(first*second)
}
