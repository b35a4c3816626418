package kernel

import "github.com/klauspost/cpuid/v2"

// secondLevel is the size in bytes of the part of the second-level cache that a
// thread can use. Blocks are chosen from it, which does not change results.
var secondLevel = secondLevelOf(cpuid.CPU.Cache.L2, cpuid.CPU.ThreadsPerCore)

// secondLevelOf returns the share of a thread in a cache of the given size. If
// the size is not known, it is that of most processors.
func secondLevelOf(size, threads int) int {
	if size <= 0 {
		return 1 << 20
	}
	return max(size/max(threads, 1), 1<<17)
}
