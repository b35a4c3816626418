package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
)

// errSignal is wrapped by the cause of a context that a signal ended.
var errSignal = errors.New("by signal")

// withSignals returns a context that ends at the first signal to stop; an
// interrupt after that ends the process with code 130, whatever it is doing.
func withSignals(ctx context.Context, stderr io.Writer) (context.Context, func()) {
	ignoreSignals()
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, stopSignals...)
	go func() {
		s, ok := <-signals
		if !ok {
			return
		}
		cancel(fmt.Errorf("%w %s", errSignal, signalName(s)))
		for s := range signals {
			if s == os.Interrupt {
				fmt.Fprintln(stderr, "gaetrain: interrupted twice; the last checkpoint that was saved is kept")
				os.Exit(130)
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}
