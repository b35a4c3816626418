// Command vector writes the assembly of all functions that are not matrix
// products. Each function is written once, in terms of a machine, and emitted
// for AVX-512 and for AVX2 with FMA; both do the same operations in the same
// order, so their results are equal bit by bit.
package main

import (
	. "github.com/mmcloughlin/avo/build"
)

func main() {
	ConstraintExpr("!noasm")
	for _, m := range []*machine{{suffix: "AVX512", lanes: 16}, {suffix: "AVX2", lanes: 8}} {
		elementwise(m)
		bf16(m)
		gradients(m)
		losses(m)
		reductions(m)
		solvers(m)
		noise(m)
	}
	Generate()
}
