package kernel

import (
	"math"
	"testing"
)

// TestImportanceCodes compares log-ratios with densities in float64.
func TestImportanceCodes(t *testing.T) {
	t.Parallel()
	const rows, size = 400, 7
	statistics, noise := make([]float32, 2*size), make([]float32, rows*size)
	FillGaussian(statistics, Words{Seed: 1})
	FillGaussian(noise, Words{Seed: 2})
	statistics[size] = 3 * LogVarianceLimit // clipped to the limit
	z, ratio := make([]float32, rows*size), make([]float64, rows)
	ImportanceCodes(rows, size, statistics, noise, z, ratio)
	for i := range rows {
		var want float64
		for l := range size {
			mean, logVariance, e := float64(statistics[l]), float64(clamp(statistics[size+l])), float64(noise[i*size+l])
			v := mean + math.Exp(logVariance/2)*e
			if math.Abs(float64(z[i*size+l])-v) > 1e-5*max(1, math.Abs(v)) {
				t.Fatalf("value %d of code %d is %g, want %g", l, i, z[i*size+l], v)
			}
			want += (e*e + logVariance - v*v) / 2
		}
		if math.Abs(ratio[i]-want) > 1e-4*max(1, math.Abs(want)) {
			t.Fatalf("log-ratio of code %d is %g, want %g", i, ratio[i], want)
		}
	}
}
