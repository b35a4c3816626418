package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"time"

	"gaetrain/loaders/files"
	"gaetrain/trainer"
)

// errSignal is wrapped by the cause of a context that a signal ended.
var errSignal = errors.New("by signal")

// How long after the first signal a process that has not ended is ended: it may
// be within a call of a library that cannot be cancelled. While a file is being
// written, such as a checkpoint, it gets longer. In all it ends within 5 s, of which
// the system takes some to free gigabytes.
const (
	patience       = 3 * time.Second
	writingFiles   = 4 * time.Second
	patienceToTell = 100 * time.Millisecond // with a reader of stderr that does not read
)

// stopper ends the process by a signal.
type stopper struct {
	stderr io.Writer
	ending atomic.Bool // the process is about to end, by whom this was set
}

// withSignals returns a context that ends at the first signal to stop. An
// interrupt after that ends the process with code 130, whatever it is doing, and
// so does the last resort where the process takes too long. finish is called when
// there is nothing left to stop.
func withSignals(ctx context.Context, stderr io.Writer) (_ context.Context, finish func()) {
	ignoreSignals()
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, stopSignals...)
	s := &stopper{stderr: stderr}
	go func() {
		first, ok := <-signals
		if !ok {
			return
		}
		at := time.Now()
		if run := inHand.Load(); run != nil && run.stopping != nil {
			briefly(run.stopping)
		}
		cancel(fmt.Errorf("%w %s", errSignal, signalName(first)))
		for limit := time.After(patience); ; {
			select {
			case again, ok := <-signals:
				if !ok {
					return
				}
				if again == os.Interrupt {
					s.end(func() (int, string) { return 130, "interrupted twice; a checkpoint that was saved before is unchanged" })
				}
			case <-limit:
				for files.Unfinished() && time.Since(at) < writingFiles {
					time.Sleep(10 * time.Millisecond)
				}
				s.end(func() (int, string) { return lastResort(first) })
			}
		}
	}()
	return ctx, func() {
		if !s.ending.CompareAndSwap(false, true) {
			select {} // the process ends
		}
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}

// end ends the process with a code and a line of why, unless it is about to end
// by itself. Every file is written to a temporary name, synced and renamed, and a
// cut last line of metrics.jsonl is dropped by a resumed run. So this is as safe
// as kill -9, and leaves no temporary files besides.
func (s *stopper) end(why func() (code int, text string)) {
	if !s.ending.CompareAndSwap(false, true) {
		return
	}
	files.Abandon()
	code, text := why()
	briefly(func() { printf(s.stderr, "gaetrain: %s\n", text) })
	os.Exit(code)
}

// briefly waits for a function that writes to stderr, whose reader may not read.
func briefly(write func()) {
	done := make(chan struct{})
	go func() {
		write()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(patienceToTell):
	}
}

// inHand is the run that the process trains. nil: none.
var inHand atomic.Pointer[trainedRun]

type trainedRun struct {
	dir      string
	discard  func() // removes what the folder holds if there is no checkpoint
	stopping func() // reports that a signal stops training after the step; nil: it does not train yet
}

// lastResort is the exit code of a process that is ended by force, and why.
func lastResort(s os.Signal) (code int, text string) {
	text = fmt.Sprintf("stopped: %s %s, within an operation that cannot be cancelled", errSignal, signalName(s))
	run := inHand.Load()
	switch {
	case run == nil:
		return 130, text
	case trainer.HasCheckpoint(run.dir):
		return 75, fmt.Sprintf("%s; the last checkpoint is kept; hint: --resume --run %s continues", text, shellWord(run.dir))
	}
	run.discard()
	return 130, text + "; there is no checkpoint yet"
}
