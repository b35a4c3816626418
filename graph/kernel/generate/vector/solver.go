package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The order of a step's constants in memory, each repeated eight times. The
// constants type of package kernel must have the same order.
const (
	scale = iota
	l2
	shrink
	rate
	decay1
	gain1
	decay2
	gain2
	epsilon
)

// solver emits one step of a solver.
type solver struct {
	*machine
	constants reg.Register
}

func (s solver) constant(i int) Op { return Mem{Base: s.constants, Disp: 32 * i} }

// plus returns y + c·x in the register of y.
func (s solver) plus(y, x vec, c int) vec {
	s.into(accumulate, x, s.constant(c), y)
	return y
}

// gradient returns Scale·g + L2·w.
func (s solver) gradient(g, w vec) vec { return s.plus(s.do(mul, g, s.constant(scale)), w, l2) }

// move stores w − Rate·Decay·w − rate·direction.
func (s solver) move(w, direction vec, at reg.Register) {
	s.into(accumulateSub, w, s.constant(shrink), w)
	s.into(accumulateSub, direction, s.constant(rate), w)
	s.store(w, at)
}

// mean stores and returns x + decay·old, with 0 in place of denormal numbers,
// which would never decay.
func (s solver) mean(x vec, decay int, at reg.Register) vec {
	y := s.plus(x, s.load(at), decay)
	if s.wide() {
		normal := K() // or infinite or NaN: the exponent is not zero
		VPTESTMD_BCST(s.word(0x7f800000), y, normal)
		y = s.keep(normal, y)
	} else {
		y = s.keep(s.compare(notLess, s.do(and, y, s.word(^uint32(signBit))), s.number(smallest)), y)
	}
	s.store(y, at)
	return y
}

// square returns gain2·g².
func (s solver) square(g vec) vec { return s.do(mul, s.do(mul, g, s.constant(gain2)), g) }

// quotient returns x/(√y + ε). An infinite y is replaced by the largest number.
// Root and quotient are correctly rounded, because weights may be the rest of a
// sum that cancels, which would amplify the error of an approximation.
func (s solver) quotient(x, y vec) vec {
	y = s.do(lesser, s.register(s.number(math.MaxFloat32)), y)
	VSQRTPS(y, y)
	return s.do(div, x, s.do(add, y, s.constant(epsilon)))
}

func solvers(m *machine) {
	s := solver{machine: m}
	begin := func(arrays ...string) (n reg.Register, pointers []reg.Register) {
		for _, name := range arrays {
			pointers = append(pointers, base(name))
		}
		s.constants = pointer("c")
		return length(arrays[0]), pointers
	}
	m.function("descend", "func(c *[9][8]float32, w, g []float32)", func() {
		n, p := begin("w", "g")
		m.loop(n, func() {
			w := m.load(p[0])
			s.move(w, s.gradient(m.load(p[1]), w), p[0])
		})
	})
	for _, name := range []string{"momentum", "nesterov"} {
		m.function(name, "func(c *[9][8]float32, w, g, velocity []float32)", func() {
			n, p := begin("w", "g", "velocity")
			m.loop(n, func() {
				w := m.load(p[0])
				g := s.gradient(m.load(p[1]), w)
				direction := s.mean(m.copy(g), decay1, p[2])
				if name == "nesterov" {
					direction = s.plus(g, direction, decay1)
				}
				s.move(w, direction, p[0])
			})
		})
	}
	m.function("rmsProp", "func(c *[9][8]float32, w, g, square []float32)", func() {
		n, p := begin("w", "g", "square")
		m.loop(n, func() {
			w := m.load(p[0])
			g := s.gradient(m.load(p[1]), w)
			s.move(w, s.quotient(g, s.mean(s.square(g), decay2, p[2])), p[0])
		})
	})
	m.function("adam", "func(c *[9][8]float32, w, g, first, second []float32)", func() {
		n, p := begin("w", "g", "first", "second")
		m.loop(n, func() {
			w := m.load(p[0])
			g := s.gradient(m.load(p[1]), w)
			first := s.mean(m.do(mul, g, s.constant(gain1)), decay1, p[2])
			second := s.mean(s.square(g), decay2, p[3])
			s.move(w, s.quotient(first, second), p[0])
		})
	})
}
