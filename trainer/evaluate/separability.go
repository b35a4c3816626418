package evaluate

import "gaetrain/loaders"

// separability says how well one value of a code predicts a factor: for an ordered factor,
// the squared correlation, for classes the balanced accuracy of thresholds (Kumar 2018,
// section 3).
func separability(codes Matrix, column int, f loaders.Factor, j joint) float64 {
	if f.Classes {
		return j.accuracy()
	}
	var x, y, xx, yy, xy float64
	n := float64(codes.Rows)
	for i, v := range f.Values {
		x += float64(codes.Values[i*codes.Columns+column]) / n
		y += float64(v) / n
	}
	for i, v := range f.Values {
		dx, dy := float64(codes.Values[i*codes.Columns+column])-x, float64(v)-y
		xx += dx * dx
		yy += dy * dy
		xy += dx * dy
	}
	if xx/n < 1e-12 { // the value of the code is constant
		return 0
	}
	return xy * xy / (xx * yy)
}
