package kernel

// gemmGenericRows are the tiles of the generic path, see path.gemm. A tile is
// as many sums as fit in registers, because Go has no vectors.
var gemmGenericRows = []gemmTile{nil, gemmGenericRow, gemmGenericRow2}

const gemmGenericColumns = 4

func gemmGenericRow2(columns, k int, alpha float32, a []float32, aRow, aStep int, b []float32, bStep int, bias []float32, beta float32, c []float32, cRow int, _ []float32, _ int) {
	if columns != gemmGenericColumns {
		gemmGenericRow(columns, k, alpha, a, aRow, aStep, b, bStep, bias, beta, c, cRow, nil, 0)
		gemmGenericRow(columns, k, alpha, a[aRow:], aRow, aStep, b, bStep, bias, beta, c[cRow:], cRow, nil, 0)
		return
	}
	var s [4]float32
	if bias != nil {
		s = [4]float32(bias)
	}
	s00, s01, s02, s03 := s[0], s[1], s[2], s[3]
	s10, s11, s12, s13 := s[0], s[1], s[2], s[3]
	for l := range k {
		x0, x1 := a[l*aStep], a[l*aStep+aRow]
		y := b[l*bStep:][:4]
		s00 += float32(x0 * y[0])
		s01 += float32(x0 * y[1])
		s02 += float32(x0 * y[2])
		s03 += float32(x0 * y[3])
		s10 += float32(x1 * y[0])
		s11 += float32(x1 * y[1])
		s12 += float32(x1 * y[2])
		s13 += float32(x1 * y[3])
	}
	storeRow(alpha, beta, c, s00, s01, s02, s03)
	storeRow(alpha, beta, c[cRow:], s10, s11, s12, s13)
}

func gemmGenericRow(columns, k int, alpha float32, a []float32, _, aStep int, b []float32, bStep int, bias []float32, beta float32, c []float32, _ int, _ []float32, _ int) {
	for j := range columns {
		var sum float32
		if bias != nil {
			sum = bias[j]
		}
		for l := range k {
			sum += float32(a[l*aStep] * b[l*bStep+j])
		}
		storeRow(alpha, beta, c[j:], sum)
	}
}

// storeRow stores c = alpha·sums + beta·c, without reading c if beta is 0.
func storeRow(alpha, beta float32, c []float32, sums ...float32) {
	for j, sum := range sums {
		sum = float32(sum * alpha)
		if beta != 0 {
			sum += float32(beta * c[j])
		}
		c[j] = sum
	}
}

// transposeGeneric is the plain Go form of path.transpose.
func transposeGeneric(rows, columns int, src []float32, srcRow int, dst []float32, dstRow int) {
	for i := range rows {
		for j, v := range src[i*srcRow:][:columns] {
			dst[j*dstRow+i] = v
		}
	}
}

// copyPanelGeneric is the plain Go form of path.copyPanel.
func copyPanelGeneric(rows, columns int, src []float32, srcRow int, dst []float32, dstRow int) {
	for i := range rows {
		copy(dst[i*dstRow:], src[i*srcRow:][:columns])
	}
}
