package kernel

// generic has the plain Go form of every assembly function.
var generic = path{
	name:       "generic",
	vectorPath: vectorGeneric,

	gemm:          gemmGenericRows,
	gemmColumns:   gemmGenericColumns,
	gemmDepth:     448,
	gemmStep:      gemmGenericColumns,
	panelAliasing: 1024,
	gemmAhead:     1,
	gemmRuns:      gemmRunsGenericRows,
	transposeRows: 16,
	transpose:     transposeGeneric,
	copyPanel:     copyPanelGeneric,
	peak:          peakGeneric,
	peakFLOPs:     peakGenericFLOPs,
}
