package cmd

import (
	"context"
	"fmt"
	"os"
	"os/signal"
)

// withSignals returns a context that ends at the first signal to stop; the
// second one ends the process with code 130, whatever it is doing.
func withSignals(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, stopSignals...)
	go func() {
		s, ok := <-signals
		if !ok {
			return
		}
		cancel(fmt.Errorf("by signal %s", s))
		for s := range signals {
			if s == os.Interrupt {
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
