package main

import "fmt"

// body is one variant of a tile: two vectors wide, one vector, or one column. For
// any number of rows and columns, each element of C is the same chain of fused
// multiply-adds.
type body struct {
	label   string
	vectors int // 0 for one column
	rows    int
}

// width is the number of columns.
func (b body) width() int { return max(1, lanes*b.vectors) }

// sums are the registers of a row.
func (b body) sums(row int) (all []int) {
	for v := range max(1, b.vectors) {
		all = append(all, 2*row+v)
	}
	return all
}

// bodies writes the widths of a tile: two vectors at once, or else one vector, if
// there are four columns, and the columns after it one by one.
func (w *writer) bodies(rows int, write func(body)) {
	w.emit("CMP $%d, %s", 2*lanes, columns)
	w.emit("BNE partial")
	write(body{"full", 2, rows})
	w.emit("RET")
	w.label("partial")
	w.emit("CMP $%d, %s", lanes, columns)
	w.emit("BLT single")
	write(body{"vector", 1, rows})
	w.emit("CBZ %s, end", columns)
	w.label("single")
	write(body{"column", 0, rows})
	w.emit("CBNZ %s, single", columns)
	w.label("end")
	w.emit("RET")
}

func (w *writer) zero(v int) { w.emit("VEOR V%d.B16, V%d.B16, V%d.B16", v, v, v) }

// load loads consecutive registers from an address. step is a register that is
// added to the address, or empty.
func (w *writer) load(b body, address, step string, first int) {
	suffix, by := "", ""
	if step != "" {
		suffix, by = ".P", "("+step+")"
	}
	switch b.vectors {
	case 0:
		w.emit("FMOVS (%s), F%d", address, first)
		if step != "" {
			w.emit("ADD %s, %s, %s", step, address, address)
		}
	case 1:
		w.emit("VLD1%s (%s)%s, [V%d.S4]", suffix, address, by, first)
	case 2:
		w.emit("VLD1%s (%s)%s, [V%d.S4, V%d.S4]", suffix, address, by, first, first+1)
	}
}

// store stores the sums of all rows in C.
func (w *writer) store(b body) {
	w.emit("MOVD %s, %s", cColumn, c)
	for i := range b.rows {
		switch b.vectors {
		case 0:
			w.emit("FMOVS F%d, (%s)", 2*i, c)
			w.emit("ADD %s, %s, %s", cRow, c, c)
		case 1:
			w.emit("VST1.P [V%d.S4], (%s)(%s)", 2*i, c, cRow)
		case 2:
			w.emit("VST1.P [V%d.S4, V%d.S4], (%s)(%s)", 2*i, 2*i+1, c, cRow)
		}
	}
}

// fused writes sum += x·y.
func (w *writer) fused(b body, x, y, sum int) {
	if b.vectors == 0 {
		w.emit("FMADDS F%d, F%d, F%d, F%d", x, sum, y, sum)
		return
	}
	w.emit("VFMLA V%d.S4, V%d.S4, V%d.S4", x, y, sum)
}

// multiply adds the products of a column of A with a row of B to the sums. next
// is the register or the constant that is added to the pointers of A.
func (w *writer) multiply(b body, next string) {
	w.load(b, bAt, bStep, right)
	for i := range b.rows {
		pointer := fmt.Sprintf("R%d", rowFirst+i)
		switch {
		case b.vectors == 0:
			w.emit("FMOVS (%s), F%d", pointer, left+i)
			w.emit("ADD %s, %s, %s", next, pointer, pointer)
		case next[0] == '$':
			w.emit("VLD1R.P %s(%s), [V%d.S4]", next[1:], pointer, left+i)
		default:
			w.emit("VLD1R.P (%s)(%s), [V%d.S4]", pointer, next, left+i)
		}
	}
	for i := range b.rows {
		for v, sum := range b.sums(i) {
			w.fused(b, left+i, right+v, sum)
		}
	}
}

// rows sets the pointers to the rows of A, the first of which is in R8.
func (w *writer) rows(b body) {
	for i := 1; i < b.rows; i++ {
		w.emit("ADD %s, R%d, R%d", aRow, rowFirst+i-1, rowFirst+i)
	}
}

// clear sets all sums to zero.
func (w *writer) clear(b body) {
	for i := range b.rows {
		for _, sum := range b.sums(i) {
			w.zero(sum)
		}
	}
}

// advance goes on to the next columns.
func (w *writer) advance(b body) {
	if b.vectors == 2 {
		return
	}
	w.emit("ADD $%d, %s, %s", 4*b.width(), bColumn, bColumn)
	w.emit("ADD $%d, %s, %s", 4*b.width(), cColumn, cColumn)
	w.emit("SUB $%d, %s, %s", b.width(), columns, columns)
}
