package layer

import "gaetrain/graph"

// ValidateOutput returns an error if the output of a model has dropout.
func (s *Stack) ValidateOutput() error {
	if s.EndsWithDropout() {
		return impossible("dropout of %s, which is the output; hint: dropout only before the last layer", s.Last().Name())
	}
	return nil
}

// ValidateImages returns an error if a decoder cannot make images of a shape.
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

// makesImages reports whether the output of a layer are images.
func makesImages(p Placed) bool {
	if r, ok := p.(*placedResidual); ok {
		return r.images()
	}
	return IsConvolution(p)
}
