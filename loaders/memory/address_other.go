//go:build !unix

package memory

import "math"

func addressSpace() int64 { return math.MaxInt64 }
