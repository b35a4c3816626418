package loaders

import (
	"sync"
	"sync/atomic"
)

// concurrently calls do for 0, 1, …, count−1 in several goroutines, and returns one of the
// errors, after which it begins no other call. A panic of do is raised again in the goroutine
// of the caller.
func concurrently(goroutines, count int, do func(i int) error) error {
	if goroutines = min(goroutines, count); goroutines == 1 {
		for i := range count {
			if err := do(i); err != nil {
				return err
			}
		}
		return nil
	}
	var next atomic.Int64
	var running sync.WaitGroup
	var once sync.Once
	var failed error
	var panicked any
	stop := func() { next.Store(int64(count)) }
	for range goroutines {
		running.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					stop()
					once.Do(func() { panicked = p })
				}
			}()
			for i := int(next.Add(1)) - 1; i < count; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					stop()
					once.Do(func() { failed = err })
				}
			}
		})
	}
	running.Wait()
	if panicked != nil {
		panic(panicked)
	}
	return failed
}
