package layer

import (
	"fmt"
	"strconv"

	"gaetrain/graph"
	"gaetrain/graph/op"
)

// Dropout sets a random share of the values to 0 in training and multiplies the
// others by 1/(1−Share). The mask differs between steps and between images. In
// evaluation the layer is the identity (Srivastava et al. 2014).
type Dropout struct{ Share float64 }

func init() {
	register("dropout", func(r *reader, arguments []string, _ Options) (err error) {
		if len(r.layers) == 0 || r.dropped {
			return fmt.Errorf("is misplaced; hint: at most one dropout after each layer")
		}
		r.dropped = true
		r.share, err = parseShare(r.rest)
		return err
	})
}

func parseShare(text string) (float64, error) {
	share, err := strconv.ParseFloat(text, 64)
	if err != nil || !(share >= 0 && share < 1) {
		return 0, fmt.Errorf("%q is not a share; hint: at least 0 and below 1, such as 0.2", text)
	}
	return share, nil
}

// String returns the text form that Parse reads.
func (l Dropout) String() string { return "dropout:" + strconv.FormatFloat(l.Share, 'g', -1, 64) }

func (Dropout) follows() {}

func isDropout(l Layer) bool { _, ok := l.(Dropout); return ok }

// Place implements Layer.
func (l Dropout) Place(at At) (Placed, error) {
	if !(l.Share >= 0 && l.Share < 1) {
		return nil, impossible("dropout of %s is %g; hint: at least 0 and below 1", at.Name, l.Share)
	}
	return placedDropout{place{at, l, at.In}, l.Share}, nil
}

type placedDropout struct {
	place
	share float64
}

// On declares the layer.
func (p placedDropout) On(s *graph.Scope, x graph.Value) graph.Value {
	if !s.Training() || p.share == 0 {
		return x
	}
	key, number := s.Draw()
	return s.Apply(func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Node, error) {
		return op.Dropout(p.at.Name, rows, p.share, key, number, x)
	}, x).As(p.out)
}
