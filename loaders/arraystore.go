package loaders

import "math"

// stay leaves the items of an array in their file if they do not fit into the budget. It
// returns nil if they are to be read into memory.
func (a array) stay(s source, x axes, o ArrayOptions) (Store, error) {
	need, item := int64(4), 1 // bytes in memory for an element
	for _, d := range a.dims {
		if d > 0 && need < math.MaxInt64/int64(d) {
			need *= int64(d)
		}
	}
	for _, d := range a.dims[1:] {
		item *= max(d, 1) // the source checks the product
	}
	decode := pixelRows(x.shape, x.name == "nhwc")
	if a.isPixels(x) {
		need /= 4
	} else {
		decode = a.rows(x, o)
	}
	store, err := s.stay(a.header, a.dims, a.width, need, decode)
	switch {
	case err != nil || store == nil:
		return nil, err
	case a.fortran:
		return nil, dataErrorf("an array in Fortran order does not fit into memory, and its items are scattered over the file; hint: save numpy.ascontiguousarray(a)")
	case o.Missing == missingDrop:
		return nil, usageErrorf("missing drop needs all values in memory, but they do not fit; hint: --missing mean, or a larger --data-memory")
	}
	return store, nil
}

// rows returns a function that decodes an item.
func (a array) rows(x axes, o ArrayOptions) func(dst []float32, item []byte) error {
	number, place := a.number(), []int(nil) // of each element; nil: in the same order
	if x.name == "nhwc" {
		inside := axes{dims: a.dims[1:], stride: x.stride[1:]}.odometer(false)
		for range x.shape.Size() {
			place = append(place, inside.at)
			inside.next()
		}
	}
	return func(dst []float32, item []byte) error {
		for i := range dst {
			v := number(item[i*a.width : (i+1)*a.width])
			to := at(place, i)
			if dst[to] = float32(v); dst[to]-dst[to] == 0 {
				continue
			}
			if v == v {
				return dataErrorf("value %d: %g is not a finite number of float32", i, v)
			}
			if o.Missing == missingError {
				return dataErrorf("value %d is missing; hint: --missing mean replaces missing values by the mean of the training rows", i)
			}
		}
		return nil
	}
}
