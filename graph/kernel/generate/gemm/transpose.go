package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transpose writes the transposition of a strip of at most isa.lanes rows:
// dst[j·dstRow + i] = src[i·srcRow + j]. It processes the strip square by
// square, with masks if the last square or the strip itself is partial.
func transpose(isa isa) {
	lanes := isa.lanes()
	TEXT("transpose"+isa.name(), NOSPLIT, "func(rows, columns int, src []float32, srcRow int, dst []float32, dstRow int)")
	Doc(fmt.Sprintf("transpose%s copies a strip of at most %d rows: see path.transpose.", isa.name(), lanes))
	Pragma("noescape")
	s := strip{
		isa:     isa,
		rows:    Load(Param("rows"), GP64()).(reg.GPVirtual),
		columns: Load(Param("columns"), GP64()).(reg.GPVirtual),
		src:     Load(Param("src").Base(), GP64()),
		srcRow:  Load(Param("srcRow"), GP64()),
		dst:     Load(Param("dst").Base(), GP64()),
		dstRow:  Load(Param("dstRow"), GP64()),
	}
	for range lanes {
		s.square = append(s.square, isa.vector())
		s.other = append(s.other, isa.vector())
	}
	SHLQ(U8(2), s.srcRow)
	SHLQ(U8(2), s.dstRow)
	CMPQ(s.rows, U32(lanes))
	JNE(LabelRef("partial"))

	Label("square")
	CMPQ(s.columns, U32(lanes))
	JLT(LabelRef("partial"))
	s.move(false)
	SUBQ(U32(lanes), s.columns)
	JMP(LabelRef("square"))

	// A partial square reads only its rows and writes under a mask. It is rare,
	// so the branches cost little.
	Label("partial")
	TESTQ(s.columns, s.columns)
	JLE(LabelRef("done"))
	s.move(true)
	SUBQ(U32(lanes), s.columns)
	JMP(LabelRef("partial"))

	Label("done")
	VZEROUPPER()
	RET()
}

// strip is the state of a transposition in registers.
type strip struct {
	isa           isa
	rows, columns reg.GPVirtual
	src, srcRow   reg.Register
	dst, dstRow   reg.Register
	square, other []reg.VecVirtual // the steps of a transposition alternate between them
}

// move transposes lanes×lanes numbers and advances to the next square.
func (s strip) move(partial bool) {
	lanes := s.isa.lanes()
	if partial {
		count := GP64()
		MOVQ(U32(lanes), count)
		CMPQ(s.columns, count)
		CMOVQLT(s.columns, count)
		s.isa.mask(count)
		for _, row := range s.square {
			s.isa.zero(row)
		}
	}
	from := GP64()
	MOVQ(s.src, from)
	for i, row := range s.square {
		if partial && i > 0 {
			CMPQ(s.rows, U32(i))
			JLE(LabelRef("loaded"))
		}
		s.isa.load(Mem{Base: from}, row, partial)
		ADDQ(s.srcRow, from)
	}
	Label(map[bool]string{true: "loaded", false: "turn"}[partial])
	s.quads()
	s.isa.turn(s.square, s.other)
	if partial {
		s.isa.mask(s.rows)
	}
	for i, row := range s.square {
		if partial && i > 0 {
			CMPQ(s.columns, U32(i))
			JLE(LabelRef("done"))
		}
		s.isa.store(row, Mem{Base: s.dst}, partial)
		ADDQ(s.dstRow, s.dst)
	}
	ADDQ(U32(4*lanes), s.src)
}

// quads transposes groups of four rows within their 128-bit lanes: lane L of
// row 4g+j then holds column 4L+j of rows 4g to 4g+3.
func (s strip) quads() {
	for g := 0; g < len(s.square); g += 4 {
		rows, pairs := s.square[g:g+4], s.other[g:g+4]
		for i := 0; i < 4; i += 2 {
			VUNPCKLPS(rows[i+1], rows[i], pairs[i])
			VUNPCKHPS(rows[i+1], rows[i], pairs[i+1])
		}
		for i := range 2 {
			VUNPCKLPD(pairs[2+i], pairs[i], rows[2*i])
			VUNPCKHPD(pairs[2+i], pairs[i], rows[2*i+1])
		}
	}
}

func (avx512) turn(u, other []reg.VecVirtual) {
	const even, odd = U8(0x88), U8(0xdd) // of the four lanes of each source
	for j := range 4 {
		for half := 0; half < 16; half += 8 {
			VSHUFF32X4(even, u[half+4+j], u[half+j], other[half+j])
			VSHUFF32X4(odd, u[half+4+j], u[half+j], other[half+4+j])
		}
	}
	for j := range 8 { // lanes 0 and 2 for j < 4, lanes 1 and 3 from there
		VSHUFF32X4(even, other[8+j], other[j], u[j])
		VSHUFF32X4(odd, other[8+j], other[j], u[8+j])
	}
}

func (*avx2) turn(u, other []reg.VecVirtual) {
	for j := range 4 {
		VPERM2F128(U8(0x20), u[4+j], u[j], other[j])
		VPERM2F128(U8(0x31), u[4+j], u[j], other[4+j])
	}
	for j, row := range other {
		VMOVAPS(row, u[j])
	}
}
