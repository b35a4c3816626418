package kernel

import (
	"testing"
	"time"
)

func TestPeakFLOPS(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		const long = 50 * time.Millisecond // longer than a busy machine interrupts a thread
		one := PeakFLOPS(long, 1)
		if one < 1e8 || one > 1e12 {
			t.Errorf("one thread: %g FLOP/s", one)
		}
		if all := PeakFLOPS(long, 0); all < 1e8 {
			t.Errorf("all threads: %g FLOP/s", all)
		}
		if short := PeakFLOPS(0, 0); !(short > 0) {
			t.Errorf("no time: %g FLOP/s", short)
		}
	})
}
