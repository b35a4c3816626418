package evaluate

import (
	"fmt"

	"gaetrain/loaders/memory"
)

// fits returns an error if square float64 matrices do not fit into memory. Each has one
// number for each pair of the given columns.
func fits(what string, columns, matrices int) error {
	bytes := 8 * float64(matrices) * float64(columns) * float64(columns)
	if limit := memory.Limit(); bytes > float64(limit) {
		return fmt.Errorf("%w: %s of %d values needs %s of memory, but this process can use %s; hint: fewer values", ErrInput, what, columns, memory.Format(int64(min(bytes, 1<<62))), memory.Format(limit))
	}
	return nil
}

// FitsCovariance returns an error that wraps ErrInput if the covariance of the given
// number of columns does not fit into memory.
func FitsCovariance(columns int) error { return fits("the covariance", columns, 2) }
