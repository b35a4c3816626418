//go:build !linux

package cmd

import "os/exec"

// endWithParent does nothing where a process cannot ask to be stopped with its parent.
func endWithParent(*exec.Cmd) {}
