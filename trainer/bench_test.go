package trainer

import (
	"context"
	"testing"
	"time"
)

func TestBench(t *testing.T) {
	const duration = 100 * time.Millisecond
	b, err := Bench(context.Background(), experiment(t, small()), duration)
	if err != nil {
		t.Fatal(err)
	}
	if b.Batch != 16 || b.Steps < 1 || b.Steps > 50 && !(b.LossLast < b.LossFirst) { // a busy machine runs few steps
		t.Errorf("%+v", b)
	}
	if !(b.MillisecondsMinimum > 0 && b.MillisecondsMinimum <= b.MillisecondsPerStep && b.ShareOfPeak > 0 && b.ShareOfPeak < 1) {
		t.Errorf("%+v", b)
	}
	if b, err = Bench(context.Background(), experiment(t, small()), time.Nanosecond); err != nil || b.BytesPerStep > 1e5 {
		t.Errorf("%+v, %v: a short measurement includes the buffers that are allocated once", b, err)
	}
	c := small()
	c.BatchSize = 61
	_, err = Bench(context.Background(), experiment(t, c), duration)
	fails(t, err, ErrConfiguration, "batch-size", "hint: ")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Bench(ctx, experiment(t, small()), duration)
	fails(t, err, context.Canceled)
}
