package kernel

import "sync"

// freeList keeps the tasks that calls are done with, so that a call in the
// long run allocates nothing. The zero value is ready for use.
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

// put takes a task back. What it refers to stays alive until it is used again.
func (l *freeList[T]) put(t *T) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.tasks = append(l.tasks, t)
}

// Grains: the least number of elements worth a block of their own.
const (
	heavyGrain = 4096  // for functions that compute
	lightGrain = 16384 // for functions that wait for memory
)
