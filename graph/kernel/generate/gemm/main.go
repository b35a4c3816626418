// Command gemm writes the assembly of the matrix products: micro-kernels,
// transposition and the loop that measures the machine's peak.
//
//	go run ./gemm -out ../gemm_amd64.s -stubs ../gemm_amd64.go -pkg kernel
package main

import (
	"fmt"
	"log"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64,!noasm")
	for _, isa := range []isa{newAVX512(), newAVX2()} {
		for rows := 1; rows <= isa.rows(); rows++ {
			tile(isa, rows)
			runs(isa, rows)
		}
		transpose(isa)
		panel(isa)
		peak(isa)
	}
	for rows := 1; rows <= (pairs{}).rows(); rows++ {
		tile(pairs{}, rows)
	}
	peak(pairs{})
	pause()
	Generate()
	if err := encode(); err != nil {
		log.Fatal(err)
	}
}

// isa is the part of an instruction set that a micro-kernel uses.
type isa interface {
	name() string
	lanes() int       // float32 numbers in a vector
	rows() int        // of the largest tile, whose width is two vectors
	step() int        // values of a copied tile of A for each k: gemmStep of the path
	quickMasks() bool // masked access is as fast as other access

	vector() reg.VecVirtual
	zero(v reg.VecVirtual)
	// mask prepares masked access to the first count ≤ lanes columns of a vector.
	mask(count reg.GPVirtual)
	load(m Mem, v reg.VecVirtual, masked bool)
	store(v reg.VecVirtual, m Mem, masked bool)
	// multiplyAdd emits sum += x·y.
	multiplyAdd(x, y, sum reg.VecVirtual)
	// turn ends the transposition of a square, after quads.
	turn(square, other []reg.VecVirtual)
}

// accumulator is a tile of sums in registers: rows × vectors.
type accumulator [][]reg.VecVirtual

// body is one variant of a tile function: its width in vectors, and whether the
// last vector is partial.
type body struct {
	label   string
	vectors int
	masked  bool
}

// tile writes the micro-kernel for one number of rows. For any number of rows
// and columns, each element of C is the same chain of fused multiply-adds in
// the order of k.
func tile(isa isa, rows int) {
	TEXT(fmt.Sprintf("gemm%sRows%d", isa.name(), rows), NOSPLIT,
		"func(columns, k int, alpha float32, a []float32, aRow, aStep int, b []float32, bStep int, bias []float32, beta float32, c []float32, cRow int, ahead []float32, aheadStep int)")
	Doc(fmt.Sprintf("gemm%sRows%d computes a tile of %d rows: see path.gemm.", isa.name(), rows, rows))
	Pragma("noescape")

	columns := Load(Param("columns"), GP64()).(reg.GPVirtual)
	CMPQ(columns, U32(2*isa.lanes()))
	JEQ(LabelRef("full"))
	CMPQ(columns, U32(isa.lanes()))
	JLE(LabelRef("narrow"))
	SUBQ(U32(isa.lanes()), columns)
	for _, b := range []body{{"wide", 2, true}, {"narrow", 1, true}, {"full", 2, false}} {
		Label(b.label)
		if b.masked {
			isa.mask(columns)
		}
		writeBody(isa, rows, b)
	}
}

func writeBody(isa isa, rows int, b body) {
	sums := make(accumulator, rows)
	for i := range sums {
		for range b.vectors {
			sums[i] = append(sums[i], isa.vector())
		}
	}
	access := func(v int) bool { return b.masked && v == b.vectors-1 }
	at := func(base reg.Register, v int) Mem { return Mem{Base: base, Disp: v * isa.lanes() * 4} }

	prefetch(isa, sums, at)
	startSums(isa, sums, b, access, at)
	multiply(isa, sums, b, access, at)
	finish(isa, sums, b, access, at)
	VZEROUPPER()
	RET()
}

// prefetch loads the cache lines of C, which are needed after the loop over k.
func prefetch(isa isa, sums accumulator, at func(reg.Register, int) Mem) {
	c, cRow := Load(Param("c").Base(), GP64()), Load(Param("cRow"), GP64())
	SHLQ(U8(2), cRow)
	for i, row := range sums {
		for v := 0; v < len(row); v += 16 / isa.lanes() {
			PREFETCHT0(at(c, v))
		}
		if i < len(sums)-1 {
			ADDQ(cRow, c)
		}
	}
}

