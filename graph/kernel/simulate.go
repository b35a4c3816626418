package kernel

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Simulation says how long work would take on a number of threads, from a run
// of all its parts on one of them.
type Simulation struct {
	Calls    int           // of the pool
	Helpers  int           // workers that took part in these calls, added up
	Serial   time.Duration // outside these calls
	Parallel time.Duration // inside them, on the thread that would end last
}

// Simulate runs f and simulates the pool with the given number of threads.
// Every call of the pool divides its work as it would for these threads. The
// goroutine that calls it runs the blocks one after the other and adds the time
// of each to the thread that would have taken it: the one that is free first.
// The results of f are the same as without a simulation.
//
// The simulation knows the size and the order of the blocks. It does not know
// the caches and the clock rates of other cores, nor the cost of a call. Only
// f may use the pool, from one goroutine at a time.
func Simulate(threads int, f func() error) (Simulation, error) {
	start := time.Now()
	return simulate(threads, func() time.Duration { return time.Since(start) }, f)
}

// simulate is Simulate with a clock.
func simulate(threads int, clock func() time.Duration, f func() error) (Simulation, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
	s := &simulation{clock: clock}
	simulated.Store(s)
	defer simulated.Store(nil)
	start := clock()
	err := f()
	s.Serial = clock() - start - s.inside
	return s.Simulation, err
}

// simulated is the running simulation; nil: there is none.
var simulated atomic.Pointer[simulation]

type simulation struct {
	Simulation
	clock  func() time.Duration
	inside time.Duration // spent in calls of the pool
}

// run runs a task in the blocks of a pool with the given threads. The caller
// holds the lock of the pool, which run releases.
func (s *simulation) run(n, grain, threads int, t task) {
	defer workers.busy.Unlock()
	start := s.clock()
	block, helpers := divide(n, grain, threads)
	shares, free := make([]share, helpers+1), make([]time.Duration, helpers+1)
	deal(shares, n, block)
	for {
		thread := slices.Index(free, slices.Min(free)) // the first one that is free
		lo, hi := take(shares, thread, block)
		if lo == hi {
			break
		}
		begin := s.clock()
		t.run(lo, hi)
		free[thread] += s.clock() - begin
	}
	s.Calls, s.Helpers = s.Calls+1, s.Helpers+helpers
	s.Parallel += slices.Max(free)
	s.inside += s.clock() - start
}

// take returns the next block for a thread, from its own share while it lasts. The
// block is empty if all are taken.
func take(shares []share, home, block int) (lo, hi int) {
	for i := range shares {
		s := &shares[(home+i)%len(shares)]
		if lo := int(s.next.Load()); lo < s.end {
			s.next.Add(int64(block))
			return lo, min(lo+block, s.end)
		}
	}
	return 0, 0
}

// CallCost measures what a call of the pool costs with two threads, and what
// each further thread adds to it. A thread that joins a call and leaves it
// changes one word that all threads share, twice. One such change is measured
// while all threads make changes. With GOMAXPROCS 1 there is no second thread to
// measure, so the result is that of a common machine.
func CallCost() (call, further time.Duration) {
	const calls, changes = 2000, 20_000
	threads := runtime.GOMAXPROCS(0)
	if threads == 1 {
		return time.Microsecond, 100 * time.Nanosecond
	}
	call = time.Hour
	for range 5 {
		start := time.Now()
		for range calls {
			parallel(2, 1, empty{})
		}
		call = min(call, time.Since(start)/calls)
	}
	var word atomic.Uint64
	var group sync.WaitGroup
	start := time.Now()
	for range threads {
		group.Go(func() {
			for range changes {
				word.Add(1)
			}
		})
	}
	group.Wait()
	return call, 2 * time.Since(start) / time.Duration(changes*threads)
}

// empty is a task without work.
type empty struct{}

func (empty) run(lo, hi int) {}
