//go:build amd64 && !noasm

package kernel

import "golang.org/x/sys/cpu"

//go:generate go run -C generate ./gemm -out ../gemm_amd64.s -stubs ../gemm_amd64.go -pkg kernel
//go:generate go run -C generate ./vector -out ../vector_amd64.s -stubs ../vector_amd64.go -pkg kernel

var avx512 = path{
	name:       "avx512",
	vectorPath: vectorAVX512,

	gemm: []gemmTile{nil, gemmAVX512Rows1, gemmAVX512Rows2, gemmAVX512Rows3, gemmAVX512Rows4,
		gemmAVX512Rows5, gemmAVX512Rows6, gemmAVX512Rows7, gemmAVX512Rows8, gemmAVX512Rows9,
		gemmAVX512Rows10, gemmAVX512Rows11, gemmAVX512Rows12, gemmAVX512Rows13, gemmAVX512Rows14},
	gemmColumns:   32,
	gemmDepth:     512,
	gemmStep:      16,
	panelAliasing: 1024,
	gemmAhead:     4,
	gemmRuns: []gemmRuns{nil, gemmRunsAVX512Rows1, gemmRunsAVX512Rows2, gemmRunsAVX512Rows3, gemmRunsAVX512Rows4,
		gemmRunsAVX512Rows5, gemmRunsAVX512Rows6, gemmRunsAVX512Rows7, gemmRunsAVX512Rows8, gemmRunsAVX512Rows9,
		gemmRunsAVX512Rows10, gemmRunsAVX512Rows11, gemmRunsAVX512Rows12, gemmRunsAVX512Rows13, gemmRunsAVX512Rows14},
	transposeRows: 16,
	transpose:     transposeAVX512,
	copyPanel:     copyPanelAVX512,
	peak:          peakAVX512,
	peakFLOPs:     24 * 2 * 16,
}

var avx2 = path{
	name:       "avx2",
	vectorPath: vectorAVX2,

	gemm: []gemmTile{nil, gemmAVX2Rows1, gemmAVX2Rows2, gemmAVX2Rows3, gemmAVX2Rows4,
		gemmAVX2Rows5, gemmAVX2Rows6},
	gemmColumns:   16,
	gemmDepth:     448,
	gemmStep:      8,
	panelAliasing: 512,
	gemmAhead:     4,
	gemmRuns: []gemmRuns{nil, gemmRunsAVX2Rows1, gemmRunsAVX2Rows2, gemmRunsAVX2Rows3, gemmRunsAVX2Rows4,
		gemmRunsAVX2Rows5, gemmRunsAVX2Rows6},
	transposeRows: 8,
	transpose:     transposeAVX2,
	copyPanel:     copyPanelAVX2,
	peak:          peakAVX2,
	peakFLOPs:     24 * 2 * 8,
}

var pairsAVX512 = pairPath{
	gemm: []gemmTile{nil, gemmPairsRows1, gemmPairsRows2, gemmPairsRows3, gemmPairsRows4,
		gemmPairsRows5, gemmPairsRows6, gemmPairsRows7, gemmPairsRows8, gemmPairsRows9,
		gemmPairsRows10, gemmPairsRows11, gemmPairsRows12, gemmPairsRows13, gemmPairsRows14},
	rows:      pairRowsAVX512,
	columns:   pairColumnsAVX512,
	peak:      peakPairs,
	peakFLOPs: 24 * 4 * 16,
}

func init() {
	if cpu.X86.HasAVX512BF16 {
		avx512.pairs = &pairsAVX512
	}
}

// paths returns the paths that this processor supports, fastest first.
func paths() []*path {
	var all []*path
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL {
		all = append(all, &avx512)
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		all = append(all, &avx2)
	}
	return append(all, &generic)
}
