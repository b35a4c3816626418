package compression

// arithmeticEncoder writes symbols with about −log2 p bits each (arithmetic coding with
// whole numbers; Witten, Neal & Cleary 1987). Sums of frequencies are at most 2^30.
type arithmeticEncoder struct {
	low, width uint64 // the interval [low, low + width]
	pending    int    // bits whose value depends on the next one
	out        []byte
	free       uint // bits of the last byte that are not written
}

const (
	whole   = 1 << 32
	half    = whole / 2
	quarter = whole / 4
)

func newArithmeticEncoder() *arithmeticEncoder { return &arithmeticEncoder{width: whole - 1} }

// encode writes the symbol with the cumulative frequencies from ≤ … < to, of total.
func (e *arithmeticEncoder) encode(from, to, total uint32) {
	e.low, e.width = narrow(e.low, e.width, from, to, total)
	for {
		switch {
		case e.low+e.width < half:
			e.bits(0)
		case e.low >= half:
			e.bits(1)
			e.low -= half
		case e.low >= quarter && e.low+e.width < half+quarter:
			e.pending++
			e.low -= quarter
		default:
			return
		}
		e.low, e.width = 2*e.low, 2*e.width+1
	}
}

// narrow returns the part of an interval that belongs to a symbol.
func narrow(low, width uint64, from, to, total uint32) (uint64, uint64) {
	size := width + 1
	start := size * uint64(from) / uint64(total)
	return low + start, size*uint64(to)/uint64(total) - start - 1
}

// bits writes a bit, and the opposite bit for each that is pending.
func (e *arithmeticEncoder) bits(bit byte) {
	e.bit(bit)
	for ; e.pending > 0; e.pending-- {
		e.bit(1 - bit)
	}
}

func (e *arithmeticEncoder) bit(bit byte) {
	if e.free == 0 {
		e.out, e.free = append(e.out, 0), 8
	}
	e.free--
	e.out[len(e.out)-1] |= bit << e.free
}

// end returns the bytes. Zeros that are missing at the end do not change what they mean.
func (e *arithmeticEncoder) end() []byte {
	e.pending++
	if e.low < quarter {
		e.bits(0)
	} else {
		e.bits(1)
	}
	return e.out
}

// arithmeticDecoder reads what an arithmeticEncoder has written.
type arithmeticDecoder struct {
	low, width, value uint64
	in                []byte
	at                int // the next bit
}

func newArithmeticDecoder(in []byte) *arithmeticDecoder {
	d := &arithmeticDecoder{width: whole - 1, in: in}
	for range 32 {
		d.value = 2*d.value + d.bit()
	}
	return d
}

func (d *arithmeticDecoder) bit() (bit uint64) {
	if i := d.at / 8; i < len(d.in) {
		bit = uint64(d.in[i]>>(7-d.at%8)) & 1
	}
	d.at++
	return bit
}

// target is a number below total that the frequencies of the next symbol contain.
func (d *arithmeticDecoder) target(total uint32) uint32 {
	return uint32(((d.value-d.low+1)*uint64(total) - 1) / (d.width + 1))
}

// pass removes a symbol, see encode.
func (d *arithmeticDecoder) pass(from, to, total uint32) {
	d.low, d.width = narrow(d.low, d.width, from, to, total)
	for {
		switch {
		case d.low+d.width < half:
		case d.low >= half:
			d.low, d.value = d.low-half, d.value-half
		case d.low >= quarter && d.low+d.width < half+quarter:
			d.low, d.value = d.low-quarter, d.value-quarter
		default:
			return
		}
		d.low, d.width, d.value = 2*d.low, 2*d.width+1, 2*d.value+d.bit()
	}
}
