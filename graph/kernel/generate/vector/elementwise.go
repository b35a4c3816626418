package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

const (
	signBit     = 0x80000000
	seluScale   = 1.0507009873554804934193349852946
	seluAlpha   = 1.6732632423543772848170429916717
	leakySlope  = 0.01
	lowestExp   = -87.33654  // e^x is denormal or 0 below
	highestExp  = 88.72283   // e^x is infinite above
	smallest    = 0x1p-126   // the smallest normal number
	roundingBit = 0x1.8p23   // x + roundingBit has round(x) in its low bits
	logOrigin   = 0x3f400000 // bits of 0.75: mantissas are taken in [0.75, 1.5)
	exponent    = 0xff800000 // mask of sign and exponent
	ln2High     = 0.693147182464599609375
	ln2Low      = -1.904654212e-09
)

// Minimax coefficients, with the error relative to the function in brackets:
// (e^r − 1 − r)/r² on |r| ≤ ½·ln 2 [2^−25.9 of e^r − 1] and
// (log(1+m) − m)/m² on [−¼, ½] [2^−27.0].
var (
	expCoefficients = []float64{0.5, 0.166665435, 0.0416662805, 0.00836661085, 0.00139464915}
	logCoefficients = []float64{-0.5, 0.333334476, -0.250001967, 0.1999107, -0.166436166,
		0.144678071, -0.131884485, 0.105855219, -0.0461809188}
)

// expReduced returns q = e^r − 1 and a word t with n in its low bits, where
// x = n·ln 2 + r and |r| ≤ ½·ln 2. It needs |x| < 2^21.
func (m *machine) expReduced(x vec) (q, t vec) {
	t = m.register(m.number(roundingBit))
	m.into(accumulate, x, m.number(math.Log2E), t)
	n := m.do(sub, t, m.number(roundingBit))
	r := m.copy(x)
	m.into(accumulateSub, n, m.number(ln2High), r)
	m.into(accumulateSub, n, m.number(ln2Low), r)
	q = m.horner(r, expCoefficients...)
	m.into(multiplyAdd, m.do(mul, r, r), r, q)
	return q, t
}

// exp returns e^x for lowestExp ≤ x ≤ highestExp. Other results are undefined.
func (m *machine) exp(x vec) vec {
	q, t := m.expReduced(x)
	m.into(add, q, m.number(1), q)
	m.into(integerAdd, q, m.shift(VPSLLD, 23, t), q)
	return q
}

// power returns 2^n as a float, given n > −127 in the low bits of t.
func (m *machine) power(t vec) vec {
	p := m.shift(VPSLLD, 23, t)
	m.into(integerAdd, p, m.number(1), p)
	return p
}

// expNegative returns e^x for x ≤ 0. NaN stays NaN.
func (m *machine) expNegative(x vec) vec {
	q, t := m.expReduced(x)
	p := m.power(t)
	m.into(multiplyAdd, p, p, q)
	return m.keep(m.compare(notLess, x, m.number(lowestExp)), q)
}

// expm1 returns e^x − 1 for lowestExp ≤ x ≤ highestExp. NaN stays NaN.
func (m *machine) expm1(x vec) vec {
	q, t := m.expReduced(x)
	p := m.power(t)
	m.into(multiplyAdd, p, m.do(sub, p, m.number(1)), q)
	return q
}

// log1p returns log(1+x) for finite x > −1; sum is 1+x rounded. With 1+x =
// 2^k·(1+r), r = (2^−k − 1) + 2^−k·x is accurate for a small x.
func (m *machine) log1p(x, sum vec) vec {
	k := m.do(integerSub, sum, m.word(logOrigin))
	m.into(and, k, m.word(exponent), k)
	r := m.do(integerSub, x, k)
	scale := m.register(m.number(4))
	m.into(integerSub, scale, k, scale)
	quarter := m.register(m.number(-1))
	m.into(accumulate, scale, m.number(0.25), quarter)
	m.into(add, r, quarter, r)
	p := m.horner(r, logCoefficients...)
	m.into(multiplyAdd, m.do(mul, r, r), r, p)
	VCVTDQ2PS(k, k)
	m.into(accumulate, k, m.number(math.Ln2*0x1p-23), p)
	return p
}

// sigmoidParts returns e^−|z|, 1 + e^−|z| and σ(z).
func (m *machine) sigmoidParts(z vec) (e, sum, sigmoid vec) {
	e = m.expNegative(m.do(or, z, m.word(signBit)))
	sum = m.do(add, e, m.number(1))
	numerator := m.blend(m.signs(z), e, m.register(m.number(1)))
	return e, sum, m.do(div, numerator, sum)
}

