//go:build amd64 && !noasm

package kernel

import "golang.org/x/sys/cpu"

//go:generate go run -C generate ./gemm -out ../gemm_amd64.s -stubs ../gemm_amd64.go -pkg kernel
//go:generate go run -C generate ./vector -out ../vector_amd64.s -stubs ../vector_amd64.go -pkg kernel

var avx512 = path{
	name: "avx512",
}

var avx2 = path{
	name: "avx2",
}

// paths returns what this processor can run, fastest first.
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
