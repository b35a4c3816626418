package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/op"
)

// gated reports whether codes are gates of the decoder.
func (c Code) gated() bool { return c == Exchange || c == Product || c == Energy }

// frames is the number of frames that the encoder's layer treats apart.
func (c Code) frames() int {
	if c == Exchange || c == Product {
		return 2
	}
	return 1
}

// validateGates checks what a gated code asks of the architecture.
func (a Architecture) validateGates() error {
	if !a.Code.gated() {
		return nil
	}
	if len(a.Encoder) != 1 || len(a.Decoder) > 1 {
		return fmt.Errorf("%w: a code of %s gates with %d encoder and %d decoder layers; hint: one of each", ErrArchitecture, a.Code, len(a.Encoder), len(a.Decoder))
	}
	if len(a.Decoder) == 1 && !a.Tied {
		return fmt.Errorf("%w: a code of %s gates without tied weights; hint: it gates the responses to the decoder's own filters", ErrArchitecture, a.Code)
	}
	if !a.Encoder[0].NoBias || a.Encoder[0].Threshold != 0 || a.Encoder[0].TopK != 0 {
		return fmt.Errorf("%w: a code of %s gates with biases, a threshold or top-k; hint: none of them", ErrArchitecture, a.Code)
	}
	if a.Encoder[0].Convolutional() {
		return fmt.Errorf("%w: a code of %s gates of filters that move over the image; hint: a fully connected layer", ErrArchitecture, a.Code)
	}
	if a.Input.Channels%2 != 0 {
		return fmt.Errorf("%w: a code of %s gates of images of %s; hint: pairs of frames have an even number of channels", ErrArchitecture, a.Code, a.Input)
	}
	return nil
}

// gates declares the code s = act(r₁ ⊙ r₂) or s = act(r ⊙ r) of the responses
// r = (x·U, y·V) or r = (x, y)·W.
func (n *Network) gates(a Architecture, responses *gorgonia.Node) (*gorgonia.Node, error) {
	n.responses = responses
	product, err := op.FrameProduct("code", n.rows, a.Code.frames(), responses)
	if err != nil {
		return nil, err
	}
	return op.Activate("code", n.rows, a.Encoder[0].Activation, product)
}
