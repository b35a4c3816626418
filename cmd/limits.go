package cmd

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"

	"go.uber.org/automaxprocs/maxprocs"

	"gaetrain/loaders/memory"
)

// applyLimits keeps the process within the limits that a container or a batch system sets
// by a cgroup, unless GOMEMLIMIT or GOMAXPROCS set others.
//
// A tenth of the memory is left for what the garbage collector does not manage. The Go
// runtime uses as many threads as the limit allows, but at least two. With one processor,
// a second thread takes the time of the first: idle threads wait for work without sleep.
func applyLimits() {
	if bytes, limited := memory.OfContainer(); limited && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(bytes / 10 * 9)
	}
	if runtime.GOMAXPROCS(0) == 2 && os.Getenv("GOMAXPROCS") == "" {
		rounded := func(processors float64) int { return min(int(math.Ceil(processors)), 2) }
		_, _ = maxprocs.Set(maxprocs.RoundQuotaFunc(rounded)) // an error means that there is no limit
	}
}
