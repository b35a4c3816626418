package files

import (
	"errors"
	"os"
	"sync"
)

// unfinished are the temporary files and folders that this process fills.
var unfinished = struct {
	sync.Mutex
	paths     map[string]bool
	abandoned bool
}{paths: make(map[string]bool)}

// errAbandoned is the error of a file that is begun after Abandon.
var errAbandoned = errors.New("the process is ending")

// Temporary notes that this process fills a temporary file or folder, so that
// Abandon removes it. The caller calls done once it is removed or renamed.
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

// Unfinished reports whether a temporary file or folder is being filled.
func Unfinished() bool {
	unfinished.Lock()
	defer unfinished.Unlock()
	return len(unfinished.paths) > 0
}

// Abandon removes all temporary files and folders that are being filled, whoever
// does that, and lets no other file begin. It is for a process that ends at once.
// A file that is renamed meanwhile is whole.
func Abandon() {
	unfinished.Lock()
	defer unfinished.Unlock()
	unfinished.abandoned = true
	for path := range unfinished.paths {
		os.RemoveAll(path)
	}
}
