package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gradients emits dz = dy·act′ in terms of y = act(z).
func gradients(m *machine) {
	m.gradient("sigmoid", func(y, dy vec) vec {
		slope := m.do(sub, m.register(m.number(1)), y)
		m.into(mul, slope, y, slope)
		return m.do(mul, slope, dy)
	})
	m.gradient("tanh", func(y, dy vec) vec {
		slope := m.do(sub, m.register(m.number(1)), y)
		m.into(mul, slope, m.do(add, y, m.number(1)), slope)
		return m.do(mul, slope, dy)
	})
	m.gradient("linear", func(y, dy vec) vec { return dy })
	m.gradient("relu", func(y, dy vec) vec { return m.keep(m.compare(notAtMost, y, m.zero()), dy) })
	m.gradient("leakyReLU", func(y, dy vec) vec {
		return m.blend(m.compare(greater, y, m.zero()), dy, m.do(mul, dy, m.number(leakySlope)))
	})
	m.gradient("elu", func(y, dy vec) vec {
		slope := m.do(add, y, m.number(1))
		slope = m.blend(m.compare(greater, y, m.zero()), m.number(1), slope)
		return m.do(mul, slope, dy)
	})
	m.gradient("softplus", func(y, dy vec) vec { // 1 − e^−y
		x := m.do(larger, m.register(m.number(lowestExp)), m.do(xor, y, m.word(signBit)))
		return m.do(mul, m.do(xor, m.expm1(x), m.word(signBit)), dy)
	})
	m.gradient("selu", func(y, dy vec) vec {
		slope := m.do(add, y, m.number(seluScale*seluAlpha))
		slope = m.blend(m.compare(greater, y, m.zero()), m.number(seluScale), slope)
		return m.do(mul, slope, dy)
	})
}

// gradient emits, for rows × columns elements of arrays whose rows are stride
// elements apart, dz = f(y, dy) and, if db is not nil, the sums of dz over the
// rows. It processes a few registers of columns at a time, for all rows.
func (m *machine) gradient(name string, f func(y, dy vec) vec) {
	signature := "func(y, dy, dz, db []float32, rows, columns, stride int)"
	m.function(name+"Gradient", signature, func() {
		g := gradientLoop{
			y: base("y"), dy: base("dy"), dz: base("dz"), db: base("db"),
			rows: pointer("rows"), columns: pointer("columns"), stride: pointer("stride"), column: GP64(),
		}
		XORQ(g.column, g.column)
		m.tail = nil
		g.emit(m, 4, f)
		g.emit(m, 1, f)
		rest, done := GP64(), m.label("done")
		MOVQ(g.columns, rest)
		SUBQ(g.column, rest)
		JZ(LabelRef(done))
		m.tail = m.firstLanes(rest)
		g.strip(m, 1, f)
		m.tail = nil
		Label(done)
	})
}

type gradientLoop struct{ y, dy, dz, db, rows, columns, stride, column reg.Register }

// emit runs strips of the given number of registers while there are enough
// columns.
func (g *gradientLoop) emit(m *machine, registers int, f func(y, dy vec) vec) {
	again, done, next := m.label("strip"), m.label("end"), GP64()
	width := registers * m.lanes
	Label(again)
	LEAQ(Mem{Base: g.column, Disp: width}, next)
	CMPQ(next, g.columns)
	JA(LabelRef(done))
	g.strip(m, registers, f)
	ADDQ(Imm(uint64(width)), g.column)
	JMP(LabelRef(again))
	Label(done)
}

// strip processes all rows of some columns.
func (g *gradientLoop) strip(m *machine, registers int, f func(y, dy vec) vec) {
	again, end, at, row := m.label("row"), m.label("end"), GP64(), GP64()
	sums := make([]vec, registers)
	for i := range sums {
		sums[i] = m.zero()
	}
	MOVQ(g.column, at)
	MOVQ(g.rows, row)
	m.index = at
	Label(again)
	for i := range sums {
		offset := i * m.lanes
		dz := f(m.loadAt(m.element(g.y, offset)), m.loadAt(m.element(g.dy, offset)))
		m.storeAt(dz, m.element(g.dz, offset))
		m.into(add, sums[i], dz, sums[i])
	}
	ADDQ(g.stride, at)
	DECQ(row)
	JNZ(LabelRef(again))
	TESTQ(g.db, g.db)
	JZ(LabelRef(end))
	m.index = g.column
	for i := range sums {
		m.storeAt(sums[i], m.element(g.db, i*m.lanes))
	}
	Label(end)
}
