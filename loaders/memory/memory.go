// Package memory finds how much memory this process may use, and returns what is not needed.
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
var system = sync.OnceValue(func() int64 { return min(addressSpace(), machine(), cgroup()) })

var (
	machine = limitOf(memlimit.FromSystem)
	cgroup  = limitOf(memlimit.FromCgroup)
)

// limitOf returns a function that reads a limit once. The limit is the largest int64 if
// there is none.
func limitOf(read memlimit.Provider) func() int64 {
	return sync.OnceValue(func() int64 {
		if bytes, err := read(); err == nil && bytes > 0 && bytes < math.MaxInt64 { // an error means that there is no such limit
			return int64(bytes)
		}
		return math.MaxInt64
	})
}

// OfContainer returns the limit in bytes that a container or a batch system sets for
// this process by a cgroup. limited is false if there is none below the memory of the
// machine.
func OfContainer() (bytes int64, limited bool) { return cgroup(), cgroup() < machine() }

// Format returns a number of bytes as text with a unit, such as "1.5 GiB".
func Format(bytes int64) string {
	if bytes < 1<<10 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	value, units := float64(bytes), []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	exponent := min(int(math.Log2(value))/10, len(units))
	return fmt.Sprintf("%.4g %s", value/math.Exp2(float64(10*exponent)), units[exponent-1])
}
