package trainer

import (
	"time"

	"gaetrain/graph/kernel"
	"gaetrain/loaders/memory"
)

// Roofline bounds the time of a step from below: by the operations at the processor's
// peak rate, and by the memory that is moved at the bandwidth (Williams, Waterman &
// Patterson 2009). Each operation of the graph reads its inputs once and writes its
// results and its work space once, the backward pass of a layer also reads the inputs of
// the layer, and the solver reads and writes each weight and moment once. Caches can make
// a step move less, and products whose factors leave the cache move more. The preparation
// of the next batch is not counted.
type Roofline struct {
	MovedMegabytes      float64 `json:"moved_megabytes_per_step"` // of 10⁶ bytes, as below
	WorkingSetMegabytes float64 `json:"working_set_megabytes"`    // weights, moments, inputs and buffers
	WorkingSetLevel     string  `json:"working_set_level"`        // the smallest cache that it fits into: L2, L3; or memory
	// Bandwidth in 10⁹ bytes a second is measured in this run, by reading and writing an
	// array as large as the working set.
	Bandwidth          float64 `json:"bandwidth_gigabytes_per_second"`
	BandwidthOneThread float64 `json:"bandwidth_one_thread_gigabytes_per_second"`
	FLOPPerByte        float64 `json:"flop_per_byte"`
	MillisecondsBound  float64 `json:"milliseconds_bound"` // the larger of both bounds
	BoundBy            string  `json:"bound_by"`           // arithmetic or bandwidth
	ShareOfBound       float64 `json:"share_of_bound"`     // of the median step
}

// roofline measures the bandwidth for the working set of a step, for the given time each,
// and bounds a step that takes the given seconds and has gflop operations in its products.
func (l *Loop) roofline(d time.Duration, gflop, peak, seconds float64) Roofline {
	const largest = 512e6 // bytes; larger than the caches of most processors
	moved, held := l.traffic()
	one, all := kernel.Bandwidth(d, int(min(held, largest, memory.Limit()/4)))
	r := Roofline{
		MovedMegabytes: float64(moved) / 1e6, WorkingSetMegabytes: float64(held) / 1e6, WorkingSetLevel: cacheLevel(held),
		Bandwidth: all / 1e9, BandwidthOneThread: one / 1e9, FLOPPerByte: 1e9 * gflop / float64(moved),
	}
	arithmetic, bandwidth := gflop/peak, float64(moved)/1e9/r.Bandwidth
	r.BoundBy = "arithmetic"
	if bandwidth > arithmetic {
		r.BoundBy = "bandwidth"
	}
	bound := max(arithmetic, bandwidth)
	r.MillisecondsBound, r.ShareOfBound = 1e3*bound, bound/seconds
	return r
}

// traffic is the memory in bytes that a step moves, and the memory that it uses.
func (l *Loop) traffic() (moved, held int64) {
	add := func(m, h int64) { moved, held = moved+m, held+h }
	add(l.Program.Traffic())
	add(l.solver.traffic(l.Program.Gradients()))
	if l.opponent != nil {
		add(l.opponent.Traffic())
		add(l.solver.traffic(l.opponent.gradients()))
	}
	return moved, held
}
