package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// arrays returns count arrays of n random numbers that start at odd addresses,
// with guard values before and after them. check fails if a guard value
// changed.
func arrays(t *testing.T, random *rand.Rand, count, n int) (all [][]float32, check func()) {
	const canary = 12345
	var backs [][]float32
	for i := range count {
		back := make([]float32, n+35)
		for j := range back {
			back[j] = canary
		}
		from := 1 + (i*5+n)%17
		array := back[from : from+n : from+n]
		for j := range array {
			array[j] = float32(random.NormFloat64() * 3)
		}
		all, backs = append(all, array), append(backs, back)
	}
	return all, func() {
		t.Helper()
		for i, back := range backs {
			from := 1 + (i*5+n)%17
			for j, v := range back {
				if (j < from || j >= from+n) && v != canary {
					t.Errorf("array %d of %d elements: element %d was overwritten", i, n, j-from)
				}
			}
		}
	}
}

// lengths are the tested lengths of arrays.
var lengths = []int{0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 257, 4095, 4096, 4097, 20011, 70001}

// near reports whether a and b are equal within tolerance, which is relative
// above 1.
func near(a, b float32, tolerance float64) bool {
	if a == b || a != a && b != b {
		return true
	}
	if tolerance > 0 && b-b != 0 { // guards against infinities and NaN treat them alike
		return a-a != 0
	}
	return math.Abs(float64(a)-float64(b)) <= tolerance*max(1, math.Abs(float64(b)))
}

// operation is a function on arrays, to be compared between paths.
type operation struct {
	name      string
	arrays    int
	tolerance float64 // 0: the same bits
	do        func(a [][]float32) []float64
}

var operations = []operation{
	{"multiply", 3, 0, func(a [][]float32) []float64 { Multiply(a[0], a[1], a[2]); return nil }},
	{"add", 3, 0, func(a [][]float32) []float64 { Add(a[0], a[1], a[2]); return nil }},
	{"axpy", 2, 0, func(a [][]float32) []float64 { Axpy(0.3, a[0], a[1]); return nil }},
	{"scale", 1, 0, func(a [][]float32) []float64 { Scale(0.3, a[0]); return nil }},
	{"sum", 1, 0, func(a [][]float32) []float64 { return []float64{Sum(a[0])} }},
	{"sum of squares", 1, 0, func(a [][]float32) []float64 { return []float64{SumSquares(a[0])} }},
	{"squared error", 3, 0, func(a [][]float32) []float64 {
		loss := make([]float32, 1)
		SquaredError(1, 1, len(a[0]), 0.7, a[0], a[1], a[2], loss)
		return []float64{float64(loss[0])}
	}},
	{"cross-entropy", 3, 1e-6, func(a [][]float32) []float64 {
		loss, squared := make([]float32, 1), make([]float32, 1)
		for i, v := range a[1] {
			a[1][i] = min(max(v, 0), 1)
		}
		CrossEntropy(1, 1, len(a[0]), 0.7, a[0], a[1], a[2], loss, squared)
		return []float64{float64(loss[0]), float64(squared[0])}
	}},
	{"descend", 2, 1e-6, func(a [][]float32) []float64 { Descend(update, a[0], Gradient{Values: a[1]}); return nil }},
	{"momentum", 3, 1e-6, func(a [][]float32) []float64 {
		Momentum(update, 0.9, false, a[0], Gradient{Values: a[1]}, a[2])
		return nil
	}},
	{"nesterov", 3, 1e-6, func(a [][]float32) []float64 {
		Momentum(update, 0.9, true, a[0], Gradient{Values: a[1]}, a[2])
		return nil
	}},
	{"rmsprop", 3, 1e-6, func(a [][]float32) []float64 {
		positive(a[2])
		RMSProp(update, 0.9, 1e-7, a[0], Gradient{Values: a[1]}, a[2])
		return nil
	}},
	{"adam", 4, 1e-6, func(a [][]float32) []float64 {
		positive(a[3])
		Adam(update, AdamMoments{0.9, 0.999, 1e-8, 10, 1000}, a[0], Gradient{Values: a[1]}, a[2], a[3])
		return nil
	}},
	{"uniform", 1, 0, func(a [][]float32) []float64 { FillUniform(a[0], key); return nil }},
	{"gaussian", 1, 0, func(a [][]float32) []float64 { FillGaussian(a[0], key); return nil }},
	{"bernoulli", 1, 0, func(a [][]float32) []float64 { FillBernoulli(a[0], 0.3, key); return nil }},
}

func positive(x []float32) {
	for i, v := range x {
		x[i] = max(v, -v)
	}
}

