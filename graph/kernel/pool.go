package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// task is work on the index range [0, n) that can be done in any order and on
// any goroutine: run does the part [lo, hi).
type task interface{ run(lo, hi int) }

// parallel runs t over [0, n), in blocks that are multiples of grain, on the
// calling goroutine and those of the pool that are free. It returns when all
// is done. Work of one block, and work that comes while another caller uses
// the pool, runs on the calling goroutine alone, so parallel may be called
// from several goroutines and from within a task. A panic of t, on whatever
// goroutine, is raised here.
func parallel(n, grain int, t task) {
	threads := runtime.GOMAXPROCS(0)
	if n <= grain || threads == 1 || !workers.busy.TryLock() {
		if n > 0 {
			t.run(0, n)
		}
		return
	}
	workers.do(n, grain, threads, t)
}

// blocksPerThread is how finely parallel divides work: more blocks even out
// threads of unequal speed, fewer cost less.
const blocksPerThread = 4

// spinTime is how long a worker without work looks for more before it parks:
// longer than what a training step does on one thread between two calls, or
// every step would pay for waking it.
const spinTime = 200 * time.Microsecond

// pool is a set of worker goroutines that serve one caller at a time.
//
// state is the word on which they agree: generation<<32 | seats<<16 | seated.
// A caller opens a generation with some seats; a worker takes a seat, works
// until no block is left, and gets up; the caller takes the empty seats away
// and leaves when nobody is seated. A worker that comes late thus finds no
// seat and touches nothing of the task.
type pool struct {
	busy  sync.Mutex // held by the caller that is served
	count int        // worker goroutines, guarded by busy

	task     task
	block    int
	shares   []share             // as many as there are threads at work
	panicked atomic.Pointer[any] // the value of the first panic

	_      [64]byte // keep the words that threads share on cache lines of their own
	state  atomic.Uint64
	_      [56]byte
	parked atomic.Int32
	wake   chan struct{}
}

// share is the part of the range that a thread begins with: always the same
// one, so that what it wrote the last time is in its cache. When its own is
// done, it helps with the others.
type share struct {
	next atomic.Int64 // first index that nobody has taken
	end  int
	_    [48]byte
}

const (
	seat       = 1 << 16
	seats      = 0xffff * seat
	seated     = 0xffff
	generation = 32
)

var workers = pool{wake: make(chan struct{}, seated)}

// do runs t with at most threads−1 workers. The caller holds p.busy.
func (p *pool) do(n, grain, threads int, t task) {
	block := (n + threads*blocksPerThread - 1) / (threads * blocksPerThread)
	block = (block + grain - 1) / grain * grain
	helpers := min(threads, (n+block-1)/block, seated) - 1
	for ; p.count < helpers; p.count++ {
		go p.work(p.count + 1)
	}
	p.task, p.block = t, block
	if cap(p.shares) <= helpers {
		p.shares = make([]share, helpers+1)
	}
	p.shares = p.shares[:helpers+1]
	for i, blocks := 0, (n+block-1)/block; i <= helpers; i++ {
		p.shares[i].next.Store(int64(blocks * i / (helpers + 1) * block))
		p.shares[i].end = min(blocks*(i+1)/(helpers+1)*block, n)
	}
	p.state.Store((p.state.Load()>>generation+1)<<generation | uint64(helpers)*seat)
	for range min(helpers, int(p.parked.Load())) {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
	defer p.finish()
	p.drain(0)
}

// drain runs blocks until none is left, those of the share at home first.
func (p *pool) drain(home int) {
	for i := range p.shares {
		s := &p.shares[(home+i)%len(p.shares)]
		for {
			hi := int(s.next.Add(int64(p.block)))
			lo := hi - p.block
			if lo >= s.end {
				break
			}
			p.task.run(lo, min(hi, s.end))
		}
	}
}

// drop takes all blocks that nobody has taken.
func (p *pool) drop() {
	for i := range p.shares {
		p.shares[i].next.Store(int64(p.shares[i].end))
	}
}

// finish waits for the workers and gives the pool back, also while the caller
// panics.
func (p *pool) finish() {
	p.drop()
	p.state.And(^uint64(seats))
	for spins := 1; p.state.Load()&seated != 0; spins++ {
		pause()
		if spins%256 == 0 {
			runtime.Gosched() // a worker's goroutine may wait for this processor
		}
	}
	p.task = nil
	value := p.panicked.Swap(nil)
	p.busy.Unlock()
	if value != nil {
		panic(*value)
	}
}

// work is the life of a worker: await a generation it has not served, sit down.
func (p *pool) work(home int) {
	var served uint64
	for {
		state := p.await(served)
		if !p.state.CompareAndSwap(state, state-seat+1) {
			continue
		}
		served = state >> generation
		p.serve(home)
		p.state.Add(^uint64(0))
	}
}

// serve is drain with a panic kept for the caller.
func (p *pool) serve(home int) {
	defer func() {
		if raised := recover(); raised != nil {
			value := raised // of which the address is taken, so that nothing is allocated where nothing is raised
			p.panicked.CompareAndSwap(nil, &value)
			p.drop()
		}
	}()
	p.drain(home)
}

// await returns a state with a free seat in a generation other than served.
// It spins for spinTime and then parks until a caller wakes it.
func (p *pool) await(served uint64) uint64 {
	var since time.Time
	for spins := 0; ; spins++ {
		state := p.state.Load()
		if state&seats != 0 && state>>generation != served {
			return state
		}
		pause()
		if spins%32 != 0 {
			continue
		}
		if since.IsZero() {
			since = time.Now()
		} else if time.Since(since) > spinTime {
			p.parked.Add(1)
			// A caller that opened before it could see this worker parked sends no token.
			if p.state.Load() == state {
				<-p.wake
			}
			p.parked.Add(-1)
			since = time.Time{}
		}
	}
}