// startSums sets every row to the bias, or to zero if there is none.
func startSums(isa isa, sums accumulator, b body, access func(int) bool, at func(reg.Register, int) Mem) {
	bias := Load(Param("bias").Base(), GP64())
	TESTQ(bias, bias)
	JZ(LabelRef(b.label + "_zero"))
	for v := range b.vectors {
		isa.load(at(bias, v), sums[0][v], access(v))
		for _, row := range sums[1:] {
			VMOVAPS(sums[0][v], row[v])
		}
	}
	JMP(LabelRef(b.label + "_start"))
	Label(b.label + "_zero")
	for _, row := range sums {
		for _, sum := range row {
			isa.zero(sum)
		}
	}
	Label(b.label + "_start")
}

// unroll is the number of elements of k that a pass of the fast loops computes.
// Integer additions share ports with multiply-adds, and a pass has as many for
// four elements as the plain loop has for one. A pass prefetches one line. More
// would keep the line buffers of the first-level cache busy.
const unroll = 4

// multiply is the loop over k: a column of A, broadcast element by element,
// times a row of B. Whole tiles have fast loops for the two steps along k that
// most tiles of A have: 1, and that of a copied tile.
func multiply(isa isa, sums accumulator, b body, access func(int) bool, at func(reg.Register, int) Mem) {
	f := factors{isa: isa, sums: sums, vectors: b.vectors, access: access, at: at}
	f.pointers()
	if !b.masked {
		aStep := Load(Param("aStep"), GP64())
		CMPQ(f.k, U8(unroll))
		JLT(LabelRef(b.label + "_plain"))
		for _, step := range []int{1, isa.step()} {
			next := fmt.Sprintf("%s_not%d", b.label, step)
			CMPQ(aStep, U32(step))
			JNE(LabelRef(next))
			f.fast(fmt.Sprintf("%s_step%d", b.label, step), step)
			TESTQ(f.k, f.k)
			JZ(LabelRef(b.label + "_done"))
			JMP(LabelRef(b.label + "_plain"))
			Label(next)
		}
		Label(b.label + "_plain")
	}
	aStep := Load(Param("aStep"), GP64())
	SHLQ(U8(2), aStep)
	Label(b.label + "_loop")
	f.products(0, 0, Mem{Base: f.b})
	ADDQ(f.bStep, f.b)
	for _, base := range f.bases {
		ADDQ(aStep, base)
	}
	DECQ(f.k)
	JNZ(LabelRef(b.label + "_loop"))
	Label(b.label + "_done")
}

// factors holds the pointers of the loop over k. Three rows of A share a base
// register: base, base+stride, base+2·stride.
type factors struct {
	isa            isa
	sums           accumulator
	vectors        int
	access         func(v int) bool
	at             func(base reg.Register, v int) Mem
	bases          []reg.Register
	aRow, b, bStep reg.Register
	k              reg.Register
}

func (f *factors) pointers() {
	f.aRow = Load(Param("aRow"), GP64())
	SHLQ(U8(2), f.aRow)
	f.bases = []reg.Register{Load(Param("a").Base(), GP64())}
	for i := 3; i < len(f.sums); i += 3 {
		next := GP64()
		LEAQ(Mem{Base: f.bases[len(f.bases)-1], Index: f.aRow, Scale: 2}, next)
		ADDQ(f.aRow, next)
		f.bases = append(f.bases, next)
	}
	f.b = Load(Param("b").Base(), GP64())
	f.bStep = Load(Param("bStep"), GP64())
	SHLQ(U8(2), f.bStep)
	f.k = Load(Param("k"), GP64())
}

