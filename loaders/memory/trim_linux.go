package memory

import (
	"bytes"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"
)

// Trim returns memory to the system that is free or that is not needed now: garbage, and
// the pages of the program's own file, most of which only its start needs. The system maps
// a page of the file again when the program uses it.
func Trim() {
	debug.FreeOSMemory()
	own, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return // the pages stay
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return
	}
	for line := range bytes.Lines(maps) {
		var from, to, offset, inode uint64
		var access, device, path string
		_, err := fmt.Sscanf(string(line), "%x-%x %s %x %s %d %s", &from, &to, &access, &offset, &device, &inode, &path)
		if err == nil && path == own && !strings.Contains(access, "w") {
			unix.Syscall(unix.SYS_MADVISE, uintptr(from), uintptr(to-from), unix.MADV_DONTNEED) // an error leaves the pages
		}
	}
}
