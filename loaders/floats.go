package loaders

import (
	"context"
	"math"
	"os"
	"path/filepath"
)

// Floats reads an .npy file of float32 or float64 values, plain or gzipped, as
// float32. Their order is C order, also where that of the file's rows and columns is
// Fortran order. dims are its dimensions. A value that is NaN, infinite or
// beyond the range of float32 is an error that names its row, counted from 0. The
// array may take half of memory.Limit. Errors wrap ErrData or are the context's.
func Floats(ctx context.Context, path string) (values []float32, dims []int, err error) {
	dir, name := filepath.Split(filepath.Clean(path))
	if dir == "" {
		dir = "."
	}
	s, file, err := openSource(ctx, os.DirFS(dir), name, newBudget())
	if err == nil {
		defer file.Close()
		values, dims, err = readFloats(s)
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return nil, nil, cause
	}
	if err != nil {
		return nil, nil, dataErrorf("%s: %w", path, err)
	}
	return values, dims, nil
}

func readFloats(s source) ([]float32, []int, error) {
	a, err := readNPY(s, array.checkFloats)
	if err != nil {
		return nil, nil, err
	}
	count := len(a.data) / a.width
	if err := s.room.take(4 * int64(count)); err != nil {
		return nil, nil, err
	}
	values, rows := make([]float32, count), a.dims[0]
	columns := count / rows
	for i := range values {
		at := i
		if a.fortran {
			at = i%columns*rows + i/columns
		}
		v := a.float(a.data[at*a.width : (at+1)*a.width])
		if values[i] = float32(v); math.IsNaN(v) || math.IsInf(float64(values[i]), 0) {
			return nil, nil, dataErrorf("row %d holds %g; hint: values must be finite numbers of float32", i/columns, v)
		}
	}
	return values, a.dims, nil
}

// checkFloats accepts an array of float32 or float64 with one dimension or more.
func (a array) checkFloats() error {
	switch {
	case a.kind != 'f' || a.width != 4 && a.width != 8:
		return dataErrorf("values are of type %c%d, want f4 or f8 (float32 or float64); hint: save a.astype(numpy.float32)", a.kind, a.width)
	case len(a.dims) == 0:
		return dataErrorf("the array is a single number, want rows of numbers; hint: save numpy.atleast_2d(a)")
	case a.fortran && len(a.dims) > 2: // which DataFrame.to_numpy gives for two
		return errFortran
	}
	return nil
}

func (a array) float(element []byte) float64 {
	if a.width == 4 {
		return float64(math.Float32frombits(a.order.Uint32(element)))
	}
	return math.Float64frombits(a.order.Uint64(element))
}