// products adds the products of element l of k, for the given step in A, with
// the row of B at the given address.
func (f *factors) products(l, step int, row Mem) {
	right := make([]reg.VecVirtual, f.vectors)
	for v := range right {
		right[v] = f.isa.vector()
		f.isa.load(row.Offset(v*f.isa.lanes()*4), right[v], f.access(v))
	}
	for i, sums := range f.sums {
		element := Mem{Base: f.bases[i/3], Disp: 4 * l * step}
		if i%3 > 0 {
			element.Index, element.Scale = f.aRow, uint8(i%3)
		}
		left := f.isa.vector()
		VBROADCASTSS(element, left)
		for v, sum := range sums {
			f.isa.multiplyAdd(right[v], left, sum)
		}
	}
}

// fast is the loop over whole passes. It leaves the elements that remain in k.
func (f *factors) fast(label string, step int) {
	ahead, aheadStep := Load(Param("ahead").Base(), GP64()), Load(Param("aheadStep"), GP64())
	SHLQ(U8(2), aheadStep)
	TESTQ(ahead, ahead)
	CMOVQEQ(f.b, ahead)
	third := GP64()
	LEAQ(Mem{Base: f.bStep, Index: f.bStep, Scale: 2}, third)
	rows := []Mem{{Base: f.b}, {Base: f.b, Index: f.bStep, Scale: 1}, {Base: f.b, Index: f.bStep, Scale: 2}, {Base: f.b, Index: third, Scale: 1}}
	SUBQ(U8(unroll), f.k)
	Label(label)
	PREFETCHT1(Mem{Base: ahead})
	for l, row := range rows {
		f.products(l, step, row)
	}
	ADDQ(aheadStep, ahead)
	LEAQ(Mem{Base: f.b, Index: f.bStep, Scale: unroll}, f.b)
	for _, base := range f.bases {
		ADDQ(U32(4*unroll*step), base)
	}
	SUBQ(U8(unroll), f.k)
	JGE(LabelRef(label))
	ADDQ(U8(unroll), f.k)
}

// finish stores C = alpha·sums, plus beta·C if beta is not zero.
func finish(isa isa, sums accumulator, b body, access func(int) bool, at func(reg.Register, int) Mem) {
	alpha := isa.vector()
	address, _ := Param("alpha").Resolve()
	VBROADCASTSS(address.Addr, alpha)
	for _, row := range sums {
		for _, sum := range row {
			VMULPS(alpha, sum, sum)
		}
	}
	cRow := Load(Param("cRow"), GP64())
	SHLQ(U8(2), cRow)
	beta := isa.vector()
	address, _ = Param("beta").Resolve()
	bits := GP32()
	MOVL(address.Addr, bits)
	ADDL(bits, bits) // removes the sign: −0 is zero too
	JZ(LabelRef(b.label + "_store"))
	VBROADCASTSS(address.Addr, beta)
	c := Load(Param("c").Base(), GP64())
	for _, row := range sums {
		for v, sum := range row {
			old := isa.vector()
			isa.load(at(c, v), old, access(v))
			VFMADD231PS(old, beta, sum)
		}
		ADDQ(cRow, c)
	}
	Label(b.label + "_store")
	c = Load(Param("c").Base(), GP64())
	for _, row := range sums {
		for v, sum := range row {
			isa.store(sum, at(c, v), access(v))
		}
		ADDQ(cRow, c)
	}
}

// peak writes a loop of independent fused multiply-adds on registers.
func peak(isa isa) {
	const chains = 12
	TEXT("peak"+isa.name(), NOSPLIT, "func(iterations int)")
	Doc(fmt.Sprintf("peak%s does %d·%d fused multiply-adds of %d numbers an iteration.", isa.name(), 2, chains, isa.lanes()))
	iterations := Load(Param("iterations"), GP64())
	var sums [chains]reg.VecVirtual
	for i := range sums {
		sums[i] = isa.vector()
		isa.zero(sums[i])
	}
	x := isa.vector()
	isa.zero(x)
	Label("loop")
	for range 2 {
		for _, sum := range sums {
			isa.multiplyAdd(x, x, sum)
		}
	}
	DECQ(iterations)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// pause writes the instruction of a busy-wait loop.
func pause() {
	TEXT("pause", NOSPLIT, "func()")
	Doc("pause waits for some tens of cycles and leaves the core to its other thread.")
	PAUSE()
	RET()
}
