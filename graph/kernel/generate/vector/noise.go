package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Philox4×32-10 (Salmon et al. 2011). The memory at c holds ten pairs of round
// keys, then the last three words of the counter, each repeated eight times.
// The philox type of package kernel must have the same layout.
const (
	rounds      = 10
	multiplier0 = 0xD2511F53
	multiplier1 = 0xCD9E8D57
)

// philox holds the counters of as many blocks as there are lanes, and advances
// them.
type philox struct {
	*machine
	c    reg.Register
	even vec // block numbers in the 64-bit lanes, for the even 32-bit lanes of the results
	odd  vec // and for the odd ones
	high Op  // mask of the odd lanes
}

// newPhilox assigns blocks to lanes in the order that transpose converts to
// consecutive elements: lane e of 128-bit group G holds block G + e·groups.
func (m *machine) newPhilox(first string) *philox {
	p := &philox{machine: m, c: pointer("c")}
	groups := m.lanes / 4
	lane := func(position int) vec {
		x, at := m.new(), m.data(fmt.Sprintf("blocks%d%s", position, m.suffix), func() {
			for i := range m.lanes / 2 {
				lane := 2*i + position
				DATA(8*i, U64(lane/4+lane%4*groups))
			}
		})
		start, err := Param(first).Resolve()
		if err != nil {
			panic(err)
		}
		VBROADCASTSS(start.Addr, x)
		VPADDD(at, x, x)
		return x
	}
	p.even, p.odd = lane(0), lane(1)
	if m.wide() {
		mask, bits := K(), GP32()
		MOVL(U32(0xaaaa), bits)
		KMOVW(bits, mask)
		p.high = mask
	}
	return p
}

func (p *philox) memory(i int) Mem { return Mem{Base: p.c, Disp: 32 * i} }

// next returns the four words of every block, and advances to the next blocks.
func (p *philox) next() [4]vec {
	even, odd := p.start(p.even), p.start(p.odd)
	for round := range rounds {
		even, odd = p.round(even, round), p.round(odd, round)
	}
	p.into(integerAdd, p.even, p.word(uint32(p.lanes)), p.even)
	p.into(integerAdd, p.odd, p.word(uint32(p.lanes)), p.odd)
	var words [4]vec
	for i := range words {
		high := p.shift(VPSLLQ, 32, odd[i])
		words[i] = p.new()
		if p.wide() {
			VPBLENDMD(high, even[i], p.high, words[i])
		} else {
			VPBLENDD(Imm(0xaa), high, even[i], words[i])
		}
	}
	return words
}

func (p *philox) start(block vec) [4]vec {
	c := [4]vec{p.copy(block)}
	for i := 1; i < 4; i++ {
		c[i] = p.register(p.memory(2*rounds + i - 1))
	}
	return c
}

// round uses the low halves of 64-bit lanes. The high halves are undefined.
func (p *philox) round(c [4]vec, round int) [4]vec {
	product0, product1 := p.do(multiply32, c[0], p.word(multiplier0)), p.do(multiply32, c[2], p.word(multiplier1))
	high0, high1 := p.shift(VPSRLQ, 32, product0), p.shift(VPSRLQ, 32, product1)
	p.xor3(high1, c[1], p.memory(2*round))
	p.xor3(high0, c[3], p.memory(2*round+1))
	return [4]vec{high1, product1, high0, product0}
}

// xor3 emits x ^= y ^ z.
func (p *philox) xor3(x, y vec, z Mem) {
	if p.wide() {
		VPTERNLOGD_BCST(Imm(0x96), z, y, x)
	} else {
		VPXOR(y, x, x)
		VPXOR(z, x, x)
	}
}

// transpose converts the words of blocks to consecutive elements.
func (m *machine) transpose(w [4]vec) [4]vec {
	do := func(f func(...Op), a, b vec) vec {
		x := m.new()
		f(b, a, x)
		return x
	}
	low01, high01 := do(VUNPCKLPS, w[0], w[1]), do(VUNPCKHPS, w[0], w[1])
	low23, high23 := do(VUNPCKLPS, w[2], w[3]), do(VUNPCKHPS, w[2], w[3])
	return [4]vec{do(VUNPCKLPD, low01, low23), do(VUNPCKHPD, low01, low23),
		do(VUNPCKLPD, high01, high23), do(VUNPCKHPD, high01, high23)}
}

// unit returns the high 24 bits of the words as numbers in [0, 1).
func (m *machine) unit(w vec) vec {
	u := m.shift(VPSRLD, 8, w)
	VCVTDQ2PS(u, u)
	return m.do(mul, u, m.number(0x1p-24))
}

// fill emits a function that fills dst with f of the words.
func (m *machine) fill(name, signature string, prepare func(), f func(w [4]vec) [4]vec) {
	m.function(name, signature, func() {
		n, dst, p := length("dst"), base("dst"), m.newPhilox("block")
		prepare()
		again, rest, done := m.label("loop"), m.label("rest"), m.label("done")
		elements := 4 * m.lanes
		m.index = GP64()
		XORQ(m.index, m.index)
		Label(again)
		CMPQ(n, Imm(uint64(elements)))
		JB(LabelRef(rest))
		for i, x := range m.transpose(f(p.next())) {
			m.storeAt(x, m.element(dst, i*m.lanes))
		}
		ADDQ(Imm(uint64(elements)), m.index)
		SUBQ(Imm(uint64(elements)), n)
		JMP(LabelRef(again))
		Label(rest)
		TESTQ(n, n)
		JZ(LabelRef(done))
		for i, x := range m.transpose(f(p.next())) {
			m.tail = m.firstLanes(m.clamp(n, i))
			m.storeAt(x, m.element(dst, i*m.lanes))
			m.tail = nil
		}
		Label(done)
	})
}

