package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pairs is AVX-512 with operands of two bfloat16 numbers in each lane. Its tile
// is that of AVX-512 with half as many steps of k.
type pairs struct{ avx512 }

func (pairs) name() string { return "Pairs" }

// multiplyAdd emits an instruction that neither avo nor Go's assembler knows:
// see encode.
func (pairs) multiplyAdd(x, y, sum reg.VecVirtual) {
	Instruction(&ir.Instruction{
		Opcode:   "VDPBF16PS",
		Operands: []operand.Op{x, y, sum},
		Inputs:   []operand.Op{x, y, sum},
		Outputs:  []operand.Op{sum},
		ISA:      []string{"AVX512BF16"},
	})
}

var dot = regexp.MustCompile(`(?m)VDPBF16PS\s+Z(\d+), Z(\d+), Z(\d+)$`)

// encode replaces each VDPBF16PS in the output file by its bytes,
// EVEX.512.F3.0F38.W0 52 /r.
func encode() error {
	name := flag.Lookup("out").Value.String()
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	text = dot.ReplaceAllFunc(text, func(line []byte) []byte {
		var z [3]uint32
		for i, digits := range dot.FindSubmatch(line)[1:] {
			n, err := strconv.Atoi(string(digits))
			if err != nil {
				panic(err) // the pattern has only digits
			}
			z[i] = uint32(n)
		}
		x, y, sum := z[0], z[1], z[2]
		// The prefix has the upper bits of the registers, inverted.
		p0 := 0xf2 ^ (sum>>3&1<<7 | x>>4<<6 | x>>3&1<<5 | sum>>4<<4)
		p1 := 0x7e ^ y&15<<3
		p2 := 0x48 ^ y>>4<<3
		return fmt.Appendf(nil, "LONG $0x%08x; WORD $0x%04x // %s", 0x62|p0<<8|p1<<16|p2<<24, 0x52|(0xc0|sum&7<<3|x&7)<<8, line)
	})
	return os.WriteFile(name, text, 0o644)
}
