package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// runs writes the micro-kernel of convolutions for one number of rows. The sums
// stay in registers over a list of products. Each element of C is a chain of
// fused multiply-adds in the order of the list or, with few rows, the sum of
// several chains: see chainsOf.
func runs(isa isa, rows int) {
	TEXT(fmt.Sprintf("gemmRuns%sRows%d", isa.name(), rows), NOSPLIT,
		"func(columns int, runs []int, a []float32, aRow int, b []float32, bStep int, bias []float32, add int, c []float32, cRow int)")
	Doc(fmt.Sprintf("gemmRuns%sRows%d computes a tile of %d rows: see path.gemmRuns.", isa.name(), rows, rows))
	Pragma("noescape")

	columns := Load(Param("columns"), GP64()).(reg.GPVirtual)
	CMPQ(columns, U32(2*isa.lanes()))
	JEQ(LabelRef("full"))
	CMPQ(columns, U32(isa.lanes()))
	JLE(LabelRef("narrow"))
	SUBQ(U32(isa.lanes()), columns)
	for _, b := range []body{{"wide", 2, true}, {"narrow", 1, true}, {"full", 2, false}} {
		Label(b.label)
		if b.masked {
			isa.mask(columns)
		}
		writeRuns(isa, rows, b)
	}
}

// chainsOf is the number of chains of an element of C. A multiply-add takes
// four cycles, and two start in each cycle, so fewer than eight vectors of sums
// would wait for each other. Chain j takes every element of a product whose
// index is j modulo their number, and the first chain takes the last few.
func chainsOf(rows int) int {
	switch rows {
	case 1:
		return 4
	case 2, 3:
		return 2
	}
	return 1
}

func writeRuns(isa isa, rows int, b body) {
	chains := make([]accumulator, chainsOf(rows))
	for j := range chains {
		chains[j] = make(accumulator, rows)
		for i := range chains[j] {
			for range b.vectors {
				chains[j][i] = append(chains[j][i], isa.vector())
			}
		}
	}
	sums := chains[0]
	access := func(v int) bool { return b.masked && v == b.vectors-1 }
	at := func(base reg.Register, v int) Mem { return Mem{Base: base, Disp: v * isa.lanes() * 4} }

	prefetch(isa, sums, at)
	startRuns(isa, sums, b, access, at)
	for _, chain := range chains[1:] {
		for _, row := range chain {
			for _, sum := range row {
				isa.zero(sum)
			}
		}
	}
	multiplyRuns(isa, chains, b, access, at)
	for n := len(chains); n > 1; n /= 2 {
		for j, chain := range chains[:n/2] {
			for i, row := range chain {
				for v, sum := range row {
					VADDPS(chains[n/2+j][i][v], sum, sum)
				}
			}
		}
	}
	c, cRow := Load(Param("c").Base(), GP64()), Load(Param("cRow"), GP64())
	SHLQ(U8(2), cRow)
	for _, row := range sums {
		for v, sum := range row {
			isa.store(sum, at(c, v), access(v))
		}
		ADDQ(cRow, c)
	}
	VZEROUPPER()
	RET()
}

// startRuns sets the sums to C, or each row to its bias, or to zero.
func startRuns(isa isa, sums accumulator, b body, access func(int) bool, at func(reg.Register, int) Mem) {
	add := Load(Param("add"), GP64())
	TESTQ(add, add)
	JZ(LabelRef(b.label + "_bias"))
	c, cRow := Load(Param("c").Base(), GP64()), Load(Param("cRow"), GP64())
	SHLQ(U8(2), cRow)
	for _, row := range sums {
		for v, sum := range row {
			isa.load(at(c, v), sum, access(v))
		}
		ADDQ(cRow, c)
	}
	JMP(LabelRef(b.label + "_start"))
	Label(b.label + "_bias")
	bias := Load(Param("bias").Base(), GP64())
	TESTQ(bias, bias)
	JZ(LabelRef(b.label + "_zero"))
	for i, row := range sums {
		for _, sum := range row {
			VBROADCASTSS(Mem{Base: bias, Disp: 4 * i}, sum)
		}
	}
	JMP(LabelRef(b.label + "_start"))
	Label(b.label + "_zero")
	for _, row := range sums {
		for _, sum := range row {
			isa.zero(sum)
		}
	}
	Label(b.label + "_start")
}

