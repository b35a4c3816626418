package kernel

import (
	"testing"
	"time"
)

func TestPeakFLOPS(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		one := PeakFLOPS(2*time.Millisecond, 1)
		if one < 1e8 || one > 1e12 {
			t.Errorf("one thread: %g FLOP/s", one)
		}
		if all := PeakFLOPS(0, 0); all < 1e8 {
			t.Errorf("all threads: %g FLOP/s", all)
		}
	})
}
