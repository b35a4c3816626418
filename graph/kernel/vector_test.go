package kernel

import (
	"flag"
	"math"
	"testing"
)

var exhaustive = flag.Bool("exhaustive", false, "measure errors over every float32")

// functions are the elementwise functions with their stated bounds.
var functions = []struct {
	name  string
	f     func(dst, src []float32)
	exact func(float64) float64
	ulps  float64
}{
	{"exp", Exp, math.Exp, 1.1},
	{"sigmoid", activate(Sigmoid), exactSigmoid, 2.5},
	{"tanh", activate(Tanh), math.Tanh, 2.5},
	{"relu", activate(ReLU), func(z float64) float64 { return max(z, 0) }, 0},
	{"leaky-relu", activate(LeakyReLU), func(z float64) float64 {
		if z < 0 {
			return z * float64(float32(LeakySlope))
		}
		return z
	}, 0.5},
	{"elu", activate(ELU), exactELU, 1},
	{"softplus", activate(Softplus), func(z float64) float64 { return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) }, 2},
	{"selu", activate(SELU), func(z float64) float64 {
		if z > 0 {
			return seluScale * z
		}
		return seluScale * seluAlpha * exactELU(z)
	}, 2},
}

func activate(act Activation) func(dst, src []float32) {
	return func(dst, src []float32) { Activate(act, dst, src) }
}

func exactSigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

func exactELU(z float64) float64 {
	if z > 0 {
		return z
	}
	return math.Expm1(z)
}

// ulps returns the distance between got and want in units of the last place of
// a float32 near want. Instead of a denormal number the result may be 0.
func ulps(got float32, want float64) float64 {
	rounded := float32(want)
	switch {
	case got == rounded || got != got && math.IsNaN(want):
		return 0
	case got != got || math.IsNaN(want):
		return math.Inf(1)
	case math.Abs(want) < smallestNormal:
		return map[bool]float64{false: math.Inf(1)}[got == 0 || math.Abs(float64(got)-want) <= 0x1p-126*1e-6]
	}
	number := min(max(float64(got), -0x1p128), 0x1p128) // the exact value may round to infinity
	_, exponent := math.Frexp(want)
	return math.Abs(number-want) / math.Ldexp(1, exponent-24)
}

func TestErrorsWithinBounds(t *testing.T) {
	stride := uint64(4099)
	if *exhaustive {
		stride = 1
	}
	eachPath(t, func(t *testing.T) {
		if *exhaustive && Path() != Paths()[0] {
			t.Skip("plain Go computes in float64, and AVX2 as AVX-512 does")
		}
		for _, f := range functions {
			worst, at := worstError(f.f, f.exact, stride)
			t.Logf("%s: %.3f ulp at %g", f.name, worst, at)
			if worst > f.ulps {
				t.Errorf("%s(%g) is %.3f ulp off, want at most %g", f.name, at, worst, f.ulps)
			}
		}
	})
}

// TestAssemblySameBits checks that AVX-512 and AVX2 give the same results.
func TestAssemblySameBits(t *testing.T) {
	defer Use(Path())
	if Use("avx512") != nil {
		t.Skip("no AVX-512 on this processor")
	}
	stride := uint64(2053)
	if *exhaustive {
		stride = 1
	}
	src, wide, narrow := make([]float32, heavyGrain), make([]float32, heavyGrain), make([]float32, heavyGrain)
	for bits := uint64(0); bits < 1<<32; bits += stride * heavyGrain {
		for i := range src {
			src[i] = math.Float32frombits(uint32(bits + uint64(i)*stride))
		}
		for _, f := range functions {
			Use("avx512")
			f.f(wide, src)
			Use("avx2")
			f.f(narrow, src)
			for i, x := range wide {
				if x != narrow[i] && (x == x || narrow[i] == narrow[i]) {
					t.Fatalf("%s(%g) is %g on AVX-512, %g on AVX2", f.name, src[i], x, narrow[i])
				}
			}
		}
	}
}

