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

// errSignal is wrapped by the cause of a context that was ended by a signal.
var errSignal = errors.New("by signal")

// A process that is still running this long after the first signal is ended by force,
// because it may be inside a library call that cannot be cancelled. It has more time
// while a file, such as a checkpoint, is being written, or processes of jobs end. In total it ends within 5 s,
// because the operating system also needs time to free gigabytes of memory.
const (
	patience     = 3 * time.Second
	writingFiles = 4 * time.Second
	childrenStop = 4700 * time.Millisecond // for processes that this process has started
	stderrLimit  = 100 * time.Millisecond  // for a message on stderr that nobody reads
)

// stopper ends the process by a signal.
type stopper struct {
	stderr io.Writer
	ending atomic.Bool // the process is about to end; the caller that set this ends it
}

// withSignals returns a context that ends at the first signal to stop. A later
// interrupt ends the process at once with code 130. A process that takes too long to
// stop is ended by force, see forcedEnd. finish is called when there is nothing left
// to stop.
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
		if run := activeRun.Load(); run != nil && run.stopping != nil {
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
				if trainers.Load() > 0 && time.Since(at) < childrenStop {
					limit = time.After(10 * time.Millisecond)
					continue
				}
				for files.Unfinished() && time.Since(at) < writingFiles {
					time.Sleep(10 * time.Millisecond)
				}
				s.end(func() (int, string) { return forcedEnd(first) })
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

// end ends the process with an exit code and a line with the reason, unless the process
// is about to end by itself. This is as safe as kill -9: every file is written under a
// temporary name, synced and renamed, and a resumed run drops a partial last line of
// metrics.jsonl. It also leaves no temporary files.
func (s *stopper) end(why func() (code int, text string)) {
	if !s.ending.CompareAndSwap(false, true) {
		return
	}
	files.Abandon()
	code, text := why()
	briefly(func() { printf(s.stderr, "gaetrain: %s\n", text) })
	os.Exit(code)
}

// briefly runs a function that writes to stderr, and does not wait for it longer than
// stderrLimit, because stderr may be a pipe that nobody reads.
func briefly(write func()) {
	done := make(chan struct{})
	go func() {
		write()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(stderrLimit):
	}
}

// activeRun is the run that the process trains. nil: none.
var activeRun atomic.Pointer[trainedRun]

type trainedRun struct {
	dir      string
	discard  func() // removes the contents of the folder if there is no checkpoint
	stopping func() // reports that a signal stops training after the step; nil: training has not started
}

// forcedEnd returns the exit code of a process that is ended by force, and the reason.
func forcedEnd(s os.Signal) (code int, text string) {
	text = fmt.Sprintf("stopped: %s %s, during an operation that cannot be cancelled", errSignal, signalName(s))
	run := activeRun.Load()
	switch {
	case trainers.Load() > 0:
		return 75, text + "; hint: the same command continues"
	case run == nil:
		return 130, text
	case trainer.HasCheckpoint(run.dir):
		return 75, fmt.Sprintf("%s; the last checkpoint is kept; hint: --resume --run %s continues", text, shellWord(run.dir))
	}
	run.discard()
	return 130, text + "; there is no checkpoint yet"
}
