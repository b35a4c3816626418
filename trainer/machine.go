package trainer

import "github.com/klauspost/cpuid/v2"

// processor is the processor's name for run.json.
func processor() string { return cpuid.CPU.BrandName }
