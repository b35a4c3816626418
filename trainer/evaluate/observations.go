package evaluate

import (
	"context"

	"gaetrain/loaders"
)

// Observations are the rows of x (N×D), which a measure reads block by block, and maybe
// several times: a Matrix, or Images, which need not be in memory as numbers.
type Observations interface {
	size() (rows, columns int)
	// check returns an error that wraps ErrInput unless x has values. Those of a matrix
	// must be finite. Those of images are checked when they are read.
	check() error
	// read calls do with blocks of blockRows rows in their order, and the index of the first
	// one. A block is valid until do returns. Errors wrap ErrInput, or are those of the
	// store or of ctx.
	read(ctx context.Context, do func(from int, block Matrix)) error
}

func (m Matrix) size() (rows, columns int) { return m.Rows, m.Columns }

func (m Matrix) read(ctx context.Context, do func(from int, block Matrix)) error {
	for from, block := range m.blocks() {
		if err := ctx.Err(); err != nil {
			return err
		}
		do(from, block)
	}
	return nil
}

// Images are the images of a split as observations, with the values that Pixels returns.
type Images loaders.Split

func (s Images) size() (rows, columns int) { return loaders.Split(s).Len(), s.Shape.Size() }

func (s Images) check() error {
	rows, columns := s.size()
	return checkSize(rows, columns)
}

func (s Images) read(ctx context.Context, do func(from int, block Matrix)) error {
	rows, columns := s.size()
	buffer := newMatrix(min(blockRows, rows), columns)
	for from := 0; from < rows; from += blockRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		block := buffer.Slice(0, min(blockRows, rows-from))
		if err := s.fill(block, from); err != nil {
			return err
		}
		do(from, block)
	}
	return nil
}

// fill reads the images from, from+1, … into the rows of a block.
func (s Images) fill(block Matrix, from int) error {
	errs := make([]error, block.Rows)
	parallel(block.Rows, 16, func(first, end int) {
		for i := first; i < end && errs[first] == nil; i++ {
			errs[first] = loaders.Split(s).Read(block.Row(i), from+i, 0)
		}
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return block.check()
}

// meanRow returns the mean row of x.
func meanRow(ctx context.Context, x Observations) ([]float64, error) {
	rows, columns := x.size()
	mean := make([]float64, columns)
	err := x.read(ctx, func(_ int, block Matrix) {
		parallel(columns, 64, func(from, to int) {
			sum := mean[from:to]
			for i := range block.Rows {
				for j, v := range block.Row(i)[from:to] {
					sum[j] += float64(v)
				}
			}
		})
	})
	for j := range mean {
		mean[j] /= float64(rows)
	}
	return mean, err
}
