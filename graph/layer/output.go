package layer

import "gaetrain/graph"

// ValidateOutput reports what the output of a model cannot have: dropout.
func (s *Stack) ValidateOutput() error {
	if last := s.Last(); last != nil && isDropout(last.Layer()) {
		return impossible("dropout of %s, the output; hint: only layers that another one follows can do with fewer values", last.Name())
	}
	return nil
}

// ValidateImages reports what keeps a decoder from making images of a shape.
func (s *Stack) ValidateImages(want graph.Shape) error {
	if err := s.ValidateOutput(); err != nil {
		return err
	}
	out, last := s.Out(), s.lastNumbered()
	if last != nil && IsConvolution(last) && out != want {
		return impossible("the decoder ends with images of %s, not of %s", out, want)
	}
	if out.Size() != want.Size() {
		return impossible("the decoder ends with %d units, images of %s have %d values", out.Size(), want, want.Size())
	}
	return nil
}

// lastNumbered is the last layer with a number; nil where there is none.
func (s *Stack) lastNumbered() Placed {
	for i := len(s.layers) - 1; i >= 0; i-- {
		if numbered(s.layers[i].Layer()) {
			return s.layers[i].Placed
		}
	}
	return nil
}
