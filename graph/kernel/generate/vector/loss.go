package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sum is eight running float64 sums. Element i of an array is added to sum i
// mod 8 on every machine.
type sum []vec

func (m *machine) newSum() sum {
	s := sum{m.zero()}
	if !m.wide() {
		s = append(s, m.zero())
	}
	return s
}

// halves returns x as float64, in order.
func (m *machine) halves(x vec) [2]vec {
	low, high, half := m.new(), m.new(), YMM()
	if m.wide() {
		VCVTPS2PD(x.AsY(), low)
		VEXTRACTF32X8(Imm(1), x, half)
		VCVTPS2PD(half, high)
	} else {
		upper := XMM()
		VCVTPS2PD(x.AsX(), low)
		VEXTRACTF128(Imm(1), x, upper)
		VCVTPS2PD(upper, high)
	}
	return [2]vec{low, high}
}

// add emits s += x.
func (s sum) add(m *machine, x vec) {
	for i, half := range m.halves(x) {
		VADDPD(half, s[i%len(s)], s[i%len(s)])
	}
}

// addSquare emits s += x², which is exact in float64.
func (s sum) addSquare(m *machine, x vec) {
	for i, half := range m.halves(x) {
		VFMADD231PD(half, half, s[i%len(s)])
	}
}

// total computes ((s0+s4)+(s2+s6)) + ((s1+s5)+(s3+s7)).
func (s sum) total(m *machine) reg.Register {
	four, two, upper, one := YMM(), XMM(), XMM(), XMM()
	if m.wide() {
		high := YMM()
		VEXTRACTF64X4(Imm(1), s[0], high)
		VADDPD(high, s[0].AsY(), four)
	} else {
		VADDPD(s[1], s[0], four)
	}
	VEXTRACTF128(Imm(1), four, upper)
	VADDPD(upper, four.AsX(), two)
	VUNPCKHPD(two, two, one)
	VADDSD(one, two, one)
	return one
}

// ifPresent emits body, which is skipped if the pointer is nil.
func (m *machine) ifPresent(pointer reg.Register, body func()) {
	skip := m.label("skip")
	TESTQ(pointer, pointer)
	JZ(LabelRef(skip))
	body()
	Label(skip)
}

func losses(m *machine) {
	signature := "func(scale float32, prediction, target, gradient []float32) (loss float64)"
	m.function("squaredError", signature, func() {
		n, prediction, target, gradient := length("prediction"), base("prediction"), base("target"), base("gradient")
		scale, loss := m.broadcast("scale"), m.newSum()
		m.into(add, scale, scale, scale)
		m.loop(n, func() {
			e := m.load(prediction)
			m.into(sub, e, m.load(target), e)
			loss.addSquare(m, e)
			m.ifPresent(gradient, func() { m.store(m.do(mul, scale, e), gradient) })
		})
		Store(loss.total(m), Return("loss"))
	})

	signature = "func(scale float32, logits, target, gradient []float32) (loss, squared float64)"
	m.function("crossEntropy", signature, func() {
		n, logits, target, gradient := length("logits"), base("logits"), base("target"), base("gradient")
		scale, zero, loss, squared := m.broadcast("scale"), m.zero(), m.newSum(), m.newSum()
		m.loop(n, func() {
			z, x := m.load(logits), m.load(target)
			e, sum, sigmoid := m.sigmoidParts(z)
			difference := m.live(m.do(sub, sigmoid, x))
			squared.addSquare(m, difference)
			m.ifPresent(gradient, func() { m.store(m.do(mul, scale, difference), gradient) })
			term := m.do(larger, zero, z)
			m.into(accumulateSub, z, x, term)
			loss.add(m, m.live(m.do(add, term, m.log1p(e, sum))))
		})
		Store(loss.total(m), Return("loss"))
		Store(squared.total(m), Return("squared"))
	})
}
