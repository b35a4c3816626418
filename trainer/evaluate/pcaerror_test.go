package evaluate

import (
	"context"
	"errors"
	"math"
	"testing"
)

// TestPCAError compares with the decomposition, for more observations than values and
// for fewer observations.
func TestPCAError(t *testing.T) {
	for _, shape := range [][2]int{{700, 60}, {50, 60}, {50, 300}} {
		train, test := random(shape[0], shape[1], 1), random(90, shape[1], 2)
		for _, components := range []int{1, 4, 25} {
			p, err := NewPCA(t.Context(), train, components)
			if err != nil {
				t.Fatal(err)
			}
			_, want, err := p.Errors(t.Context(), test)
			if err != nil {
				t.Fatal(err)
			}
			got, err := PCAError(t.Context(), train, test, components)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(got/want-1) > 1e-3 {
				t.Errorf("%v with %d components: error %.6g, want %.6g", shape, components, got, want)
			}
		}
	}
	x := random(20, 6, 1)
	if _, err := PCAError(t.Context(), x, x, 6); !errors.Is(err, ErrInput) {
		t.Errorf("as many components as values: %v", err)
	}
	if _, err := PCAError(t.Context(), x, random(5, 7, 1), 2); !errors.Is(err, ErrInput) {
		t.Errorf("other columns: %v", err)
	}
	constant := newMatrix(20, 6)
	if got, err := PCAError(t.Context(), constant, constant, 2); err != nil || got != 0 {
		t.Errorf("equal observations have the error %g, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := PCAError(ctx, x, x, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
