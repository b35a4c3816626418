package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"

	"gaetrain/trainer"
)

var errCrash = errors.New("crash")

// An interruption ends training at one point: by cancel, as a signal does, so that a
// checkpoint is saved, or as a crash does, so that nothing is saved.
type interruption struct {
	name            string
	cancel          bool
	step            int // of all steps of the run, from 1; 0 for the end of an epoch
	epoch           int // of all epochs of the run, from 1
	cut             bool
	checkpointEvery time.Duration
}

// interruptions returns the kinds of interruptions of a run of the given number of epochs
// and steps per epoch.
func interruptions(epochs, steps int) []interruption {
	always := time.Nanosecond
	return []interruption{
		{name: "after the first step", cancel: true, step: 1},
		{name: "within an epoch", cancel: true, step: steps + 2},
		{name: "after the last step of an epoch", cancel: true, step: steps},
		{name: "after the last step of all", cancel: true, step: epochs * steps},
		{name: "at the end of an epoch", cancel: true, epoch: 1},
		{name: "at the end of all", cancel: true, epoch: epochs},
		{name: "cut at the end of an epoch", cancel: true, epoch: epochs - 1, cut: true},
		{name: "cut at the end of all", cancel: true, epoch: epochs, cut: true},
		{name: "crash in the first epoch", step: steps - 1},
		{name: "crash after checkpoints", step: steps + 3, checkpointEvery: always},
		{name: "crash between checkpoint and next step", step: steps + 1, checkpointEvery: always},
		{name: "crash at the end of an epoch", epoch: epochs - 1},
		{name: "crash at the end of an epoch after checkpoints", epoch: epochs, checkpointEvery: always},
	}
}

// hook interrupts training once.
func (i interruption) hook(cancel context.CancelCauseFunc) trainer.Hook {
	steps, epochs, done := 0, 0, false
	interrupt := func(ctx context.Context, now bool) error {
		if !now || done {
			return nil
		}
		done = true
		if !i.cancel {
			return errCrash
		}
		cancel(errCrash)
		if i.cut {
			return ctx.Err()
		}
		return nil
	}
	return trainer.Hook{
		Name: "interruption",
		Step: func(ctx context.Context, _ *trainer.Loop) error {
			steps++
			return interrupt(ctx, steps == i.step)
		},
		Epoch: func(ctx context.Context, _ *trainer.Loop) error {
			epochs++
			return interrupt(ctx, epochs == i.epoch)
		},
	}
}

// interruptionsEach is the number of kinds of places at which the training of one
// subject is interrupted. The next subject has the next kinds, so each kind occurs about
// seven times among all subjects.
const interruptionsEach = 2

// checkResume interrupts training with some kinds of interruptions, and checks that the
// results equal those of an uninterrupted run.
func checkResume(t *testing.T, f *fixture) {
	_, want := f.run()
	epochs, steps := extent(records(t, want))
	kinds := interruptions(epochs, steps)
	for n := range interruptionsEach {
		i := kinds[(interruptionsEach*f.index+n)%len(kinds)]
		t.Run(i.name, func(t *testing.T) {
			t.Parallel()
			dir, u := t.TempDir(), f.small()
			u.CheckpointEvery = i.checkpointEvery
			ctx, cancel := context.WithCancelCause(context.Background())
			_, err := train(ctx, dir, u, tinyData(u), i.hook(cancel))
			if !errors.Is(err, errCrash) || i.cancel != errors.Is(err, trainer.ErrStopped) {
				t.Fatalf("interrupted: %v", err)
			}
			u = f.small("resume=true")
			u.CheckpointEvery = i.checkpointEvery
			if _, err := train(context.Background(), dir, u, tinyData(u)); err != nil {
				t.Fatal(err)
			}
			sameOutcome(t, dir, want)
		})
	}
	t.Run("after every third step", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		for {
			u := f.small("resume=true")
			ctx, cancel := context.WithCancelCause(context.Background())
			_, err := train(ctx, dir, u, tinyData(u), interruption{cancel: true, step: 3}.hook(cancel))
			if err == nil {
				break
			}
			if !errors.Is(err, trainer.ErrStopped) {
				t.Fatal(err)
			}
		}
		sameOutcome(t, dir, want)
	})
}

// extent returns the number of epochs of a run and the number of steps of an epoch.
func extent(done []trainer.Record) (epochs, steps int) {
	for _, record := range done {
		if record.Split == "train" {
			epochs++
		}
	}
	return epochs, done[0].Step
}