// multiplyRuns is the loop over the products, and over k in each of them.
func multiplyRuns(isa isa, chains []accumulator, b body, access func(int) bool, at func(reg.Register, int) Mem) {
	run, end := Load(Param("runs").Base(), GP64()), Load(Param("runs").Len(), GP64())
	LEAQ(Mem{Base: run, Index: end, Scale: 8}, end)
	aRow := Load(Param("aRow"), GP64())
	SHLQ(U8(2), aRow)
	bStep := Load(Param("bStep"), GP64())
	SHLQ(U8(2), bStep)

	Label(b.label + "_run")
	CMPQ(run, end)
	JAE(LabelRef(b.label + "_done"))
	o := nextRun(run, aRow, bStep, len(chains[0]))
	add := func(l int, sums accumulator) { o.add(isa, b, l, sums, access, at) }
	advance := func(by int) {
		for _, base := range o.bases {
			ADDQ(U8(4*by), base)
		}
	}
	if len(chains) > 1 {
		SUBQ(U8(len(chains)), o.k)
		JL(LabelRef(b.label + "_few"))
		Label(b.label + "_chains")
		for l, sums := range chains {
			add(l, sums)
		}
		advance(len(chains))
		SUBQ(U8(len(chains)), o.k)
		JGE(LabelRef(b.label + "_chains"))
		Label(b.label + "_few")
		ADDQ(U8(len(chains)), o.k)
		JZ(LabelRef(b.label + "_run"))
	}
	Label(b.label + "_loop")
	add(0, chains[0])
	advance(1)
	DECQ(o.k)
	JNZ(LabelRef(b.label + "_loop"))
	JMP(LabelRef(b.label + "_run"))
	Label(b.label + "_done")
}

// runOperands are the factors of one product of a sum.
type runOperands struct {
	bases       []reg.Register // of the rows of A: three rows share one, as in multiply
	aRow, bStep reg.Register   // in bytes
	right       reg.Register   // the row of B
	k           reg.Register
}

// nextRun loads the operands of a product, and moves run to the next product.
func nextRun(run, aRow, bStep reg.Register, rows int) runOperands {
	offset := GP64()
	MOVQ(Mem{Base: run}, offset)
	first := Load(Param("a").Base(), GP64())
	LEAQ(Mem{Base: first, Index: offset, Scale: 4}, first)
	bases := []reg.Register{first}
	for i := 3; i < rows; i += 3 {
		next := GP64()
		LEAQ(Mem{Base: bases[len(bases)-1], Index: aRow, Scale: 2}, next)
		ADDQ(aRow, next)
		bases = append(bases, next)
	}
	MOVQ(Mem{Base: run, Disp: 8}, offset)
	right := Load(Param("b").Base(), GP64())
	LEAQ(Mem{Base: right, Index: offset, Scale: 4}, right)
	k := GP64()
	MOVQ(Mem{Base: run, Disp: 16}, k)
	ADDQ(U8(24), run)
	return runOperands{bases, aRow, bStep, right, k}
}

// add adds element l of the product, counted from the bases, to a chain.
func (o runOperands) add(isa isa, b body, l int, sums accumulator, access func(int) bool, at func(reg.Register, int) Mem) {
	columns := make([]reg.VecVirtual, b.vectors)
	for v := range columns {
		columns[v] = isa.vector()
		isa.load(at(o.right, v), columns[v], access(v))
	}
	ADDQ(o.bStep, o.right)
	for i, row := range sums {
		element := Mem{Base: o.bases[i/3], Disp: 4 * l}
		if i%3 > 0 {
			element.Index, element.Scale = o.aRow, uint8(i%3)
		}
		left := isa.vector()
		VBROADCASTSS(element, left)
		for v, sum := range row {
			VFMADD231PS(columns[v], left, sum)
		}
	}
}
