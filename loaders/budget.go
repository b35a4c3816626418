package loaders

import (
	"sync"

	"gaetrain/loaders/memory"
)

// share limits the pixels and labels of a data set to 1/share of the memory of the
// process. The rest is for the model, its batches and the garbage collector.
const share = 2

// budget is the memory that one data set may take. Readers call take before they
// allocate. Several goroutines may do so at the same time.
type budget struct {
	limit int64 // of the process, bytes
	mu    sync.Mutex
	used  int64
}

func newBudget() *budget { return &budget{limit: memory.Limit()} }

// take reserves memory. It returns an error if the budget is too small.
func (b *budget) take(bytes int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if most := b.limit / share; bytes > most-b.used {
		return dataErrorf("the data need at least %s of memory, but at most %s of this process's %s may hold data; "+
			"hint: fewer or smaller images, or a machine, container or GOMEMLIMIT with more memory",
			memory.Format(b.used+min(bytes, 1<<62-b.used)), memory.Format(most), memory.Format(b.limit))
	}
	b.used += bytes
	return nil
}

// give releases memory that take reserved.
func (b *budget) give(bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= bytes
}
