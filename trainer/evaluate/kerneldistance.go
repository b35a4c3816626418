package evaluate

import (
	"context"
	"fmt"

	"gaetrain/graph/kernel"
)

// KernelDistance is the unbiased estimate of the squared maximum mean discrepancy of
// two samples of N rows each, with the kernel k(x, y) = (x·y/D + 1)³ (Gretton et al.
// 2012; the kernel inception distance of Bińkowski et al. 2018, of any features). Its
// expectation is 0 for equal distributions and does not depend on N, so an estimate can be
// negative. It is the mean of the returned values, one for each pair of rows (x_i, y_i):
//
//	1/(N−1) Σ_{j≠i} k(x_i, x_j) + k(y_i, y_j) − k(x_i, y_j) − k(y_i, x_j).
//
// The values of the pairs depend on each other: the standard error of the mean is 2/√N
// times their standard deviation, twice that of independent values. Products are float32
// and sums float64. Time grows as N². Errors wrap ErrInput or are those of the context
// (x, y: N×D).
func KernelDistance(ctx context.Context, x, y Matrix) ([]float64, error) {
	if err := alike(x, y); err != nil {
		return nil, err
	}
	if x.Rows != y.Rows {
		return nil, fmt.Errorf("%w: samples of %d and %d rows; hint: equally many", ErrInput, x.Rows, y.Rows)
	}
	values := make([]float64, x.Rows)
	for _, part := range []struct {
		a, b Matrix
		sign float64
	}{{x, x, 1}, {y, y, 1}, {x, y, -1}, {y, x, -1}} {
		if err := addCubes(ctx, part.a, part.b, part.sign/float64(x.Rows-1), values); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// addCubes adds scale·Σ_{j≠i} k(a_i, b_j) to the values.
func addCubes(ctx context.Context, a, b Matrix, scale float64, values []float64) error {
	products := make([]float32, min(blockRows, a.Rows)*min(searchedPoints, b.Rows))
	for from, block := range a.blocks() {
		if err := ctx.Err(); err != nil {
			return err
		}
		for first := 0; first < b.Rows; first += searchedPoints {
			points := b.Slice(first, min(first+searchedPoints, b.Rows))
			kernel.Gemm(false, true, block.Rows, points.Rows, points.Columns, 1/float32(a.Columns), block.Values, block.Columns, points.Values, points.Columns, 0, products, points.Rows)
			parallel(block.Rows, searchGrain, func(lo, hi int) {
				for i := lo; i < hi; i++ {
					var sum float64
					for j, product := range products[i*points.Rows:][:points.Rows] {
						if from+i != first+j {
							k := float64(product) + 1
							sum += float64(k * k * k)
						}
					}
					values[from+i] += float64(scale * sum)
				}
			})
		}
	}
	return nil
}
