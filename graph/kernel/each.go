package kernel

import (
	"context"
	"runtime"
	"sync"
)

// Each calls do for each i of [0, n), on all processors. A goroutine passes the state that
// begin made for it. After the end of the context, no call begins, and its error is returned.
func Each[S any](ctx context.Context, n int, begin func() S, do func(state S, i int)) error {
	var all sync.WaitGroup
	threads := min(runtime.GOMAXPROCS(0), n)
	for thread := range threads {
		all.Go(func() {
			state := begin()
			for i := thread; i < n && ctx.Err() == nil; i += threads {
				do(state, i)
			}
		})
	}
	all.Wait()
	return ctx.Err()
}
