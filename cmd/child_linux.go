package cmd

import (
	"os/exec"
	"syscall"
)

// endWithParent makes a process stop, with a checkpoint, when the thread that starts it
// ends, even by kill -9.
func endWithParent(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: stopChild} }
