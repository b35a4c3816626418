package trainer

import (
	"context"
	"runtime"
	"time"

	"gaetrain/graph/kernel"
	"gaetrain/loaders"
)

// Prediction says how long a step would take with other numbers of cores. The parts of
// each call of the pool are measured one after the other on one core, see kernel.Simulate.
// All times are those of the fastest step, which other work on the machine affects least.
type Prediction struct {
	Assumes                   string          `json:"assumes"`
	CallMicroseconds          float64         `json:"call_microseconds"`           // of the pool with two threads
	FurtherThreadMicroseconds float64         `json:"further_thread_microseconds"` // that each further thread adds to it
	Steps                     []PredictedStep `json:"steps"`
}

const assumptions = "each core computes as fast as one core alone does here, the clock does not fall and caches help no more than here; " +
	"bandwidth grows with the number of cores; a further thread costs a call of the pool the same time; batches are ready in time"

// PredictedStep is the time of a step with a number of threads, one on each core.
type PredictedStep struct {
	Threads   int     `json:"threads"`
	Predicted float64 `json:"predicted_milliseconds"`         // the larger of the work and the bandwidth bound
	Measured  float64 `json:"measured_milliseconds,omitzero"` // for numbers of threads that this process has
	Speedup   float64 `json:"predicted_speedup"`              // over one thread
	Serial    float64 `json:"serial_milliseconds"`            // work of one thread, such as the TapeMachine
	Parallel  float64 `json:"parallel_milliseconds"`          // work of the thread that ends last in each call
	Calls     float64 `json:"calls_milliseconds"`             // cost of the calls of the pool
	Bandwidth float64 `json:"bandwidth_milliseconds"`         // bound of the bandwidth
}

// predictedThreads are the numbers of threads of a prediction.
var predictedThreads = []int{1, 2, 4, 8, 16, 32, 64}

// predict predicts the steps of a benchmark. It simulates each number of threads for a
// part of the given time, and measures those that the process has.
func (l *Loop) predict(ctx context.Context, duration time.Duration, b Benchmark) (*Prediction, error) {
	call, further := kernel.CallCost()
	p := &Prediction{Assumes: assumptions, CallMicroseconds: 1e3 * milliseconds(call), FurtherThreadMicroseconds: 1e3 * milliseconds(further)}
	part := duration / time.Duration(len(predictedThreads))
	var simulations []kernel.Simulation
	for batch, err := range l.stream.Epoch(l.Position.Epoch, 0) {
		if err == nil {
			simulations, err = l.simulate(ctx, batch, part)
		}
		if err != nil {
			return nil, err
		}
		break // the other batches wait, so their preparation does not disturb the simulation
	}
	for i, s := range simulations {
		step := PredictedStep{
			Threads: predictedThreads[i], Serial: milliseconds(s.Serial), Parallel: milliseconds(s.Parallel),
			Calls:     milliseconds(time.Duration(s.Calls)*(call-further) + time.Duration(s.Helpers)*further),
			Bandwidth: b.MovedMegabytes / b.at(predictedThreads[i]),
		}
		step.Predicted = max(step.Serial+step.Parallel+step.Calls, step.Bandwidth)
		p.Steps = append(p.Steps, step)
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		s.Speedup = p.Steps[0].Predicted / s.Predicted
		if s.Threads > b.Threads {
			continue
		}
		var err error
		if s.Measured, err = l.measured(ctx, s.Threads, part); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// at is the bandwidth in bytes a nanosecond with a number of threads.
func (b *Benchmark) at(threads int) float64 {
	if threads == 1 {
		return b.BandwidthOneThread
	}
	return max(b.BandwidthOneThread, b.Bandwidth*float64(threads)/float64(b.Threads))
}

// simulate returns the simulations of the fastest steps on a batch, one for each of
// predictedThreads, in the given time for each. It simulates all of them twice, because other
// work on the machine can be long.
func (l *Loop) simulate(ctx context.Context, batch *loaders.Batch, d time.Duration) ([]kernel.Simulation, error) {
	const fewest = 2 // steps, of which the first may allocate
	best := make([]kernel.Simulation, len(predictedThreads))
	for range 2 {
		for i, threads := range predictedThreads {
			begin := time.Now()
			for steps := 0; steps < fewest || time.Since(begin) < d/2; steps++ {
				s, err := kernel.Simulate(threads, func() error { return l.step(ctx, batch) })
				if err != nil {
					return nil, err
				}
				if old := best[i]; old.Serial == 0 || s.Serial+s.Parallel < old.Serial+old.Parallel {
					best[i] = s
				}
			}
		}
	}
	return best, nil
}

// measured returns the milliseconds of the fastest step with a number of threads.
func (l *Loop) measured(ctx context.Context, threads int, d time.Duration) (float64, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
	times, _, err := l.measure(ctx, d, new(Benchmark))
	if err != nil {
		return 0, err
	}
	return milliseconds(times[0]), nil
}
