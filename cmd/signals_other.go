//go:build !unix

package cmd

import "os"

var stopSignals = []os.Signal{os.Interrupt}

var stopChild = os.Kill

func ignoreSignals() {}

func signalName(s os.Signal) string { return s.String() }
