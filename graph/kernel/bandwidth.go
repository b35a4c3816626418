package kernel

import (
	"runtime/debug"
	"time"
)

// Bandwidth measures how many bytes a second this machine reads and writes, with
// one thread and with all threads. It multiplies the numbers of an array in
// place, again and again for the time d: each number is read once and written
// once, 8 bytes. The size of the array in bytes decides which level of the
// caches is measured, or memory. The results are those of the fastest passes, so
// other work on the machine has little effect.
func Bandwidth(d time.Duration, bytes int) (one, all float64) {
	const shortest = 1 << 16 // so that a pass takes longer than a call of the pool
	x := make([]float32, max(shortest, bytes/4))
	Scale(1, x) // a page gets memory when it is first written
	one = fastest(d, x, func() { active.scale(1, x) })
	all = fastest(d, x, func() { Scale(1, x) })
	x = nil
	debug.FreeOSMemory() // now, because it would slow down later measurements
	return one, max(one, all)
}

// fastest returns the bytes a second of the fastest pass over an array.
func fastest(d time.Duration, x []float32, pass func()) (best float64) {
	const fewest = 3
	begin := time.Now()
	for passes := 0; passes < fewest || time.Since(begin) < d; passes++ {
		start := time.Now()
		pass()
		best = max(best, 8*float64(len(x))/time.Since(start).Seconds())
	}
	return best
}
