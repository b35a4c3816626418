package kernel

import "sync"

// freeList keeps tasks for later calls, so that repeated calls allocate
// nothing. The zero value is ready for use.
type freeList[T any] struct {
	mutex sync.Mutex
	tasks []*T
}

// get returns a task with arbitrary content.
func (l *freeList[T]) get() *T {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if n := len(l.tasks); n > 0 {
		t := l.tasks[n-1]
		l.tasks = l.tasks[:n-1]
		return t
	}
	return new(T)
}

// put returns a task to the list. The task keeps its references until it is
// used again.
func (l *freeList[T]) put(t *T) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.tasks = append(l.tasks, t)
}

// Grains: the least number of values in a block of work.
const (
	heavyGrain = 4096  // for functions that compute
	lightGrain = 16384 // for functions that are limited by memory
)
