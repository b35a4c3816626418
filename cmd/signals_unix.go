//go:build unix

package cmd

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

var stopSignals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGUSR1}

// ignoreSignals makes a file that grows beyond the limit of the process an
// error of the write, not the end of the process.
func ignoreSignals() { signal.Ignore(syscall.SIGXFSZ) }

func signalName(s os.Signal) string {
	if number, ok := s.(syscall.Signal); ok {
		return unix.SignalName(number)
	}
	return s.String()
}
