package files

import (
	"errors"
	"os"
	"sync"
)

// unfinished holds the temporary files and folders that this process is writing.
var unfinished = struct {
	sync.Mutex
	paths     map[string]bool
	abandoned bool
}{paths: make(map[string]bool)}

// errAbandoned is returned for a file that is started after Abandon.
var errAbandoned = errors.New("the process is ending")

// Temporary records that this process is writing a temporary file or folder, so
// that Abandon removes it. The caller calls done after it has removed or renamed it.
func Temporary(path string) (done func()) {
	unfinished.Lock()
	defer unfinished.Unlock()
	unfinished.paths[path] = true
	return func() { forget(path) }
}

func forget(path string) {
	unfinished.Lock()
	defer unfinished.Unlock()
	delete(unfinished.paths, path)
}

// Unfinished reports whether a temporary file or folder is being written.
func Unfinished() bool {
	unfinished.Lock()
	defer unfinished.Unlock()
	return len(unfinished.paths) > 0
}

// Abandon removes all temporary files and folders that this process is writing, and
// Write then returns an error. It is for a process that must end at once. A file
// that is renamed at the same time is complete.
func Abandon() {
	unfinished.Lock()
	defer unfinished.Unlock()
	unfinished.abandoned = true
	for path := range unfinished.paths {
		os.RemoveAll(path)
	}
}
