package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// instruction has a second form whose memory operand is one element.
type instruction struct{ plain, broadcast func(...Op) }

var (
	add    = instruction{VADDPS, VADDPS_BCST}
	sub    = instruction{VSUBPS, VSUBPS_BCST}
	mul    = instruction{VMULPS, VMULPS_BCST}
	div    = instruction{VDIVPS, VDIVPS_BCST}
	larger = instruction{VMAXPS, VMAXPS_BCST} // of x and y; y if either is NaN
	lesser = instruction{VMINPS, VMINPS_BCST}
	and    = instruction{VANDPS, VANDPS_BCST}
	or     = instruction{VORPS, VORPS_BCST}
	xor    = instruction{VXORPS, VXORPS_BCST}

	integerAdd = instruction{VPADDD, VPADDD_BCST}
	integerSub = instruction{VPSUBD, VPSUBD_BCST}
	integerMax = instruction{VPMAXUD, VPMAXUD_BCST}
	multiply32 = instruction{VPMULUDQ, VPMULUDQ_BCST} // low halves of 64-bit lanes

	multiplyAdd   = instruction{VFMADD213PS, VFMADD213PS_BCST}   // p = p·x + y
	accumulate    = instruction{VFMADD231PS, VFMADD231PS_BCST}   // p = x·y + p
	accumulateSub = instruction{VFNMADD231PS, VFNMADD231PS_BCST} // p = p − x·y
)

// into emits p = x ∘ y (or the forms of the multiply-adds above), where y may
// be a constant.
func (m *machine) into(f instruction, x vec, y Op, p vec) {
	if _, memory := y.(Mem); memory && m.wide() {
		f.broadcast(y, x, p)
	} else {
		f.plain(y, x, p)
	}
}

// do returns x ∘ y in a new register.
func (m *machine) do(f instruction, x vec, y Op) vec {
	p := m.new()
	m.into(f, x, y, p)
	return p
}

// shift emits one of the shifts by a constant.
func (m *machine) shift(f func(...Op), bits uint64, x vec) vec {
	p := m.new()
	f(Imm(bits), x, p)
	return p
}

// horner returns the polynomial in x with the coefficients c, lowest first.
func (m *machine) horner(x vec, c ...float64) vec {
	p := m.register(m.number(c[len(c)-1]))
	for i := len(c) - 2; i >= 0; i-- {
		m.into(multiplyAdd, x, m.number(c[i]), p)
	}
	return p
}

// hornerUnfused is horner with every product rounded.
func (m *machine) hornerUnfused(x vec, c ...float64) vec {
	p := m.register(m.number(c[len(c)-1]))
	for i := len(c) - 2; i >= 0; i-- {
		m.into(mul, x, p, p)
		m.into(add, p, m.number(c[i]), p)
	}
	return p
}

// Predicates of compare. Those named not… are true for NaN.
const (
	equal     = 0
	less      = 1
	unordered = 3
	notLess   = 5
	notAtMost = 6
	greater   = 14
)

// compare returns the mask of the lanes where x predicate y.
func (m *machine) compare(predicate uint64, x vec, y Op) Op {
	if !m.wide() {
		mask := YMM()
		VCMPPS(Imm(predicate), y, x, mask)
		return mask
	}
	mask := K()
	if _, memory := y.(Mem); memory {
		VCMPPS_BCST(Imm(predicate), y, x, mask)
	} else {
		VCMPPS(Imm(predicate), y, x, mask)
	}
	return mask
}

// signs returns the mask of the lanes of x with the sign bit set, for blend.
func (m *machine) signs(x vec) Op {
	if !m.wide() {
		return x
	}
	mask := K()
	VPMOVD2M(x, mask)
	return mask
}

// blend returns yes where the mask is set and no elsewhere.
func (m *machine) blend(mask, yes Op, no vec) vec {
	p := m.new()
	_, memory := yes.(Mem)
	switch {
	case !m.wide():
		VBLENDVPS(mask, yes, no, p)
	case memory:
		VBLENDMPS_BCST(yes, no, mask, p)
	default:
		VBLENDMPS(yes, no, mask, p)
	}
	return p
}

// keep returns x where the mask is set and 0 elsewhere.
func (m *machine) keep(mask Op, x vec) vec {
	p := m.new()
	if m.wide() {
		VMOVAPS_Z(x, mask, p)
	} else {
		VANDPS(mask, x, p)
	}
	return p
}

// live returns x with the lanes beyond the tail mask 0.
func (m *machine) live(x vec) vec {
	if m.tail == nil {
		return x
	}
	return m.keep(m.tail, x)
}