// worstError measures f over every stride-th float32.
func worstError(f func(dst, src []float32), exact func(float64) float64, stride uint64) (worst float64, at float32) {
	src, dst := make([]float32, heavyGrain), make([]float32, heavyGrain)
	for bits := uint64(0); bits < 1<<32; {
		n := 0
		for ; n < len(src) && bits < 1<<32; n++ {
			src[n] = math.Float32frombits(uint32(bits))
			bits += stride
		}
		f(dst[:n], src[:n])
		for i, x := range src[:n] {
			if e := ulps(dst[i], exact(float64(x))); e > worst {
				worst, at = e, x
			}
		}
	}
	return worst, at
}

func TestSpecialValues(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	tests := []struct {
		name      string
		f         func(dst, src []float32)
		src, want []float32
	}{
		{"exp", Exp, []float32{inf, -inf, nan, 0, 88.73, -87.4, -1e30, 1e30}, []float32{inf, 0, nan, 1, inf, 0, 0, inf}},
		{"sigmoid", activate(Sigmoid), []float32{inf, -inf, nan, 0, 1e30, -1e30}, []float32{1, 0, nan, 0.5, 1, 0}},
		{"tanh", activate(Tanh), []float32{inf, -inf, nan, 0, 1e30, -1e30, 1e-40}, []float32{1, -1, nan, 0, 1, -1, 1e-40}},
		{"relu", activate(ReLU), []float32{inf, -inf, nan, -1, 2}, []float32{inf, 0, nan, 0, 2}},
		{"leaky-relu", activate(LeakyReLU), []float32{inf, -inf, nan, -1, 2}, []float32{inf, -inf, nan, -LeakySlope, 2}},
		{"elu", activate(ELU), []float32{inf, -inf, nan, -1e30, 2}, []float32{inf, -1, nan, -1, 2}},
		{"softplus", activate(Softplus), []float32{inf, -inf, nan, 1e30, -1e30}, []float32{inf, 0, nan, 1e30, 0}},
		{"selu", activate(SELU), []float32{inf, nan, 1}, []float32{inf, nan, seluScale}},
		{"linear", activate(Linear), []float32{inf, nan, 1}, []float32{inf, nan, 1}},
	}
	eachPath(t, func(t *testing.T) {
		for _, test := range tests {
			dst := make([]float32, len(test.src))
			test.f(dst, test.src)
			for i, got := range dst {
				if want := test.want[i]; got != want && (got == got || want == want) {
					t.Errorf("%s(%g) = %g, want %g", test.name, test.src[i], got, want)
				}
			}
		}
	})
}

var (
	update = Update{Rate: 1e-2, Scale: 0.5, L2: 1e-3, Decay: 1e-2}
	key    = Words{Seed: 0x123456789abcdef, Stream: 7, Step: 1<<40 + 5}
)

func TestScaleBytes(t *testing.T) {
	src := make([]uint8, 300)
	for i := range src {
		src[i] = uint8(i)
	}
	eachPath(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 15, 16, 17, 255, 300} {
			dst := make([]float32, n+1)
			ScaleBytes(dst, src[:n])
			for i, v := range dst[:n] {
				if want := float32(src[i]) / 255; v != want {
					t.Fatalf("%d becomes %g, want %g", src[i], v, want)
				}
			}
			if dst[n] != 0 {
				t.Fatalf("element beyond %d was written", n)
			}
		}
	})
}

func TestFinite(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, n := range lengths[1:] {
			x := make([]float32, n)
			for i := range x {
				x[i] = math.MaxFloat32
			}
			if !Finite(x) {
				t.Fatalf("%d finite numbers called infinite", n)
			}
			for _, at := range []int{0, n / 2, n - 1} {
				for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
					x[at] = float32(bad)
					if Finite(x) {
						t.Fatalf("%g at %d of %d not found", bad, at, n)
					}
				}
				x[at] = 1
			}
		}
	})
}
