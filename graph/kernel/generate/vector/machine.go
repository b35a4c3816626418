package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// machine is an instruction set and the loop that is being emitted.
type machine struct {
	suffix string
	lanes  int // float32 elements of a register
	index  reg.Register
	tail   Op // the mask of live lanes; nil: all are live
	labels int
}

// vec is a vector register of m.lanes elements.
type vec = reg.VecVirtual

func (m *machine) wide() bool { return m.lanes == 16 }

func (m *machine) new() vec {
	if m.wide() {
		return ZMM()
	}
	return YMM()
}

// function emits name, with the machine's suffix, around body.
func (m *machine) function(name, signature string, body func()) {
	TEXT(name+m.suffix, NOSPLIT, signature)
	Pragma("noescape")
	m.labels = 0
	body()
	VZEROUPPER()
	RET()
}

func (m *machine) label(name string) string {
	m.labels++
	return fmt.Sprintf("%s%d", name, m.labels)
}

// base loads the address of a slice parameter.
func base(name string) reg.Register { return Load(Param(name).Base(), GP64()) }

// pointer loads a pointer or integer parameter.
func pointer(name string) reg.Register { return Load(Param(name), GP64()) }

// length loads the length of a slice parameter.
func length(name string) reg.Register { return Load(Param(name).Len(), GP64()) }

// loop runs body for index 0, lanes, 2·lanes … below n. The last round has a
// tail mask if n is not a multiple of lanes.
func (m *machine) loop(n reg.Register, body func()) {
	done, rest := m.label("done"), GP64()
	m.loopFull(n, body)
	MOVQ(n, rest)
	ANDQ(Imm(uint64(m.lanes-1)), rest)
	JZ(LabelRef(done))
	m.tail = m.firstLanes(rest)
	body()
	m.tail = nil
	Label(done)
}

// loopFull is loop without the last, partial round.
func (m *machine) loopFull(n reg.Register, body func()) {
	again, done := m.label("loop"), m.label("end")
	index, end := GP64(), GP64()
	m.index, m.tail = index, nil
	XORQ(index, index)
	MOVQ(n, end)
	ANDQ(I32(-m.lanes), end)
	JZ(LabelRef(done))
	Label(again)
	body()
	ADDQ(Imm(uint64(m.lanes)), index)
	CMPQ(index, end)
	JB(LabelRef(again))
	Label(done)
}

// firstLanes returns the mask of the first n lanes, 0 ≤ n ≤ lanes.
func (m *machine) firstLanes(n reg.Register) Op {
	if m.wide() {
		mask, bits := K(), GP64()
		MOVQ(n, reg.RCX)
		MOVQ(U32(1), bits)
		SHLQ(reg.CL, bits)
		DECQ(bits)
		KMOVW(bits.As32(), mask)
		return mask
	}
	mask, at, table := YMM(), GP64(), GP64()
	LEAQ(m.lanesTable(), table)
	MOVQ(U32(uint32(m.lanes)), at)
	SUBQ(n, at)
	VMOVUPS(Mem{Base: table, Index: at, Scale: 4}, mask)
	return mask
}

// element is the memory of the current lanes of an array, plus an offset in
// elements.
func (m *machine) element(array reg.Register, offset int) Mem {
	return Mem{Base: array, Index: m.index, Scale: 4, Disp: 4 * offset}
}

func (m *machine) load(array reg.Register) vec { return m.loadAt(m.element(array, 0)) }

func (m *machine) loadAt(at Mem) vec {
	x := m.new()
	switch {
	case m.tail == nil:
		VMOVUPS(at, x)
	case m.wide():
		VMOVUPS_Z(at, m.tail, x)
	default:
		VMASKMOVPS(at, m.tail, x)
	}
	return x
}

func (m *machine) store(x vec, array reg.Register) { m.storeAt(x, m.element(array, 0)) }

func (m *machine) storeAt(x vec, at Mem) {
	switch {
	case m.tail == nil:
		VMOVUPS(x, at)
	case m.wide():
		VMOVUPS(x, m.tail, at)
	default:
		VMASKMOVPS(x, m.tail, at)
	}
}

// data returns the read-only memory of a name. fill writes it at the first
// call.
func (m *machine) data(name string, fill func()) Mem {
	if _, ok := tables[name]; !ok {
		tables[name] = GLOBL(name, RODATA|NOPTR)
		fill()
	}
	return tables[name]
}

var tables = map[string]Mem{}

// word is a constant in memory, repeated eight times. It can be the last
// operand of an instruction.
func (m *machine) word(bits uint32) Mem {
	return m.data(fmt.Sprintf("word%08x", bits), func() {
		for i := range 8 {
			DATA(4*i, U32(bits))
		}
	})
}

func (m *machine) number(x float64) Mem { return m.word(math.Float32bits(float32(x))) }

// lanesTable is eight words of ones and then eight words of zeros.
func (m *machine) lanesTable() Mem {
	return m.data("lanes", func() {
		for i := range 16 {
			DATA(4*i, U32(map[bool]uint32{true: math.MaxUint32}[i < 8]))
		}
	})
}

// register copies a constant to a register.
func (m *machine) register(c Mem) vec {
	x := m.new()
	if m.wide() {
		VBROADCASTSS(c, x)
	} else {
		VMOVUPS(c, x)
	}
	return x
}

// broadcast loads a float32 parameter to all lanes.
func (m *machine) broadcast(name string) vec {
	x, component := m.new(), Param(name)
	at, err := component.Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(at.Addr, x)
	return x
}

func (m *machine) zero() vec {
	x := m.new()
	m.into(xor, x, x, x)
	return x
}

func (m *machine) copy(x vec) vec {
	y := m.new()
	VMOVAPS(x, y)
	return y
}
