package trainer

import (
	"context"
	"math"
	"runtime"
	"testing"
	"time"
)

func TestBench(t *testing.T) {
	const duration = 100 * time.Millisecond
	b, err := Bench(context.Background(), experiment(t, small()), duration, false)
	if err != nil {
		t.Fatal(err)
	}
	if b.Batch != 16 || b.Steps < 1 || b.Steps > 50 && !(b.LossLast < b.LossFirst) { // a busy machine runs few steps
		t.Errorf("%+v", b)
	}
	if !(b.MillisecondsMinimum > 0 && b.MillisecondsMinimum <= b.MillisecondsPerStep && b.ShareOfPeak > 0 && b.ShareOfPeak < 1) {
		t.Errorf("%+v", b)
	}
	if !(b.MovedMegabytes > 0 && b.WorkingSetMegabytes > 0 && b.Bandwidth >= b.BandwidthOneThread && b.BandwidthOneThread > 0) {
		t.Errorf("%+v", b.Roofline)
	}
	least := max(b.GFLOPPerStep/b.PeakGFLOPS, b.MovedMegabytes/1e3/b.Bandwidth)
	if got := b.MillisecondsBound / 1e3; math.Abs(got/least-1) > 1e-9 || math.Abs(b.ShareOfBound*b.MillisecondsPerStep/b.MillisecondsBound-1) > 1e-9 {
		t.Errorf("%+v", b.Roofline)
	}
	if b, err = Bench(context.Background(), experiment(t, small()), time.Nanosecond, false); err != nil || b.AllocatedBytes > 1e5 {
		t.Errorf("%+v, %v: a short measurement includes the buffers that are allocated once", b, err)
	}
	c := small()
	c.BatchSize = 61
	_, err = Bench(context.Background(), experiment(t, c), duration, false)
	fails(t, err, ErrConfiguration, "batch-size", "hint: ")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Bench(ctx, experiment(t, small()), duration, false)
	fails(t, err, context.Canceled)
}

func TestPredictionHasMeasuredStepsBeside(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	b, err := Bench(context.Background(), experiment(t, small()), time.Millisecond, true)
	if err != nil {
		t.Fatal(err)
	}
	if b.Prediction == nil || len(b.Prediction.Steps) != len(predictedThreads) || b.Prediction.Assumes == "" {
		t.Fatalf("%+v", b.Prediction)
	}
	for i, s := range b.Prediction.Steps {
		work := s.Serial + s.Parallel + s.Calls
		if s.Threads != predictedThreads[i] || s.Serial <= 0 || s.Predicted != max(work, s.Bandwidth) || (s.Measured > 0) != (s.Threads <= 2) {
			t.Errorf("%+v", s)
		}
	}
	if one := b.Prediction.Steps[0]; one.Parallel != 0 || one.Calls != 0 || one.Speedup != 1 {
		t.Errorf("%+v", one)
	}
	if runtime.GOMAXPROCS(0) != 2 {
		t.Errorf("GOMAXPROCS is %d after the prediction", runtime.GOMAXPROCS(0))
	}
}
