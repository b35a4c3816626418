//go:build unix

package cmd

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

var stopSignals = append([]os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGUSR1}, hangup()...)

// hangup is the signal of a terminal that closes. A process that was started with
// this signal ignored, as by nohup, goes on.
func hangup() []os.Signal {
	if signal.Ignored(syscall.SIGHUP) {
		return nil
	}
	return []os.Signal{syscall.SIGHUP}
}

// ignoreSignals makes two signals errors of the write that causes them, not the
// end of the process: that a file grows beyond the limit of the process, and that
// the reader of a pipe has ended. Training goes on without a reader.
func ignoreSignals() { signal.Ignore(syscall.SIGXFSZ, syscall.SIGPIPE) }

func signalName(s os.Signal) string {
	if number, ok := s.(syscall.Signal); ok {
		return unix.SignalName(number)
	}
	return s.String()
}
