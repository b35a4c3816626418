package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// panel writes the copy of a matrix that is at most as wide as a tile.
func panel(isa isa) {
	TEXT("copyPanel"+isa.name(), NOSPLIT, "func(rows, columns int, src []float32, srcRow int, dst []float32, dstRow int)")
	Doc(fmt.Sprintf("copyPanel%s copies a matrix of at most %d columns: see path.copyPanel.", isa.name(), 2*isa.lanes()))
	Pragma("noescape")
	rows := Load(Param("rows"), GP64())
	columns := Load(Param("columns"), GP64()).(reg.GPVirtual)
	src, srcRow := Load(Param("src").Base(), GP64()), Load(Param("srcRow"), GP64())
	dst, dstRow := Load(Param("dst").Base(), GP64()), Load(Param("dstRow"), GP64())
	SHLQ(U8(2), srcRow)
	SHLQ(U8(2), dstRow)
	bodies := []body{{"wide", 2, true}, {"narrow", 1, true}, {"full", 2, false}}
	CMPQ(columns, U32(2*isa.lanes()))
	JEQ(LabelRef("full"))
	CMPQ(columns, U32(isa.lanes()))
	if !isa.quickMasks() {
		bodies = append(bodies, body{"half", 1, false})
		JEQ(LabelRef("half"))
	}
	JLE(LabelRef("narrow"))
	SUBQ(U32(isa.lanes()), columns)
	for _, b := range bodies {
		Label(b.label)
		if b.masked {
			isa.mask(columns)
		}
		Label(b.label + "_loop")
		row := make([]reg.VecVirtual, b.vectors)
		for v := range row {
			row[v] = isa.vector()
			isa.load(Mem{Base: src, Disp: v * isa.lanes() * 4}, row[v], b.masked && v == b.vectors-1)
		}
		for v := range row {
			isa.store(row[v], Mem{Base: dst, Disp: v * isa.lanes() * 4}, b.masked && v == b.vectors-1)
		}
		ADDQ(srcRow, src)
		ADDQ(dstRow, dst)
		DECQ(rows)
		JNZ(LabelRef(b.label + "_loop"))
		VZEROUPPER()
		RET()
	}
}
