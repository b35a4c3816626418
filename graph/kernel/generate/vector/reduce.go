package main

import (
	. "github.com/mmcloughlin/avo/build"
)

func reductions(m *machine) {
	m.function("sum", "func(x []float32) (total float64)", func() {
		n, x, s := length("x"), base("x"), m.newSum()
		m.loop(n, func() { s.add(m, m.load(x)) })
		Store(s.total(m), Return("total"))
	})
	m.function("sumSquares", "func(x []float32) (total float64)", func() {
		n, x, s := length("x"), base("x"), m.newSum()
		m.loop(n, func() { s.addSquare(m, m.load(x)) })
		Store(s.total(m), Return("total"))
	})
	m.function("finite", "func(x []float32) (ok bool)", func() {
		n, x, top := length("x"), base("x"), m.zero()
		m.loop(n, func() {
			magnitude := m.do(and, m.load(x), m.word(^uint32(signBit)))
			m.into(integerMax, top, magnitude, top)
		})
		bad, mask, ok := GP32(), m.compare(notLess, top, m.infinity()), GP8()
		if m.wide() {
			KMOVW(mask, bad)
		} else {
			VMOVMSKPS(mask, bad)
		}
		TESTL(bad, bad)
		SETEQ(ok)
		Store(ok, Return("ok"))
	})
}

// infinity returns a register of +Inf.
func (m *machine) infinity() vec { return m.register(m.word(0x7f800000)) }