func init() {
	for _, a := range SmoothActivations() {
		operations = append(operations,
			operation{a.String(), 2, 3e-6, func(arrays [][]float32) []float64 {
				ActivateSmooth(a, arrays[0], arrays[1])
				return nil
			}},
			operation{"gradient of " + a.String(), 3, 3e-6, func(arrays [][]float32) []float64 {
				SmoothGradient(a, arrays[0], arrays[1], arrays[2])
				for i, dy := range arrays[1] { // slopes near 0 are differences, so their errors grow with dy
					arrays[2][i] /= min(max(1, dy, -dy), math.MaxFloat32)
				}
				return nil
			}})
	}
	for _, act := range Activations() {
		tolerance := 0.0
		if act == Softplus {
			tolerance = 1e-6
		}
		operations = append(operations,
			operation{"gradient of " + act.String(), 3, tolerance, func(a [][]float32) []float64 {
				ActivationGradient(act, 1, len(a[0]), a[0], a[1], a[2], nil)
				return nil
			}},
			operation{"summed gradient of " + act.String(), 4, 100 * tolerance, func(a [][]float32) []float64 {
				columns := (len(a[0]) + 2) / 3
				if columns == 0 {
					return nil
				}
				ActivationGradient(act, len(a[0])/columns, columns, a[0], a[1], a[2], a[3])
				return nil
			}})
	}
}

// compareTwins runs an operation on all paths. It compares them with plain Go,
// and the two assemblies with each other bit by bit.
func compareTwins(t *testing.T, o operation, n int, seed uint64, prepare func(a [][]float32)) {
	t.Helper()
	before := Path()
	defer Use(before)
	var plain, assembly *outcome
	for _, name := range []string{"generic", "avx2", "avx512"} {
		if Use(name) != nil {
			continue
		}
		arrays, check := arrays(t, rand.New(rand.NewPCG(seed, 1)), o.arrays, n)
		prepare(arrays)
		got := &outcome{arrays, o.do(arrays)}
		check()
		switch {
		case plain == nil:
			plain = got
			continue
		case assembly == nil:
			assembly = got
		}
		for _, want := range []struct {
			*outcome
			tolerance float64
		}{{plain, o.tolerance}, {assembly, 0}} {
			if differs := got.differs(want.outcome, want.tolerance); differs != "" {
				t.Fatalf("%s on %s, tolerance %g: %d elements: %s", o.name, name, want.tolerance, n, differs)
			}
		}
	}
}

// outcome holds the arrays of an operation after it, and its return value.
type outcome struct {
	arrays  [][]float32
	numbers []float64
}

// differs describes the first difference, or returns "".
func (got *outcome) differs(want *outcome, tolerance float64) string {
	for i, array := range got.arrays {
		for j, v := range array {
			if !near(v, want.arrays[i][j], tolerance) {
				return fmt.Sprintf("array %d [%d] is %g, want %g", i, j, v, want.arrays[i][j])
			}
		}
	}
	for i, v := range got.numbers {
		if !near(float32(v), float32(want.numbers[i]), tolerance) || tolerance == 0 && v != want.numbers[i] && v == v {
			return fmt.Sprintf("result %d is %g, want %g", i, v, want.numbers[i])
		}
	}
	return ""
}

func TestTwinsAgree(t *testing.T) {
	for _, o := range operations {
		for _, n := range lengths {
			compareTwins(t, o, n, uint64(n), func([][]float32) {})
		}
	}
}

// plant writes two numbers, given by their bits, into arrays.
func plant(a, b uint32) func([][]float32) {
	return func(arrays [][]float32) {
		for i, array := range arrays {
			for j := range array {
				switch (j*7 + i) % 5 {
				case 1:
					array[j] = math.Float32frombits(a)
				case 3:
					array[j] = math.Float32frombits(b)
				}
			}
		}
	}
}

// TestTwinsAgreeOnExtremes plants numbers that overflow or underflow,
// infinities and NaN.
func TestTwinsAgreeOnExtremes(t *testing.T) {
	extremes := []float32{0, 1e-45, 1e-38, 1e-20, 1e20, math.MaxFloat32, float32(math.Inf(1)), float32(math.NaN())}
	for _, o := range operations {
		for _, a := range extremes {
			for _, b := range extremes {
				compareTwins(t, o, 33, 1, plant(math.Float32bits(a), math.Float32bits(-b)))
			}
		}
	}
}

// FuzzTwins compares paths on arrays with arbitrary bits among them.
func FuzzTwins(f *testing.F) {
	f.Add(uint8(0), uint16(5), uint64(1), uint32(0x7fc00000), uint32(0x7f800000))
	f.Add(uint8(6), uint16(33), uint64(2), uint32(1), uint32(0x80000000))
	f.Add(uint8(12), uint16(70), uint64(3), uint32(0x00400000), uint32(0x42b17218))
	f.Fuzz(func(t *testing.T, which uint8, n uint16, seed uint64, a, b uint32) {
		compareTwins(t, operations[int(which)%len(operations)], int(n)%600, seed, plant(a, b))
	})
}
