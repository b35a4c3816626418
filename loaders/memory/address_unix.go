//go:build unix

package memory

import (
	"math"

	"golang.org/x/sys/unix"
)

// addressSpace is the limit of the process's address space, of which the runtime
// of Go needs a part that it never touches.
func addressSpace() int64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &limit); err != nil || uint64(limit.Cur) > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(limit.Cur)
}
