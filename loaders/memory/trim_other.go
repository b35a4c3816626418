//go:build !linux

package memory

import "runtime/debug"

// Trim returns memory to the system that is free.
func Trim() { debug.FreeOSMemory() }
