package kernel

import (
	"fmt"
	"math"
)

// SmoothActivation is an elementwise function y = x·σ(u(x)), where σ is the
// sigmoid. It has a minimum, so two values of x can have the same y. Its slope
// is therefore computed from x, unlike that of an Activation.
type SmoothActivation uint8

// The smooth activations.
const (
	GELU SmoothActivation = iota // u = √(8/π)·(x + 0.044715·x³), the tanh approximation of x·Φ(x) (Hendrycks & Gimpel 2016)
	SiLU                         // u = x (Elfwing 2018)
)

var smoothNames = [...]string{"gelu", "silu"}

// SmoothActivations lists every smooth activation in order.
func SmoothActivations() []SmoothActivation { return []SmoothActivation{GELU, SiLU} }

// String returns the name used in flags and files: "gelu" or "silu".
func (a SmoothActivation) String() string {
	if int(a) < len(smoothNames) {
		return smoothNames[a]
	}
	return fmt.Sprintf("smooth activation(%d)", uint8(a))
}

// ActivateSmooth computes dst = a(src), elementwise, with an error of at most
// 5e-7 relative to max(1, |dst|).
func ActivateSmooth(a SmoothActivation, dst, src []float32) {
	runSmooth(smoothTask{a, src, nil, dst[:len(src)]})
}

// SmoothGradient computes dx = dy ⊙ a′(x), elementwise (length of x). dx may be dy
// or x.
func SmoothGradient(a SmoothActivation, x, dy, dx []float32) {
	runSmooth(smoothTask{a, x, dy[:len(x)], dx[:len(x)]})
}

func runSmooth(content smoothTask) {
	t := smoothTasks.get()
	*t = content
	parallel(len(t.x), heavyGrain, t)
	*t = smoothTask{}
	smoothTasks.put(t)
}

// smoothTask computes values, or with dy gradients.
type smoothTask struct {
	activation SmoothActivation
	x, dy, dst []float32
}

// smoothPiece is how many numbers are computed at a time: their arguments and
// their sigmoids stay in the first-level cache.
const smoothPiece = 1024

var (
	smoothTasks   freeList[smoothTask]
	smoothBuffers freeList[[smoothPiece]float32]
)

func (t *smoothTask) run(lo, hi int) {
	buffer := smoothBuffers.get()
	for ; lo < hi; lo += smoothPiece {
		end := min(lo+smoothPiece, hi)
		x, dst, u := t.x[lo:end], t.dst[lo:end], buffer[:end-lo]
		if t.dy == nil {
			t.activation.values(x, u, dst)
		} else {
			t.activation.gradients(x, u, t.dy[lo:end], dst)
		}
	}
	smoothBuffers.put(buffer)
}

// In u(x) = x·(first + third·x²), these are the coefficients of gelu.
const GELUFirst, GELUThird = 1.5957691216057308, 0.044715 * GELUFirst

// values computes y = x·σ(u(x)). The conversions to float32 in the formulas keep products
// from being fused with sums, which would change bits between processors.
func (a SmoothActivation) values(x, u, y []float32) {
	u, y = u[:len(x)], y[:len(x)]
	argument := x
	if a == GELU {
		for i, v := range x {
			u[i] = v * (GELUFirst + float32(GELUThird*float32(v*v)))
		}
		argument = u
	}
	active.activate[Sigmoid](u, argument)
	for i, v := range x {
		if u[i] == 0 { // also for −∞
			v = 0
		}
		y[i] = v * u[i]
	}
}

// gradients computes dx = dy·(σ + x·σ·(1−σ)·u′). It computes the sigmoid of −|u|,
// from which both σ and 1 − σ follow without cancellation.
func (a SmoothActivation) gradients(x, u, dy, dx []float32) {
	const sign = 1 << 31
	u, dy, dx = u[:len(x)], dy[:len(x)], dx[:len(x)]
	first, third := float32(1), float32(0)
	if a == GELU {
		first, third = GELUFirst, 3*GELUThird // of u′
		for i, v := range x {
			v *= GELUFirst + float32(GELUThird*float32(v*v))
			u[i] = math.Float32frombits(math.Float32bits(v) | sign)
		}
	} else {
		for i, v := range x {
			u[i] = math.Float32frombits(math.Float32bits(v) | sign)
		}
	}
	active.activate[Sigmoid](u, u)
	for i, v := range x {
		small := u[i]
		large := 1 - small
		// The sign of x selects σ without a branch, which would often be predicted wrong.
		negative := uint32(int32(math.Float32bits(v)) >> 31)
		slope := math.Float32frombits(math.Float32bits(large)&^negative | math.Float32bits(small)&negative)
		if small != 0 { // else x or u′ may be infinite
			slope += float32(float32(v*(first+float32(third*float32(v*v)))) * float32(small*large))
		}
		dx[i] = dy[i] * slope
	}
}
