package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// visits counts how often each index is run.
type visits struct {
	count []int32
	grain int
	bad   atomic.Bool
}

func (v *visits) run(lo, hi int) {
	if lo%v.grain != 0 || lo >= hi {
		v.bad.Store(true)
	}
	for i := lo; i < hi; i++ {
		atomic.AddInt32(&v.count[i], 1)
	}
}

func (v *visits) check(t *testing.T) {
	t.Helper()
	if v.bad.Load() {
		t.Error("a block is empty or does not start at a multiple of the grain")
	}
	for i, c := range v.count {
		if c != 1 {
			t.Fatalf("index %d of %d ran %d times", i, len(v.count), c)
		}
	}
}

func setThreads(t testing.TB, n int) {
	old := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(old) })
}

func TestParallelRunsEachIndexOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8, 2} {
		setThreads(t, threads)
		for _, n := range []int{0, 1, 2, 7, 64, 65, 1000} {
			for _, grain := range []int{1, 3, 64} {
				v := &visits{count: make([]int32, n), grain: grain}
				parallel(n, grain, v)
				v.check(t)
			}
		}
	}
}

func TestParallelAfterIdle(t *testing.T) {
	setThreads(t, 4)
	for range 20 {
		time.Sleep(3 * spinTime) // workers park
		v := &visits{count: make([]int32, 100), grain: 1}
		parallel(100, 1, v)
		v.check(t)
	}
}

func TestParallelConcurrentCallers(t *testing.T) {
	setThreads(t, 4)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 500 {
				v := &visits{count: make([]int32, 37), grain: 2}
				parallel(37, 2, v)
				v.check(t)
			}
		})
	}
	group.Wait()
}

// nested calls parallel from within a task.
type nested struct{ inner [8]visits }

func (n *nested) run(lo, hi int) {
	for i := lo; i < hi; i++ {
		parallel(16, 1, &n.inner[i])
	}
}

func TestParallelNested(t *testing.T) {
	setThreads(t, 4)
	n := &nested{}
	for i := range n.inner {
		n.inner[i] = visits{count: make([]int32, 16), grain: 1}
	}
	parallel(len(n.inner), 1, n)
	for i := range n.inner {
		n.inner[i].check(t)
	}
}

// panics panics at one index, after the other threads had time to start.
type panics struct{ at int }

func (p *panics) run(lo, hi int) {
	time.Sleep(100 * time.Microsecond)
	if lo <= p.at && p.at < hi {
		panic("at the index")
	}
}

func TestParallelPanicReachesCaller(t *testing.T) {
	setThreads(t, 4)
	for at := range 16 {
		func() {
			defer func() {
				if got := recover(); got != "at the index" {
					t.Errorf("recovered %v", got)
				}
			}()
			parallel(16, 1, &panics{at})
		}()
		v := &visits{count: make([]int32, 16), grain: 1}
		parallel(16, 1, v)
		v.check(t)
	}
}

func TestParallelAllocatesNothing(t *testing.T) {
	setThreads(t, 2)
	v := &visits{count: make([]int32, 64), grain: 1}
	if n := testing.AllocsPerRun(100, func() { parallel(64, 1, v) }); n != 0 {
		t.Errorf("%v allocations per call", n)
	}
}

// TestWorkersAllocateNothing uses two threads, because AllocsPerRun allows only
// one.
func TestWorkersAllocateNothing(t *testing.T) {
	setThreads(t, 2)
	const calls = 2000
	call := func() { parallel(8, 1, pauses{}) }
	call()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range calls {
		call()
	}
	runtime.ReadMemStats(&after)
	if n := after.Mallocs - before.Mallocs; n > calls/10 { // the runtime itself allocates a little
		t.Errorf("%d allocations in %d calls", n, calls)
	}
}

// pauses is work that is long enough for a worker to start.
type pauses struct{}

func (pauses) run(lo, hi int) {
	for range 50 * (hi - lo) {
		pause()
	}
}

type nothing struct{}

func (nothing) run(lo, hi int) {}

func BenchmarkParallel(b *testing.B) {
	for b.Loop() {
		parallel(8, 1, nothing{})
	}
}
