package kernel

import (
	"math"
	"slices"
	"testing"
)

// The known answers of Random123.
func TestPhiloxKnownAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{[4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{1<<32 - 1, 1<<32 - 1, 1<<32 - 1, 1<<32 - 1}, [2]uint32{1<<32 - 1, 1<<32 - 1},
			[4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	}
	for _, test := range tests {
		key := Words{
			Seed:   uint64(test.key[1])<<32 | uint64(test.key[0]),
			Stream: test.counter[1],
			Step:   uint64(test.counter[3])<<32 | uint64(test.counter[2]),
		}
		var words philox
		key.philox(&words)
		if got := philoxBlock(test.counter[0], &words); got != test.want {
			t.Errorf("philox(%x, %x) = %x, want %x", test.counter, test.key, got, test.want)
		}
	}
}

func TestNoiseOfAPrefix(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, fill := range []func([]float32, Words){FillUniform, FillGaussian, func(dst []float32, key Words) { FillBernoulli(dst, 0.5, key) }} {
			long := make([]float32, 9000)
			fill(long, key)
			for _, n := range lengths {
				short := make([]float32, n)
				fill(short, key)
				if n <= len(long) && !slices.Equal(short, long[:n]) {
					t.Fatalf("%d elements are not the first of %d", n, len(long))
				}
			}
		}
	})
}

func TestNoiseDependsOnTheWholeKey(t *testing.T) {
	base := Words{Seed: 1 << 33, Stream: 2, Step: 3}
	keys := []Words{base, {1, 2, 3}, {1 << 33, 1, 3}, {1 << 33, 2, 2}, {1 << 33, 2, 1<<32 + 3}}
	eachPath(t, func(t *testing.T) {
		var all [][]float32
		for _, key := range keys {
			x := make([]float32, 64)
			FillUniform(x, key)
			for i, other := range all {
				if slices.Equal(x, other) {
					t.Errorf("%+v and %+v give the same noise", key, keys[i])
				}
			}
			all = append(all, x)
		}
	})
}

// TestGaussianMoments compares the moments within five standard errors.
func TestGaussianMoments(t *testing.T) {
	t.Parallel()
	const n = 1 << 19
	x := make([]float32, n)
	FillGaussian(x, Words{Seed: 42})
	var m [5]float64
	var pairs float64
	for i, v := range x {
		power := 1.0
		for k := range m {
			m[k] += power / n
			power *= float64(v)
		}
		pairs += float64(v) * float64(x[i^1]) / n
	}
	tests := []struct {
		name            string
		got, want, sdev float64
	}{
		{"mean", m[1], 0, 1}, {"variance", m[2], 1, math.Sqrt(2)}, {"third moment", m[3], 0, math.Sqrt(15)},
		{"fourth moment", m[4], 3, math.Sqrt(96)}, {"covariance of pairs", pairs, 0, math.Sqrt(2)},
	}
	for _, test := range tests {
		if math.Abs(test.got-test.want) > 5*test.sdev/math.Sqrt(n) {
			t.Errorf("%s is %g, want %g", test.name, test.got, test.want)
		}
	}
}

// TestBoxMuller compares with exact arithmetic on the same words.
func TestBoxMuller(t *testing.T) {
	t.Parallel()
	var worst float64
	check := func(u, v uint32) {
		x, y := boxMuller(u, v)
		radius := math.Sqrt(-2 * math.Log1p(-float64(unit(u))))
		sin, cos := math.Sincos(2 * math.Pi * float64(unit(v)))
		worst = max(worst, math.Abs(float64(x)-radius*cos), math.Abs(float64(y)-radius*sin))
	}
	for i := range uint32(1 << 18) {
		check(i*16411, i*0x9E3779B9)
		check(math.MaxUint32-i<<3, i<<14)
		check(i<<8, i*40503)
	}
	t.Logf("worst error %.3g", worst)
	if worst > 1e-6 {
		t.Errorf("worst error is %g, want at most 1e-6", worst)
	}
}

func TestUniformAndBernoulli(t *testing.T) {
	t.Parallel()
	const n = 1 << 17
	x := make([]float32, n)
	FillUniform(x, Words{Seed: 5})
	for i, v := range x {
		if v < 0 || v >= 1 {
			t.Fatalf("element %d is %g", i, v)
		}
	}
	if mean := Sum(x) / n; math.Abs(mean-0.5) > 5*math.Sqrt(1.0/12/n) {
		t.Errorf("mean of uniform numbers is %g", mean)
	}
	for _, p := range []float64{0, 0.1, 0.5, 1} {
		FillBernoulli(x, float32(p), Words{Seed: 6})
		if mean := Sum(x) / n; math.Abs(mean-p) > 5*math.Sqrt(p*(1-p)/n) {
			t.Errorf("share of ones is %g, want %g", mean, p)
		}
	}
}
