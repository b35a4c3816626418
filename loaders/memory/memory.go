// Package memory finds how much memory this process may use.
package memory

import (
	"fmt"
	"math"
	"runtime/debug"
	"sync"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// Limit returns the number of bytes that this process may use. It is the smallest of
// the memory of the machine, the limit of the cgroup, the limit of the address space
// (ulimit -v) and GOMEMLIMIT. It is the largest int64 if the system has none of them.
func Limit() int64 { return min(system(), debug.SetMemoryLimit(-1)) }

// system returns the limit of the machine, the cgroup and the shell. It does not change
// while the process runs.
var system = sync.OnceValue(func() int64 {
	limit := addressSpace()
	for _, read := range []memlimit.Provider{memlimit.FromSystem, memlimit.FromCgroup} {
		if bytes, err := read(); err == nil && bytes > 0 && bytes < uint64(limit) { // an error means that there is no such limit
			limit = int64(bytes)
		}
	}
	return limit
})

// Format returns a number of bytes as text with a unit, such as "1.5 GiB".
func Format(bytes int64) string {
	if bytes < 1<<10 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	value, units := float64(bytes), []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	exponent := min(int(math.Log2(value))/10, len(units))
	return fmt.Sprintf("%.4g %s", value/math.Exp2(float64(10*exponent)), units[exponent-1])
}
