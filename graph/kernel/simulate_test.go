package kernel

import (
	"errors"
	"testing"
	"time"
)

// takes is work that takes a second of a clock for each index.
type takes struct {
	visits
	clock time.Duration
}

func (w *takes) run(lo, hi int) {
	w.visits.run(lo, hi)
	w.clock += time.Duration(hi-lo) * time.Second
}

func TestSimulationAddsTheBlocksOfEachThread(t *testing.T) {
	setThreads(t, 2)
	const second = time.Second
	for _, c := range []struct {
		n, grain, threads int
		want              Simulation
	}{
		{12, 1, 1, Simulation{Serial: 12 * second}},
		{12, 1, 3, Simulation{Calls: 1, Helpers: 2, Parallel: 4 * second}},  // 12 blocks, 4 for each thread
		{12, 1, 64, Simulation{Calls: 1, Helpers: 11, Parallel: second}},    // no more threads than blocks
		{12, 5, 64, Simulation{Calls: 1, Helpers: 2, Parallel: 5 * second}}, // blocks of 5, 5 and 2
		{14, 3, 2, Simulation{Calls: 1, Helpers: 1, Parallel: 8 * second}},  // of 3, 3 and of 3, 3, 2
		{5, 5, 64, Simulation{Serial: 5 * second}},                          // a single block
		{7, 1, 3, Simulation{Calls: 1, Helpers: 2, Parallel: 3 * second}},   // of 2, 2 and 3 blocks
	} {
		w := &takes{visits: visits{count: make([]int32, c.n), grain: c.grain}}
		got, err := simulate(c.threads, func() time.Duration { return w.clock }, func() error { parallel(c.n, c.grain, w); return nil })
		w.check(t)
		if err != nil || got != c.want {
			t.Errorf("%d by %d on %d threads: %+v, %v, want %+v", c.n, c.grain, c.threads, got, err, c.want)
		}
	}
}

func TestSimulationEnds(t *testing.T) {
	setThreads(t, 2)
	failed := errors.New("failed")
	if _, err := Simulate(8, func() error { return failed }); err != failed {
		t.Error(err)
	}
	n := &nested{} // calls from within a task are not divided
	for i := range n.inner {
		n.inner[i] = visits{count: make([]int32, 16), grain: 1}
	}
	s, _ := Simulate(8, func() error { parallel(len(n.inner), 1, n); return nil })
	for i := range n.inner {
		n.inner[i].check(t)
	}
	if s.Calls != 1 || simulated.Load() != nil {
		t.Errorf("%+v", s)
	}
	v := &visits{count: make([]int32, 100), grain: 1}
	parallel(100, 1, v) // the pool is free again
	v.check(t)
}

func TestBandwidthAndCallCost(t *testing.T) {
	setThreads(t, 2)
	if one, all := Bandwidth(time.Millisecond, 1<<16); one < 1e8 || all < one || all > 1e14 {
		t.Errorf("%v and %v bytes a second", one, all)
	}
	if call, further := CallCost(); call <= 0 || further <= 0 || call > time.Second {
		t.Errorf("%v, %v", call, further)
	}
}
