package trainer

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"gaetrain/graph/kernel"
)

// Benchmark holds the time and the memory of training steps on this machine.
type Benchmark struct {
	Model               string  `json:"model"`
	Batch               int     `json:"batch"`
	Parameters          int     `json:"parameters"`
	Kernel              string  `json:"kernel"`
	Threads             int     `json:"threads"`
	Processor           string  `json:"processor"`
	Steps               int     `json:"steps"`                 // measured
	MillisecondsPerStep float64 `json:"milliseconds_per_step"` // median
	MillisecondsMinimum float64 `json:"milliseconds_minimum"`
	ImagesPerSecond     float64 `json:"images_per_second"`
	GFLOPPerStep        float64 `json:"gflop_per_step"` // of the matrix products
	GFLOPS              float64 `json:"gflops"`         // of the median step
	PeakGFLOPS          float64 `json:"peak_gflops"`    // of fused multiply-adds alone, measured in this run
	ShareOfPeak         float64 `json:"share_of_peak"`
	Roofline
	AllocatedBytes float64     `json:"allocated_bytes_per_step"` // by Go
	LossFirst      float64     `json:"loss_first"`
	LossLast       float64     `json:"loss_last"`
	Prediction     *Prediction `json:"prediction,omitempty"`
}

// Bench trains the first stage of an experiment for the given time, after a warm-up
// of a tenth of that time. It measures whole steps: the wait for the batch, the forward
// and the backward pass, and the update. With predict it also predicts the time of a step
// for other numbers of threads.
func Bench(ctx context.Context, e *Experiment, duration time.Duration, predict bool) (Benchmark, error) {
	l := &Loop{Experiment: e}
	train, _ := e.splits()
	if n := train.Len(); n < e.Config.BatchSize {
		return Benchmark{}, fmt.Errorf("%w: batch-size is %d, but there are %d training images; hint: only full batches are measured, so choose a smaller --batch-size", ErrConfiguration, e.Config.BatchSize, n)
	}
	if err := l.enter(ctx, nil); err != nil {
		return Benchmark{}, err
	}
	b := Benchmark{
		Model: e.Name, Batch: e.Config.BatchSize, Parameters: e.Parameters.Count(),
		Kernel: kernel.Path(), Threads: runtime.GOMAXPROCS(0), Processor: processor(),
		GFLOPPerStep: l.Stage.FLOPs() / 1e9,
		PeakGFLOPS:   kernel.PeakFLOPS(probing(duration), runtime.GOMAXPROCS(0)) / 1e9,
	}
	times, bytes, err := l.measure(ctx, duration, &b)
	if err != nil {
		return b, err
	}
	b.Steps = len(times)
	median := times[len(times)/2].Seconds()
	b.MillisecondsPerStep, b.MillisecondsMinimum = 1e3*median, milliseconds(times[0])
	b.ImagesPerSecond = float64(b.Batch) / median
	b.GFLOPS = b.GFLOPPerStep / median
	b.PeakGFLOPS = max(b.PeakGFLOPS, kernel.PeakFLOPS(probing(duration), runtime.GOMAXPROCS(0))/1e9)
	b.ShareOfPeak = b.GFLOPS / b.PeakGFLOPS
	b.AllocatedBytes = float64(bytes) / float64(b.Steps)
	b.Roofline = l.roofline(probing(duration), b.GFLOPPerStep, b.PeakGFLOPS, median)
	if predict {
		b.Prediction, err = l.predict(ctx, duration, b)
	}
	return b, err
}

// probing is the time that each measurement of the machine itself takes.
func probing(duration time.Duration) time.Duration { return min(duration/20, time.Second) }

func milliseconds(d time.Duration) float64 { return 1e3 * d.Seconds() }

// warmSteps is the smallest number of steps that a measurement leaves out, because
// the first steps allocate every buffer.
const warmSteps = 8

// measure returns the times of single steps on full batches, the shortest first, and the
// bytes allocated during all of them.
func (l *Loop) measure(ctx context.Context, duration time.Duration, b *Benchmark) (times []time.Duration, bytes uint64, err error) {
	var before, after runtime.MemStats
	begin := time.Now()
	warm := begin.Add(duration / 10)
	end := warm.Add(duration)
	times = make([]time.Duration, 0, 1<<16)
	for steps := 0; ; {
		last := time.Now()
		for batch, err := range l.stream.Epoch(l.Position.Epoch, 0) {
			if err == nil {
				err = l.step(ctx, batch)
			}
			if err != nil {
				return nil, 0, err
			}
			if b.LossFirst == 0 {
				b.LossFirst = l.Program.Mean()
			}
			b.LossLast = l.Program.Mean()
			now := time.Now()
			steps++
			switch {
			case now.Before(warm) || steps <= warmSteps:
				runtime.ReadMemStats(&before)
				now = time.Now()
			case batch.Rows == l.Config.BatchSize:
				times = append(times, now.Sub(last))
			}
			if ctx.Err() != nil {
				return nil, 0, ctx.Err()
			}
			if now.After(end) && len(times) > 0 {
				runtime.ReadMemStats(&after)
				slices.Sort(times)
				return times, after.TotalAlloc - before.TotalAlloc, nil
			}
			last = now
		}
		l.Position.Epoch, l.Position.Step = l.Position.Epoch+1, 0
	}
}
