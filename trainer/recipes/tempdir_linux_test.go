package recipes_test

import (
	"os"
	"syscall"
)

// Tests make hundreds of small run folders. In memory, they take half the time, because
// nothing waits for a disk. A container can have little of this memory.
func init() {
	const folder, least = "/dev/shm", 1 << 30
	var state syscall.Statfs_t
	if err := syscall.Statfs(folder, &state); err == nil && state.Bavail*uint64(state.Bsize) >= least && os.Getenv("TMPDIR") == "" {
		os.Setenv("TMPDIR", folder)
	}
}
