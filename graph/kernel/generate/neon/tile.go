package main

import "fmt"

// tile writes the micro-kernel for one number of rows, see path.gemm.
func (w *writer) tile(rows int) {
	name := fmt.Sprintf("gemmNEONRows%d", rows)
	w.function(name, fmt.Sprintf("computes a tile of %d rows: see path.gemm.", rows),
		"(columns, k int, alpha float32, a []float32, aRow, aStep int, b []float32, bStep int, bias []float32, beta float32, c []float32, cRow int, ahead []float32, aheadStep int)", 192)
	w.emit("MOVD columns+0(FP), %s", columns)
	w.stride("aRow+48(FP)", aRow)
	w.stride("aStep+56(FP)", aStep)
	w.emit("MOVD b_base+64(FP), %s", bColumn)
	w.stride("bStep+88(FP)", bStep)
	w.emit("MOVD bias_base+96(FP), %s", bias)
	w.emit("MOVD c_base+128(FP), %s", cColumn)
	w.stride("cRow+152(FP)", cRow)
	w.bodies(rows, func(b body) {
		w.startAtBias(b)
		w.emit("MOVD a_base+24(FP), R%d", rowFirst)
		w.rows(b)
		w.emit("MOVD %s, %s", bColumn, bAt)
		w.emit("MOVD k+8(FP), %s", count)
		if b.vectors == 2 {
			w.startAhead()
		}
		w.label(b.label + "_loop")
		if b.vectors == 2 {
			w.emit("PRFM (%s), PLDL2KEEP", ahead)
			w.emit("ADD %s, %s, %s", aheadBy, ahead, ahead)
		}
		w.multiply(b, aStep)
		w.emit("SUBS $1, %s, %s", count, count)
		w.emit("BNE %s_loop", b.label)
		w.finish(b)
		w.advance(b)
	})
}

// startAtBias sets every row to the bias, or to zero if there is none, and moves
// the bias to the next columns.
func (w *writer) startAtBias(b body) {
	w.emit("CBZ %s, %s_zero", bias, b.label)
	w.load(b, bias, "", 0)
	w.emit("ADD $%d, %s, %s", 4*b.width(), bias, bias)
	for i := 1; i < b.rows; i++ {
		for v, sum := range b.sums(i) {
			w.emit("VMOV V%d.B16, V%d.B16", v, sum)
		}
	}
	w.emit("B %s_start", b.label)
	w.label(b.label + "_zero")
	w.clear(b)
	w.label(b.label + "_start")
}

// startAhead sets the memory to prefetch, which is B if there is none.
func (w *writer) startAhead() {
	w.emit("MOVD ahead_base+160(FP), %s", ahead)
	w.stride("aheadStep+184(FP)", aheadBy)
	w.emit("CMP $0, %s", ahead)
	w.emit("CSEL EQ, %s, %s, %s", bColumn, ahead, ahead)
}

// finish stores C = alpha·sums, plus beta·C if beta is not zero.
func (w *writer) finish(b body) {
	w.emit("FMOVS alpha+16(FP), F%d", alpha)
	w.emit("VDUP V%d.S[0], V%d.S4", alpha, alpha)
	for i := range b.rows {
		for _, sum := range b.sums(i) {
			w.zero(product)
			w.fused(b, alpha, sum, product)
			w.emit("VMOV V%d.B16, V%d.B16", product, sum)
		}
	}
	w.emit("MOVWU beta+120(FP), %s", scratch)
	w.emit("LSLW $1, %s, %s", scratch, scratch) // removes the sign: −0 is zero too
	w.emit("CBZW %s, %s_store", scratch, b.label)
	w.emit("FMOVS beta+120(FP), F%d", beta)
	w.emit("VDUP V%d.S[0], V%d.S4", beta, beta)
	w.emit("MOVD %s, %s", cColumn, c)
	for i := range b.rows {
		w.load(b, c, cRow, right)
		for v, sum := range b.sums(i) {
			w.fused(b, beta, right+v, sum)
		}
	}
	w.label(b.label + "_store")
	w.store(b)
}

// runs writes the micro-kernel of convolutions for one number of rows, see
// path.gemmRuns.
func (w *writer) runs(rows int) {
	name := fmt.Sprintf("gemmRunsNEONRows%d", rows)
	w.function(name, fmt.Sprintf("computes a tile of %d rows: see path.gemmRuns.", rows),
		"(columns int, runs []int, a []float32, aRow int, b []float32, bStep int, bias []float32, add int, c []float32, cRow int)", 160)
	w.emit("MOVD columns+0(FP), %s", columns)
	w.stride("aRow+56(FP)", aRow)
	w.emit("MOVD b_base+64(FP), %s", bColumn)
	w.stride("bStep+88(FP)", bStep)
	w.emit("MOVD c_base+128(FP), %s", cColumn)
	w.stride("cRow+152(FP)", cRow)
	w.bodies(rows, func(b body) {
		w.startRuns(b)
		w.emit("MOVD runs_base+8(FP), %s", run)
		w.emit("MOVD runs_len+16(FP), %s", runsEnd)
		w.emit("ADD %s<<3, %s, %s", runsEnd, run, runsEnd)
		w.label(b.label + "_run")
		w.emit("CMP %s, %s", runsEnd, run)
		w.emit("BHS %s_done", b.label)
		w.emit("MOVD.P 8(%s), %s", run, scratch)
		w.emit("MOVD a_base+32(FP), R%d", rowFirst)
		w.emit("ADD %s<<2, R%d, R%d", scratch, rowFirst, rowFirst)
		w.rows(b)
		w.emit("MOVD.P 8(%s), %s", run, scratch)
		w.emit("ADD %s<<2, %s, %s", scratch, bColumn, bAt)
		w.emit("MOVD.P 8(%s), %s", run, count)
		w.label(b.label + "_loop")
		w.multiply(b, "$4")
		w.emit("SUBS $1, %s, %s", count, count)
		w.emit("BNE %s_loop", b.label)
		w.emit("B %s_run", b.label)
		w.label(b.label + "_done")
		w.store(b)
		w.advance(b)
	})
}

// startRuns sets the sums to C, or each row to its bias, or to zero.
func (w *writer) startRuns(b body) {
	w.emit("MOVD add+120(FP), %s", scratch)
	w.emit("CBZ %s, %s_bias", scratch, b.label)
	w.emit("MOVD %s, %s", cColumn, c)
	for i := range b.rows {
		w.load(b, c, cRow, 2*i)
	}
	w.emit("B %s_start", b.label)
	w.label(b.label + "_bias")
	w.emit("MOVD bias_base+96(FP), %s", scratch)
	w.emit("CBZ %s, %s_zero", scratch, b.label)
	for i := range b.rows {
		for _, sum := range b.sums(i) {
			w.emit("VLD1R (%s), [V%d.S4]", scratch, sum)
		}
		if i < b.rows-1 {
			w.emit("ADD $4, %s, %s", scratch, scratch)
		}
	}
	w.emit("B %s_start", b.label)
	w.label(b.label + "_zero")
	w.clear(b)
	w.label(b.label + "_start")
}
