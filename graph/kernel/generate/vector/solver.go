package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The order of a step's constants in memory, each eight times; the package's
// constants type must agree.
const (
	scale = iota
	l2
	shrink
	rate
	decay1
	gain1
	decay2
	gain2
	correction
	epsilon
)

// solver emits one step of a solver. Every product is rounded, as in plain Go.
type solver struct {
	*machine
	constants reg.Register
}

func (s solver) constant(i int) Op { return Mem{Base: s.constants, Disp: 32 * i} }

// gradient returns Scale·g + L2·w.
func (s solver) gradient(g, w vec) vec {
	return s.do(add, s.do(mul, g, s.constant(scale)), s.do(mul, w, s.constant(l2)))
}

// moved returns w − Rate·Decay·w − step.
func (s solver) moved(w, step vec) vec {
	return s.do(sub, s.do(sub, w, s.do(mul, w, s.constant(shrink))), step)
}

// mean returns decay·old + gain·x without denormal numbers, which would never
// fade away.
func (s solver) mean(old vec, decay int, x vec) vec {
	y := s.do(add, s.do(mul, old, s.constant(decay)), x)
	return s.keep(s.compare(notLess, s.do(and, y, s.word(^uint32(signBit))), s.number(smallest)), y)
}

// root returns √x + ε.
func (s solver) root(x vec) vec {
	VSQRTPS(x, x)
	return s.do(add, x, s.constant(epsilon))
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
	m.function("descend", "func(c *[10][8]float32, w, g []float32)", func() {
		n, p := begin("w", "g")
		m.loop(n, func() {
			w := m.load(p[0])
			step := m.do(mul, s.gradient(m.load(p[1]), w), s.constant(rate))
			m.store(s.moved(w, step), p[0])
		})
	})
	for _, name := range []string{"momentum", "nesterov"} {
		m.function(name, "func(c *[10][8]float32, w, g, velocity []float32)", func() {
			n, p := begin("w", "g", "velocity")
			m.loop(n, func() {
				w := m.load(p[0])
				g := s.gradient(m.load(p[1]), w)
				v := s.mean(m.load(p[2]), decay1, g)
				m.store(v, p[2])
				if name == "nesterov" {
					v = m.do(add, g, m.do(mul, v, s.constant(decay1)))
				}
				m.store(s.moved(w, m.do(mul, v, s.constant(rate))), p[0])
			})
		})
	}
	m.function("rmsProp", "func(c *[10][8]float32, w, g, square []float32)", func() {
		n, p := begin("w", "g", "square")
		m.loop(n, func() {
			w := m.load(p[0])
			g := s.gradient(m.load(p[1]), w)
			v := s.mean(m.load(p[2]), decay2, m.do(mul, m.do(mul, g, s.constant(gain2)), g))
			m.store(v, p[2])
			step := m.do(div, m.do(mul, g, s.constant(rate)), s.root(v))
			m.store(s.moved(w, step), p[0])
		})
	})
	m.function("adam", "func(c *[10][8]float32, w, g, first, second []float32)", func() {
		n, p := begin("w", "g", "first", "second")
		m.loop(n, func() {
			w := m.load(p[0])
			g := s.gradient(m.load(p[1]), w)
			first := s.mean(m.load(p[2]), decay1, m.do(mul, g, s.constant(gain1)))
			m.store(first, p[2])
			second := s.mean(m.load(p[3]), decay2, m.do(mul, m.do(mul, g, s.constant(gain2)), g))
			m.store(second, p[3])
			root := s.root(m.do(mul, second, s.constant(correction)))
			step := m.do(div, m.do(mul, first, s.constant(rate)), root)
			m.store(s.moved(w, step), p[0])
		})
	})
}