// clamp returns the number of the n elements that are in register i of a row of
// registers.
func (m *machine) clamp(n reg.Register, i int) reg.Register {
	count, bound := GP64(), GP64()
	MOVQ(n, count)
	XORQ(bound, bound)
	SUBQ(Imm(uint64(i*m.lanes)), count)
	CMOVQLT(bound, count)
	MOVQ(U32(uint32(m.lanes)), bound)
	CMPQ(count, bound)
	CMOVQGT(bound, count)
	return count
}

func noise(m *machine) {
	each := func(f func(w vec) vec) func([4]vec) [4]vec {
		return func(w [4]vec) [4]vec { return [4]vec{f(w[0]), f(w[1]), f(w[2]), f(w[3])} }
	}
	m.fill("uniform", "func(dst []float32, block uint32, c *[23][8]uint32)", func() {}, each(m.unit))
	m.fill("gaussian", "func(dst []float32, block uint32, c *[23][8]uint32)", func() {}, func(w [4]vec) [4]vec {
		a, b := m.boxMuller(w[0], w[1])
		c, d := m.boxMuller(w[2], w[3])
		return [4]vec{a, b, c, d}
	})
	var p, one vec
	m.fill("bernoulli", "func(dst []float32, p float32, block uint32, c *[23][8]uint32)", func() {
		p, one = m.broadcast("p"), m.register(m.number(1))
	}, each(func(w vec) vec { return m.keep(m.compare(less, m.unit(w), p), one) }))
}

// Minimax coefficients of (sin x/x − 1)/x² and (cos x − 1 + x²/2)/x⁴ in x², for
// |x| ≤ π/4 [2^−28 and 2^−33].
var (
	sinCoefficients = []float64{-0.166666552, 0.00833219104, -0.000195185989}
	cosCoefficients = []float64{0.0416666456, -0.00138873013, 2.44306702e-05}
)

// boxMuller computes two normal numbers from two words, √(−2·log(1−u))·cos 2πv
// and ·sin 2πv. It rounds every product, so plain Go gives the same bits.
func (m *machine) boxMuller(u, v vec) (x, y vec) {
	radius := m.radius(u)
	angle := m.shift(VPSRLD, 8, v) // in turns of 2^24, less its quadrant below
	quadrant := m.do(integerAdd, angle, m.word(1<<21))
	VPSRLD(Imm(22), quadrant, quadrant)
	m.into(integerSub, angle, m.shift(VPSLLD, 22, quadrant), angle)
	VCVTDQ2PS(angle, angle)
	m.into(mul, angle, m.number(2*math.Pi*0x1p-24), angle)

	square := m.do(mul, angle, angle)
	sin := m.hornerUnfused(square, sinCoefficients...)
	m.into(mul, sin, square, sin)
	m.into(mul, sin, angle, sin)
	m.into(add, sin, angle, sin)
	cos := m.hornerUnfused(square, cosCoefficients...)
	m.into(mul, cos, square, cos)
	m.into(sub, cos, m.number(0.5), cos)
	m.into(mul, cos, square, cos)
	m.into(add, cos, m.number(1), cos)

	swap := m.signs(m.shift(VPSLLD, 31, quadrant))
	x, y = m.blend(swap, sin, cos), m.blend(swap, cos, sin)
	m.into(mul, y, radius, y)
	m.into(mul, x, radius, x)
	m.into(xor, y, m.signOfBit1(quadrant), y)
	m.into(integerAdd, quadrant, m.word(1), quadrant)
	m.into(xor, x, m.signOfBit1(quadrant), x)
	return x, y
}

// signOfBit1 returns bit 1 of the integers as a sign bit.
func (m *machine) signOfBit1(x vec) vec {
	return m.do(and, m.shift(VPSLLD, 30, x), m.word(signBit))
}

// radius returns √(−2·log(1−u)) for the number u in [0, 1) of a word.
func (m *machine) radius(w vec) vec {
	rest := m.register(m.number(1))
	m.into(sub, rest, m.unit(w), rest)
	k := m.do(integerSub, rest, m.word(logOrigin))
	m.into(and, k, m.word(exponent), k)
	r := m.do(integerSub, rest, k)
	m.into(sub, r, m.number(1), r)
	p := m.hornerUnfused(r, logCoefficients...)
	m.into(mul, p, r, p)
	m.into(mul, p, r, p)
	m.into(add, p, r, p)
	VCVTDQ2PS(k, k)
	m.into(mul, k, m.number(math.Ln2*0x1p-23), k)
	m.into(add, p, k, p)
	m.into(mul, p, m.number(-2), p)
	VSQRTPS(p, p)
	return p
}
