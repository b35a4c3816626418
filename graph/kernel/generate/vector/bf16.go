package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

const (
	upperHalf = 0xffff0000
	quietBit  = 0x00400000
	bf16Least = 0x1p-56
)

// bf16 emits the rounding to bfloat16. Only AVX-512 has an instruction for
// products of pairs.
func bf16(m *machine) {
	m.unary("round", nil, m.bf16)
	if !m.wide() {
		return
	}
	m.function("pairRows", "func(dst, first, second []float32)", func() {
		n, dst, first, second := length("dst"), base("dst"), base("first"), base("second")
		m.loop(n, func() {
			x, y := m.bf16(m.load(first)), m.bf16(m.load(second))
			m.store(m.do(or, x, m.shift(VPSRLD, 16, y)), dst)
		})
	})
	m.function("pairColumns", "func(dst, src []float32)", func() {
		n, dst, src := length("src"), base("dst"), base("src")
		m.loopFull(n, func() {
			x := m.bf16(m.load(src))
			m.into(or, x, m.shift(VPSRLQ, 48, x), x) // in the lower word of each two
			y := YMM()
			VPMOVQD(x, y)
			VMOVUPS(y, Mem{Base: dst, Index: m.index, Scale: 2})
		})
	})
}

// bf16 returns x rounded to the nearest bfloat16 number, half to even, or 0 if
// that is below bf16Least.
func (m *machine) bf16(x vec) vec {
	y := m.do(and, m.shift(VPSRLD, 16, x), m.word(1))
	m.into(integerAdd, y, m.word(0x7fff), y)
	m.into(integerAdd, y, x, y)
	y = m.blend(m.compare(unordered, x, x), m.do(or, x, m.word(quietBit)), y)
	m.into(and, y, m.word(upperHalf), y)
	return m.keep(m.compare(notLess, m.do(and, y, m.word(^uint32(signBit))), m.number(bf16Least)), y)
}
