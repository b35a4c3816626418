package kernel

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Each calls do for each i of [0, n), on all processors. A goroutine passes the state that
// begin made for it. After the end of the context, no call begins, and its error is returned.
// A panic is raised again in the goroutine of the caller, who can recover.
func Each[S any](ctx context.Context, n int, begin func() S, do func(state S, i int)) error {
	var all sync.WaitGroup
	var panicked atomic.Pointer[any]
	threads := min(runtime.GOMAXPROCS(0), n)
	for thread := range threads {
		all.Go(func() {
			defer func() {
				if value := recover(); value != nil {
					panicked.CompareAndSwap(nil, &value)
				}
			}()
			state := begin()
			for i := thread; i < n && ctx.Err() == nil; i += threads {
				do(state, i)
			}
		})
	}
	all.Wait()
	if value := panicked.Load(); value != nil {
		panic(*value)
	}
	return ctx.Err()
}

// Stateless is begin of Each for functions that need no state.
func Stateless() struct{} { return struct{}{} }
