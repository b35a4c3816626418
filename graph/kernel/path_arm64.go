//go:build arm64 && !noasm

package kernel

// neon has assembly for the matrix products. Its other functions are plain Go.
// Every arm64 processor has the instructions.
var neon = path{
	name:       "neon",
	vectorPath: vectorGeneric,

	gemm: []gemmTile{nil, gemmNEONRows1, gemmNEONRows2, gemmNEONRows3, gemmNEONRows4,
		gemmNEONRows5, gemmNEONRows6, gemmNEONRows7, gemmNEONRows8},
	gemmColumns:   8,
	gemmDepth:     448,
	gemmStep:      8,
	panelAliasing: 1024,
	gemmAhead:     1,
	gemmRuns: []gemmRuns{nil, gemmRunsNEONRows1, gemmRunsNEONRows2, gemmRunsNEONRows3, gemmRunsNEONRows4,
		gemmRunsNEONRows5, gemmRunsNEONRows6, gemmRunsNEONRows7, gemmRunsNEONRows8},
	transposeRows: 8,
	transpose:     transposeGeneric,
	copyPanel:     copyPanelGeneric,
	peak:          peakNEON,
	peakFLOPs:     24 * 2 * 4,
}

// paths returns the paths of this build, fastest first.
func paths() []*path { return []*path{&neon, &generic} }
