package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// avx512 has 32 registers of 16 numbers: 28 for sums, two for vectors of B, two
// for elements of A.
type avx512 struct{}

func newAVX512() isa { return avx512{} }

func (avx512) name() string           { return "AVX512" }
func (avx512) lanes() int             { return 16 }
func (avx512) rows() int              { return 14 }
func (avx512) step() int              { return 16 }
func (avx512) quickMasks() bool       { return true }
func (avx512) vector() reg.VecVirtual { return ZMM() }
func (avx512) zero(v reg.VecVirtual)  { VPXORD(v, v, v) }

func (avx512) multiplyAdd(x, y, sum reg.VecVirtual) { VFMADD231PS(x, y, sum) }

func (avx512) mask(count reg.GPVirtual) {
	ones := GP64()
	MOVQ(I32(-1), ones)
	bits := GP64()
	SHLXQ(count, ones, bits)
	NOTQ(bits)
	KMOVW(bits.As32(), reg.K1)
}

func (avx512) load(m Mem, v reg.VecVirtual, masked bool) {
	if masked {
		VMOVUPS_Z(m, reg.K1, v)
	} else {
		VMOVUPS(m, v)
	}
}

func (avx512) store(v reg.VecVirtual, m Mem, masked bool) {
	if masked {
		VMOVUPS(v, reg.K1, m)
	} else {
		VMOVUPS(v, m)
	}
}

// avx2 has 16 registers of 8 numbers: 12 for sums, two for vectors of B, one
// for an element of A, one for the mask.
type avx2 struct {
	table Mem            // eight words of ones, eight of zeros
	bits  reg.VecVirtual // of the function being written
}

func newAVX2() isa {
	table := GLOBL("gemmMask", RODATA|NOPTR)
	for i := range 16 {
		word := ^uint32(0)
		if i >= 8 {
			word = 0
		}
		DATA(4*i, U32(word))
	}
	return &avx2{table: table}
}

func (*avx2) name() string           { return "AVX2" }
func (*avx2) lanes() int             { return 8 }
func (*avx2) rows() int              { return 6 }
func (*avx2) step() int              { return 8 }
func (*avx2) quickMasks() bool       { return false }
func (*avx2) vector() reg.VecVirtual { return YMM() }
func (*avx2) zero(v reg.VecVirtual)  { VXORPS(v, v, v) }

func (*avx2) multiplyAdd(x, y, sum reg.VecVirtual) { VFMADD231PS(x, y, sum) }

func (a *avx2) mask(count reg.GPVirtual) {
	address := GP64()
	LEAQ(a.table.Offset(32), address)
	back := GP64()
	MOVQ(count, back)
	NEGQ(back)
	a.bits = YMM()
	VMOVUPS(Mem{Base: address, Index: back, Scale: 4}, a.bits)
}

func (a *avx2) load(m Mem, v reg.VecVirtual, masked bool) {
	if masked {
		VMASKMOVPS(m, a.bits, v)
	} else {
		VMOVUPS(m, v)
	}
}

func (a *avx2) store(v reg.VecVirtual, m Mem, masked bool) {
	if masked {
		VMASKMOVPS(v, a.bits, m)
	} else {
		VMOVUPS(v, m)
	}
}
