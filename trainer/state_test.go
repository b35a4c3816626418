package trainer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// phase requires that a run is in a phase.
func phase(t *testing.T, dir string, want Phase) State {
	t.Helper()
	s, err := StateOf(dir)
	if err != nil || s.Phase != want {
		t.Fatalf("the run is %q (%v), want %q", s.Phase, err, want)
	}
	return s
}

// TestStateOf follows a run from its folder to its end, and one that is stopped.
func TestStateOf(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if _, err := StateOf(dir); !errors.Is(err, ErrRun) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing folder: %v", err)
	}
	e := experiment(t, small())
	run, err := create(dir, e)
	if err != nil {
		t.Fatal(err)
	}
	if s := phase(t, dir, Waiting); time.Since(s.Progress) > time.Minute || s.Process != os.Getpid() || s.Host == "" {
		t.Errorf("waiting: %+v", s)
	}
	var during Phase
	loop, err := NewLoop(t.Context(), e, run, everyStep(func(l *Loop) {
		s, err := StateOf(dir)
		if during = s.Phase; err != nil {
			t.Error(err)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := loop.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	if during != Running {
		t.Errorf("while training, the run is %q", during)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	phase(t, dir, Done)
	if err := os.Remove(filepath.Join(dir, stateFile)); err != nil {
		t.Fatal(err)
	}
	phase(t, dir, Done) // a run of an older program
}

// TestStateAfterTheEnd checks how runs that did not finish are described.
func TestStateAfterTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	dir := filepath.Join(t.TempDir(), "stopped")
	_, err := train(ctx, dir, experiment(t, small()), everyEpoch(func(*Loop) { cancel(errors.New("by a test")) }))
	if !errors.Is(err, ErrStopped) {
		t.Fatal(err)
	}
	if s := phase(t, dir, Stopped); s.Message != err.Error() {
		t.Errorf("the message is %q, want %q", s.Message, err)
	}
	dir = filepath.Join(t.TempDir(), "diverged")
	if _, err := train(t.Context(), dir, experiment(t, small()), everyStep(poison)); !errors.Is(err, ErrDiverged) {
		t.Fatal(err)
	}
	phase(t, dir, Diverged)
	write(t, []byte(`{"phase":"running","since":"2026-01-02T03:04:05Z"}`), dir, stateFile)
	phase(t, dir, Dead)
	write(t, []byte(`{`), dir, stateFile)
	_, err = StateOf(dir)
	fails(t, err, ErrRun, stateFile)
}

// poison makes a weight NaN.
func poison(l *Loop) { l.Parameters.All()[0].Values()[0] = float32(math.NaN()) }

// TestLookingDoesNotDisturb opens a run while another process looks at its state.
func TestLookingDoesNotDisturb(t *testing.T) {
	_, dir := trained(t, small())
	write(t, []byte(`{"phase":"running"}`), dir, stateFile)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 2000 {
			if _, err := StateOf(dir); err != nil {
				t.Error(err)
			}
		}
	}()
	for {
		r := &Run{Dir: dir}
		if err := r.acquire(); err != nil {
			t.Fatal(err)
		}
		if err := r.lock.Unlock(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

// TestAnotherHost opens a run that a process on another host trains, on a file system
// that does not share locks.
func TestAnotherHost(t *testing.T) {
	defer func(wait, look time.Duration) { takeover, takeoverLook = wait, look }(takeover, takeoverLook)
	takeover, takeoverLook = 300*time.Millisecond, 10*time.Millisecond
	_, dir := trained(t, small())
	write(t, []byte(`{"phase":"running","host":"another host","process":17}`), dir, stateFile)
	touch := func() {
		now := time.Now()
		if err := os.Chtimes(filepath.Join(dir, lockFile), now, now); err != nil {
			t.Error(err)
		}
	}
	touch()
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for ctx.Err() == nil {
			time.Sleep(20 * time.Millisecond)
			touch()
		}
	}()
	c := small()
	c.Resume = true
	_, err := create(dir, experiment(t, c))
	fails(t, err, ErrRun, dir, "process 17 on host another host")
	cancel()
	<-stopped
	run, err := create(dir, experiment(t, c))
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	if len(run.notes) != 1 {
		t.Errorf("notes are %q", run.notes)
	}
}

// TestClockSetBack resumes a run whose times are an hour in the future, as after a clock
// was set back.
func TestClockSetBack(t *testing.T) {
	_, dir := trained(t, small())
	future := time.Now().Add(time.Hour)
	write(t, fmt.Appendf(nil, `{"phase":"running","since":%q}`, future.UTC().Format(time.RFC3339)), dir, stateFile)
	if err := os.Chtimes(filepath.Join(dir, lockFile), future, future); err != nil {
		t.Fatal(err)
	}
	if s := phase(t, dir, Dead); time.Until(s.Moved(time.Now())) < 50*time.Minute {
		t.Errorf("the run moved at %v, want the time of the lock file", s.Moved(time.Now()))
	}
	// The process renews the time of the lock file and keeps the phase.
	r := &Run{Dir: dir}
	if err := r.acquire(); err != nil {
		t.Fatal(err)
	}
	r.beat(false)
	now := time.Now()
	if ago := now.Sub(phase(t, dir, Running).Moved(now)); ago < 0 || ago > time.Minute {
		t.Errorf("the run moved %v ago", ago)
	}
	if err := r.lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	c := small()
	c.Resume, c.Epochs = true, 4
	during := 0
	if _, err := train(t.Context(), dir, experiment(t, c), everyStep(func(*Loop) {
		s := phase(t, dir, Running)
		if ago := time.Since(s.Since); ago < -time.Second || ago > time.Minute {
			t.Errorf("the run is running since %v ago", ago)
		}
		during++
	})); err != nil || during == 0 {
		t.Errorf("%d steps, %v", during, err)
	}
	records, err := ReadRecords(dir)
	if err != nil || len(records) != 12 {
		t.Errorf("%d records, %v", len(records), err)
	}
}

// TestOtherClock opens a run of a host whose clock differs by hours.
func TestOtherClock(t *testing.T) {
	defer func(wait, look time.Duration) { takeover, takeoverLook = wait, look }(takeover, takeoverLook)
	takeover, takeoverLook = 300*time.Millisecond, 10*time.Millisecond
	_, dir := trained(t, small())
	write(t, []byte(`{"phase":"running","host":"another host","process":17}`), dir, stateFile)
	for _, skew := range []time.Duration{-3 * time.Hour, 3 * time.Hour} {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for ctx.Err() == nil {
				at := time.Now().Add(skew)
				if err := os.Chtimes(filepath.Join(dir, lockFile), at, at); err != nil {
					t.Error(err)
				}
				time.Sleep(20 * time.Millisecond)
			}
		}()
		c := small()
		c.Resume = true
		_, err := create(dir, experiment(t, c))
		fails(t, err, ErrRun, dir, "process 17 on host another host")
		cancel()
		<-ended
	}
}

// TestStateElsewhere looks at a run of another host, on a file system that does not share
// locks.
func TestStateElsewhere(t *testing.T) {
	_, dir := trained(t, small())
	write(t, []byte(`{"phase":"running","host":"another host"}`), dir, stateFile)
	for ago, want := range map[time.Duration]Phase{10 * time.Second: Running, 2 * time.Minute: Dead} {
		at := time.Now().Add(-ago)
		if err := os.Chtimes(filepath.Join(dir, lockFile), at, at); err != nil {
			t.Fatal(err)
		}
		phase(t, dir, want)
	}
}
