package layer

import "gaetrain/graph"

// ValidateOutput reports what the output of a model cannot have: dropout.
func (s *Stack) ValidateOutput() error {
	if s.EndsWithDropout() {
		return impossible("dropout of %s, the output; hint: only layers that another one follows can do with fewer values", s.Last().Name())
	}
	return nil
}

// ValidateImages reports what keeps a decoder from making images of a shape.
func (s *Stack) ValidateImages(want graph.Shape) error {
	if err := s.ValidateOutput(); err != nil {
		return err
	}
	out := s.Out()
	if s.Depth() > 0 && makesImages(s.Numbered(s.Depth())) && out != want {
		return impossible("the decoder ends with images of %s, not of %s", out, want)
	}
	if out.Size() != want.Size() {
		return impossible("the decoder ends with %d units, images of %s have %d values", out.Size(), want, want.Size())
	}
	return nil
}

// makesImages reports whether a layer works on images, and gives them.
func makesImages(p Placed) bool {
	if r, ok := p.(*placedResidual); ok {
		return r.images()
	}
	return IsConvolution(p)
}
