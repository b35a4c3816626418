package trainer

import (
	"runtime"

	"github.com/klauspost/cpuid/v2"
)

// processor returns the name of the processor for run.json.
func processor() string { return cpuid.CPU.BrandName }

// cacheLevel names the smallest cache that holds the given number of bytes: L2, which each
// thread has, or L3, which all share; or memory. A cache of unknown size holds nothing.
func cacheLevel(bytes int64) string {
	switch cache := cpuid.CPU.Cache; {
	case bytes <= int64(cache.L2*runtime.GOMAXPROCS(0)):
		return "L2"
	case bytes <= int64(cache.L3):
		return "L3"
	}
	return "memory"
}
