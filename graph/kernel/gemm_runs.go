package kernel

// gemmRuns computes one tile of a sum of products: C = start + Σ A·B. The index
// in path.gemmRuns is its number of rows, and it has at most path.gemmColumns
// columns. runs holds three numbers for each product: the offsets of A and B,
// and k > 0. From there, element (i, l) of A is a[i·aRow + l], (l, j) of B is
// b[l·bStep + j], and (i, j) of C is c[i·cRow + j]. The start is C itself if
// add is not zero, else bias[i] in row i, or zero if bias is nil.
type gemmRuns func(columns int, runs []int, a []float32, aRow int, b []float32, bStep int, bias []float32, add int, c []float32, cRow int)

// gemmRunsGenericRows are the plain Go forms of the assembly.
var gemmRunsGenericRows = []gemmRuns{nil, gemmRunsGeneric(1), gemmRunsGeneric(2)}

func gemmRunsGeneric(rows int) gemmRuns {
	return func(columns int, runs []int, a []float32, aRow int, b []float32, bStep int, bias []float32, add int, c []float32, cRow int) {
		for i := range rows {
			row := c[i*cRow:][:columns]
			if add == 0 {
				var start float32
				if bias != nil {
					start = bias[i]
				}
				for j := range row {
					row[j] = start
				}
			}
			for r := 0; r < len(runs); r += 3 {
				left, right := a[runs[r]+i*aRow:], b[runs[r+1]:]
				for l := range runs[r+2] {
					for j, v := range right[l*bStep:][:columns] {
						row[j] += float32(left[l] * v)
					}
				}
			}
		}
	}
}