// endingContext is a context that ends when a program checks it for the n-th time. That
// is at the start of the n-th run of a program, which then stops after its first
// operation.
type endingContext struct {
	context.Context
	left int
	done chan struct{}
}

func (c *endingContext) Done() <-chan struct{} {
	if c.left--; c.left == 0 {
		close(c.done)
	}
	return c.done
}

func (c *endingContext) Err() error {
	select {
	case <-c.done:
		return context.Canceled
	default:
		return nil
	}
}

// TestStoppedWithinRuns stops training within runs of its programs: steps, opponents,
// evaluations, and measures at the end. A cancelled step changes nothing, so the results
// equal those of an uninterrupted run.
func TestStoppedWithinRuns(t *testing.T) {
	for _, name := range []string{"gan", "stacked", "vae-batchnorm-dropout", "topk", "synchrony"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := find(name)
			u := s.small()
			_, want := trained(t, u, tinyData(u))
			for n := 1; ; n += 1 + n/4 {
				dir, u := t.TempDir(), s.small()
				ctx := &endingContext{t.Context(), n, make(chan struct{})}
				_, err := train(ctx, dir, u, tinyData(u))
				if err == nil && n > 20 {
					return // it has fewer runs
				}
				if !errors.Is(err, trainer.ErrStopped) {
					t.Fatalf("stopped within run %d: %v", n, err)
				}
				u = s.small("resume=true")
				if _, err := train(context.Background(), dir, u, tinyData(u)); err != nil {
					t.Fatal(err)
				}
				sameOutcome(t, dir, want)
			}
		})
	}
}

// childVariable makes the test binary train instead. Its value is the subject, then the
// run folder.
const childVariable = "RECIPES_TEST_TRAIN"

func TestMain(m *testing.M) {
	name, dir := os.Getenv(childVariable), os.Getenv(childVariable+"_RUN")
	if name == "" {
		debug.SetGCPercent(400) // collecting garbage takes time, and small models leave little
		os.Exit(m.Run())
	}
	u := killed(find(name))
	u.Resume = true
	if _, err := train(context.Background(), dir, u, tinyData(u)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func killed(s subject) setup {
	u := s.small("epochs=8")
	u.CheckpointEvery = time.Nanosecond
	return u
}

// TestKilledEqualsUninterrupted kills processes that train. The subjects have all kinds of
// state that a checkpoint holds: several stages, an opponent, statistics, an average of the
// weights, and the best epoch. checkResume interrupts the training of every subject.
func TestKilledEqualsUninterrupted(t *testing.T) {
	for _, name := range []string{"stacked", "gan", "topk", "vae-batchnorm-dropout", "impatient"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := find(name)
			u := killed(s)
			_, want := trained(t, u, tinyData(u))
			dir, elsewhere := t.TempDir(), t.TempDir()
			child := func() *exec.Cmd {
				command := exec.Command(os.Args[0])
				command.Env = append(os.Environ(), "GOMAXPROCS=1", childVariable+"="+s.name, childVariable+"_RUN="+dir, "TMPDIR="+elsewhere)
				command.Stderr = os.Stderr
				return command
			}
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			const kills = 3
			for range kills {
				kill(t, child(), filepath.Join(dir, "checkpoint", "last.safetensors"), time.Duration(random.IntN(30_000))*time.Microsecond)
			}
			if err := child().Run(); err != nil {
				t.Fatal(err)
			}
			sameOutcome(t, dir, want)
			if left, err := os.ReadDir(elsewhere); err != nil || len(left) > 0 {
				t.Errorf("files that were not removed from the temporary folder: %v, %v", left, err)
			}
		})
	}
}

// kill starts a process, waits until it has written a file and for a while longer,
// and kills it.
func kill(t *testing.T, command *exec.Cmd, file string, wait time.Duration) {
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	waitForChange(file, ended)
	time.Sleep(wait)
	command.Process.Kill() // fails if it has already ended
	select {
	case err := <-ended:
		var exit *exec.ExitError
		if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != -1) {
			t.Fatalf("before it was killed: %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the killed process does not end")
	}
}

// waitForChange waits until a file has changed, or a process has ended.
func waitForChange(path string, ended chan error) {
	before, _ := os.Stat(path)
	for start := time.Now(); time.Since(start) < 10*time.Second && len(ended) == 0; time.Sleep(time.Millisecond) {
		if after, err := os.Stat(path); err == nil && (before == nil || !os.SameFile(before, after)) {
			return
		}
	}
}
