package evaluate

import (
	"fmt"

	"gaetrain/loaders/memory"
)

// fits refuses matrices of so many float64 numbers for each pair of values of an
// observation that do not fit into memory.
func fits(what string, columns, matrices int) error {
	bytes := 8 * float64(matrices) * float64(columns) * float64(columns)
	if limit := memory.Limit(); bytes > float64(limit) {
		return fmt.Errorf("%w: %s of %d values takes %s of memory, but this process can use %s; hint: fewer values", ErrInput, what, columns, memory.Format(int64(min(bytes, 1<<62))), memory.Format(limit))
	}
	return nil
}

// FitsCovariance refuses the covariance of so many values that does not fit into memory. Errors
// wrap ErrInput.
func FitsCovariance(columns int) error { return fits("the covariance", columns, 2) }
