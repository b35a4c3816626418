package trainer

import "github.com/klauspost/cpuid/v2"

// processor returns the name of the processor for run.json.
func processor() string { return cpuid.CPU.BrandName }
