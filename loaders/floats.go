package loaders

import (
	"context"
	"os"
	"path/filepath"
	"slices"
)

// Floats reads a .npy file of numbers of any type and order of memory, gzipped or not, as
// float32. The values are in C order. dims are the dimensions. A value that is NaN, infinite or out of the range of float32 is an
// error that names its row, counted from 0. The array may take half of memory.Limit.
// Errors wrap ErrData or are the error of the context.
func Floats(ctx context.Context, path string) (values []float32, dims []int, err error) {
	dir, name := filepath.Split(filepath.Clean(path))
	if dir == "" {
		dir = "."
	}
	s, file, err := openSource(ctx, os.DirFS(dir), name, newBudget())
	if err == nil {
		defer file.Close()
		values, dims, err = readFloats(ctx, s)
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return nil, nil, cause
	}
	if err != nil {
		return nil, nil, dataErrorf("%s: %w", path, err)
	}
	return values, dims, nil
}

func readFloats(ctx context.Context, s source) (values []float32, dims []int, err error) {
	a, err := readNPYHeader(s)
	if err == nil {
		err = a.checkNumbers()
	}
	if err != nil {
		return nil, nil, err
	}
	if len(a.dims) == 0 {
		return nil, nil, dataErrorf("the array is a single number, want rows of numbers; hint: save numpy.atleast_2d(a)")
	}
	x := rowMajor(a.dims)
	err = a.eachNumber(ctx, s, x, func(into []float32, at int, v float64) error {
		values, into[at] = into, float32(v)
		if into[at]-into[at] != 0 {
			return dataErrorf("row %d holds %g; hint: values must be finite numbers of float32", at/x.stride[0], v)
		}
		return nil
	})
	return values, a.dims, err
}

// rowMajor returns axes in which the last index changes fastest.
func rowMajor(dims []int) axes {
	x := axes{dims: dims, stride: make([]int, len(dims))}
	size := 1
	for i, d := range slices.Backward(dims) {
		x.stride[i] = size
		size *= d
	}
	return x
}
