package kernel

import (
	"runtime"
	"sync"
	"time"
)

// PeakFLOPS measures the fused multiply-add peak of this machine on the
// selected path, in floating-point operations per second (an FMA counts as
// two). It runs independent operations in registers on the given number of
// goroutines for the time d; threads < 1 means GOMAXPROCS, and at most
// GOMAXPROCS of them run at the same time. The result is the sum of the best of
// many short intervals of each goroutine, so other work on the machine has
// little effect.
func PeakFLOPS(d time.Duration, threads int) float64 {
	if threads < 1 {
		threads = runtime.GOMAXPROCS(0)
	}
	best := make([]float64, threads)
	var group sync.WaitGroup
	for i := range best {
		group.Go(func() { best[i] = peakSpells(d) })
	}
	group.Wait()
	var sum float64
	for _, rate := range best {
		sum += rate
	}
	return sum
}

// peakSpells returns the best rate of intervals of some 100 µs that take d
// together.
func peakSpells(d time.Duration) (best float64) {
	const iterations = 20_000
	for begin := time.Now(); ; {
		start := time.Now()
		active.peak(iterations)
		best = max(best, float64(iterations*active.peakFLOPs)/time.Since(start).Seconds())
		if time.Since(begin) >= d {
			return best
		}
	}
}

// peakGeneric is a loop of independent multiply-adds, with peakGenericFLOPs
// operations per iteration.
func peakGeneric(iterations int) {
	x := float32(iterations) * 0
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for range iterations {
		s0 += x * s0
		s1 += x * s1
		s2 += x * s2
		s3 += x * s3
		s4 += x * s4
		s5 += x * s5
		s6 += x * s6
		s7 += x * s7
	}
	runtime.KeepAlive(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7)
}

const peakGenericFLOPs = 8 * 2
