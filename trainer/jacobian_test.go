package trainer

import (
	"context"
	"math"
	"testing"

	"gaetrain/graph/layer"
)

// TestJacobianNorm compares the norm with the formula for one layer. For small codes
// the norm is exact. For larger codes it must be within the error of the random
// directions.
func TestJacobianNorm(t *testing.T) {
	data := dataset()
	for _, test := range []struct {
		units int
		exact bool
	}{{jacobianExact, true}, {jacobianExact + 1, false}, {100, false}} {
		n := newNet()
		n.Hidden, n.Code, n.CodeActivation = nil, test.units, layer.Sigmoid
		e, err := NewExperiment(small().Config, "small", n, data)
		if err != nil {
			t.Fatal(err)
		}
		figures, err := e.Trained().Evaluate(context.Background(), data.Test, nil)
		if err != nil {
			t.Fatal(err)
		}
		codes, err := e.Trained().Encode(context.Background(), data.Test)
		if err != nil {
			t.Fatal(err)
		}
		weights, _ := e.Parameters.Get("encoder/1/weights")
		var want float64 // Σ_units (s·(1−s))²·‖w‖²
		for i, s := range codes {
			slope := float64(s) * (1 - float64(s))
			for d := range n.image.Size() {
				w := float64(weights.Values()[d*test.units+i%test.units])
				want += slope * slope * w * w / float64(data.Test.Len())
			}
		}
		got, off := figures.Measures[JacobianNorm], figures.Measures[JacobianError]
		if test.exact != (off == 0) || off > want/20 || math.Abs(got-want) > 1e-5*want+4*off {
			t.Errorf("the norm of a code of %d values is %g ± %g, want %g", test.units, got, off, want)
		}
	}
	if jacobianExact < jacobianProbes {
		t.Error("the norm is estimated where it would cost no more to compute it")
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	e := experiment(t, small())
	if _, _, err := jacobianNorm(ended, e.Model.(Encoder), e.Parameters, 1, data.Test); err == nil {
		t.Error("there is no error although the context has ended")
	}
}
