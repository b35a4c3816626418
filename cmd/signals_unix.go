//go:build unix

package cmd

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

var stopSignals = append([]os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGUSR1}, hangup()...)

// stopChild is the signal with which a process stops those that it has started.
const stopChild = syscall.SIGTERM

// hangup is the signal of a terminal that closes. A process that was started with this
// signal ignored, for example by nohup, continues.
func hangup() []os.Signal {
	if signal.Ignored(syscall.SIGHUP) {
		return nil
	}
	return []os.Signal{syscall.SIGHUP}
}

// ignoreSignals ignores two signals that would end the process: SIGXFSZ (a file exceeds
// the size limit of the process) and SIGPIPE (the reader of a pipe has ended). The write
// that causes them returns an error instead. Training continues without a reader.
func ignoreSignals() { signal.Ignore(syscall.SIGXFSZ, syscall.SIGPIPE) }

func signalName(s os.Signal) string {
	if number, ok := s.(syscall.Signal); ok {
		return unix.SignalName(number)
	}
	return s.String()
}
