package loaders

import (
	"sync"

	"gaetrain/loaders/memory"
)

// share limits the pixels and labels of a data set to 1/share of the memory of the
// process. The rest is for the model, its batches and the garbage collector.
const share = 2

// budget is the memory that one data set may take. Readers call take or fits before they
// allocate. Several goroutines may do so at the same time.
type budget struct {
	limit  int64 // of the process, bytes
	values int64 // that values which can stay in their files may take, bytes; 0: as much as all data
	stays  bool  // values that do not fit stay in their files, if that is possible
	known  bool  // the files are embedded in the binary, so their digests are not computed
	mu     sync.Mutex
	used   int64
}

func newBudget() *budget { return &budget{limit: memory.Limit()} }

// budget is the memory for data that are read with the options.
func (o StorageOptions) budget() *budget {
	b := newBudget()
	b.values = int64(o.DataMemory)
	return b
}

// most is the memory that data may take.
func (b *budget) most() int64 { return max(b.limit/share, min(b.values, b.limit)) }

// take reserves memory. It returns an error if the budget is too small.
func (b *budget) take(bytes int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if most := b.most(); bytes > most-b.used {
		return dataErrorf("the data need at least %s of memory, but at most %s of this process's %s may hold data; "+
			"hint: fewer or smaller images, or a machine, container or GOMEMLIMIT with more memory",
			memory.Format(b.used+min(bytes, 1<<62-b.used)), memory.Format(most), memory.Format(b.limit))
	}
	b.used += bytes
	return nil
}

// fits reports whether the budget is large enough for values that could stay in their
// file. It reserves nothing.
func (b *budget) fits(bytes int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	most := b.most()
	if b.values > 0 {
		most = min(most, b.values)
	}
	return bytes <= most-b.used
}

// give releases memory that take reserved.
func (b *budget) give(bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= bytes
}