// clampedExpm1 is expm1 for any x ≤ 0. It is −1 for very negative x.
func (m *machine) clampedExpm1(x, lowest vec) vec { return m.expm1(m.do(larger, lowest, x)) }

// unary emits dst = f(src). prepare makes constants that must be in registers.
func (m *machine) unary(name string, prepare func(), f func(x vec) vec) {
	m.function(name, "func(dst, src []float32)", func() {
		n, dst, src := length("src"), base("dst"), base("src")
		if prepare != nil {
			prepare()
		}
		m.loop(n, func() { m.store(f(m.load(src)), dst) })
	})
}

// binary emits dst = f(a, b).
func (m *machine) binary(name string, f instruction) {
	m.function(name, "func(dst, a, b []float32)", func() {
		n, dst, a, b := length("dst"), base("dst"), base("a"), base("b")
		m.loop(n, func() {
			x := m.load(a)
			m.store(m.do(f, x, m.load(b)), dst)
		})
	})
}

func elementwise(m *machine) {
	var zero, lowest vec
	needZero := func() { zero = m.zero() }
	needLowest := func() { zero, lowest = m.zero(), m.register(m.number(lowestExp)) }

	m.unary("exp", nil, func(x vec) vec {
		y := m.exp(x)
		y = m.keep(m.compare(notLess, x, m.number(lowestExp)), y)
		return m.blend(m.compare(notAtMost, x, m.number(highestExp)), m.do(add, x, m.number(math.Inf(1))), y)
	})
	m.unary("sigmoid", nil, func(z vec) vec {
		_, _, y := m.sigmoidParts(z)
		return y
	})
	m.unary("tanh", needLowest, func(z vec) vec { // −t/(2+t) with t = e^−2|z| − 1
		x := m.do(or, z, m.word(signBit))
		m.into(add, x, x, x)
		t := m.clampedExpm1(x, lowest)
		y := m.do(div, t, m.do(add, t, m.number(2)))
		sign := m.do(and, z, m.word(signBit))
		m.into(and, y, m.word(^uint32(signBit)), y)
		return m.do(or, y, sign)
	})
	m.unary("relu", needZero, func(z vec) vec { return m.do(larger, zero, z) })
	m.unary("leakyReLU", nil, func(z vec) vec { return m.do(larger, m.do(mul, z, m.number(leakySlope)), z) })
	m.unary("elu", needLowest, func(z vec) vec {
		y := m.clampedExpm1(m.do(lesser, zero, z), lowest)
		return m.blend(m.compare(greater, z, zero), z, y)
	})
	m.unary("softplus", needZero, func(z vec) vec {
		e := m.expNegative(m.do(or, z, m.word(signBit)))
		y := m.log1p(e, m.do(add, e, m.number(1)))
		return m.do(add, y, m.do(larger, zero, z))
	})
	m.unary("selu", needLowest, func(z vec) vec {
		y := m.clampedExpm1(m.do(lesser, zero, z), lowest)
		m.into(mul, y, m.number(seluScale*seluAlpha), y)
		return m.blend(m.compare(greater, z, zero), m.do(mul, z, m.number(seluScale)), y)
	})
	m.binary("multiply", mul)
	m.binary("add", add)
	m.axpy()
	m.scale()
	m.scaleBytes()
}

// axpy emits y += alpha·x with the product rounded, as in plain Go.
func (m *machine) axpy() {
	m.function("axpy", "func(alpha float32, x, y []float32)", func() {
		n, x, y, alpha := length("x"), base("x"), base("y"), m.broadcast("alpha")
		m.loop(n, func() {
			product := m.do(mul, alpha, m.load(x))
			m.store(m.do(add, m.load(y), product), y)
		})
	})
}

func (m *machine) scale() {
	m.function("scale", "func(alpha float32, x []float32)", func() {
		n, x, alpha := length("x"), base("x"), m.broadcast("alpha")
		m.loop(n, func() { m.store(m.do(mul, alpha, m.load(x)), x) })
	})
}

// scaleBytes emits dst = src/255 for a length that is a multiple of 16. The
// quotient is corrected by its remainder, which makes it the rounded one.
func (m *machine) scaleBytes() {
	m.function("scaleBytes", "func(dst []float32, src []uint8)", func() {
		n, dst, src := length("src"), base("dst"), base("src")
		m.loopFull(n, func() {
			x := m.new()
			VPMOVZXBD(Mem{Base: src, Index: m.index, Scale: 1}, x)
			VCVTDQ2PS(x, x)
			q := m.do(mul, x, m.number(1.0/255))
			m.into(accumulateSub, q, m.number(255), x)
			m.into(accumulate, x, m.number(1.0/255), q)
			m.store(q, dst)
		})
	})
}
