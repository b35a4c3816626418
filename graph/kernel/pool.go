package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// task is work on the index range [0, n) in any order and on any goroutine. run
// processes [lo, hi).
type task interface{ run(lo, hi int) }

// parallel runs t over [0, n), in blocks that are multiples of grain, on the
// calling goroutine and on idle workers of the pool. It returns when all blocks
// are done. A single block, or work while another caller uses the pool, runs on
// the calling goroutine alone. parallel may therefore be called from several
// goroutines and from within a task. A panic of t on any goroutine is raised in
// the caller.
func parallel(n, grain int, t task) {
	threads := runtime.GOMAXPROCS(0)
	if n <= grain || threads == 1 || !workers.busy.TryLock() {
		if n > 0 {
			t.run(0, n)
		}
		return
	}
	if s := simulated.Load(); s != nil {
		s.run(n, grain, threads, t)
		return
	}
	workers.do(n, grain, threads, t)
}

// blocksPerThread is the number of blocks for each thread. More blocks balance
// threads of different speed, and fewer blocks cost less.
const blocksPerThread = 4

// spinTime is the time that an idle worker spins before it parks. It is longer
// than the serial work between two calls in a training step, because waking a
// worker is slow.
const spinTime = 200 * time.Microsecond

// yieldAfter is the time after which a spinning worker yields its processor to other
// goroutines and threads that want it. Most pauses between two calls are shorter. With
// 30 µs, steps of small nets took a third longer on a machine without other work.
const yieldAfter = 120 * time.Microsecond

// pool is a set of worker goroutines that serve one caller at a time.
//
// state holds generation<<32 | seats<<16 | seated. A caller opens a generation
// with some seats. A worker takes a seat, works until no block is left, and
// leaves the seat. The caller removes the empty seats and returns when nobody
// is seated. A worker that is late finds no seat and does not touch the task.
type pool struct {
	busy  sync.Mutex // held by the caller that uses the pool
	count int        // number of workers, guarded by busy

	task     task
	block    int
	shares   []share             // one for each thread
	panicked atomic.Pointer[any] // the value of the first panic

	_      [64]byte // separate cache lines for words that threads share
	state  atomic.Uint64
	_      [56]byte
	parked atomic.Int32
	wake   chan struct{}
}

// share is the part of the range that a thread starts with. It is the same in
// every call, so what the thread wrote last is in its cache. When its own share
// is done, the thread works on the others.
type share struct {
	next atomic.Int64 // first index that is not taken
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

// divide returns the size of the blocks of [0, n), and the number of workers
// that help the caller.
func divide(n, grain, threads int) (block, helpers int) {
	block = (n + threads*blocksPerThread - 1) / (threads * blocksPerThread)
	block = (block + grain - 1) / grain * grain
	return block, min(threads, (n+block-1)/block, seated) - 1
}

// deal divides the blocks of [0, n) among the shares.
func deal(shares []share, n, block int) {
	for i, blocks := 0, (n+block-1)/block; i < len(shares); i++ {
		shares[i].next.Store(int64(blocks * i / len(shares) * block))
		shares[i].end = min(blocks*(i+1)/len(shares)*block, n)
	}
}

// do runs t with at most threads−1 workers. The caller holds p.busy.
func (p *pool) do(n, grain, threads int, t task) {
	block, helpers := divide(n, grain, threads)
	for ; p.count < helpers; p.count++ {
		go p.work(p.count + 1)
	}
	p.task, p.block = t, block
	if cap(p.shares) <= helpers {
		p.shares = make([]share, helpers+1)
	}
	p.shares = p.shares[:helpers+1]
	deal(p.shares, n, block)
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

// drain runs blocks until none is left, first those of the share home.
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

// drop takes all remaining blocks.
func (p *pool) drop() {
	for i := range p.shares {
		p.shares[i].next.Store(int64(p.shares[i].end))
	}
}

// finish waits for the workers and releases the pool, also if the caller
// panics.
func (p *pool) finish() {
	p.drop()
	p.state.And(^uint64(seats))
	for spins := 1; p.state.Load()&seated != 0; spins++ {
		pause()
		if spins%256 == 0 {
			runtime.Gosched() // the goroutine of a worker may need this processor
		}
	}
	p.task = nil
	value := p.panicked.Swap(nil)
	p.busy.Unlock()
	if value != nil {
		panic(*value)
	}
}

// work is the loop of a worker: wait for a new generation and take a seat.
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

// serve is drain that stores a panic for the caller.
func (p *pool) serve(home int) {
	defer func() {
		if raised := recover(); raised != nil {
			value := raised // a copy whose address is taken, so nothing is allocated without a panic
			p.panicked.CompareAndSwap(nil, &value)
			p.drop()
		}
	}()
	p.drain(home)
}

// await returns a state with a free seat in a generation other than served. It
// spins for spinTime and then parks until a caller wakes it. After yieldAfter it yields
// its processor at each look at the clock.
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
			continue
		}
		switch idle := time.Since(since); {
		case idle > spinTime:
			p.parked.Add(1)
			// A caller that opened before it could see this worker as parked
			// sends no token.
			if p.state.Load() == state {
				<-p.wake
			}
			p.parked.Add(-1)
			since = time.Time{}
		case idle > yieldAfter:
			runtime.Gosched()
			yield()
		}
	}
}
