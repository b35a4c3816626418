package kernel

import (
	"runtime"
	"sync"
	"time"
)

// PeakFLOPS measures the fused multiply-add peak of this machine on the path
// in use, in floating-point operations a second (an FMA is two): independent
// operations in registers on so many goroutines at once for the time d, at
// most GOMAXPROCS of which run together; threads < 1 means GOMAXPROCS. It adds
// up the best of many short spells of each, so that a machine that is busy
// with other things for a while is not taken for a slow one.
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

// peakSpells returns the best rate of spells of some 100 µs that last d together.
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

// peakGeneric is a loop of independent multiply-adds, peakGenericFLOPs an
// iteration.
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
