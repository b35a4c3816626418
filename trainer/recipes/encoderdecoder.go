package recipes

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
)

// EncoderDecoder is an encoder and a decoder with their input shapes. Its methods
// implement the interfaces of a model that has both.
type EncoderDecoder struct {
	encoder, decoder *layer.Stack
	image            graph.Shape // of an image, or of the input of a part of a model
	shape            graph.Shape // of a code
}

// place places the encoder after images, and the decoder after codes of a shape.
func (e *EncoderDecoder) place(image graph.Shape, encoder, decoder layer.Sequence, code graph.Shape) (err error) {
	e.image, e.shape = image, code
	if e.encoder, err = layer.NewStack("encoder", image, encoder); err != nil {
		return err
	}
	e.decoder, err = layer.NewStack("decoder", code, decoder)
	return err
}

// images declares the inputs x and the targets of a batch (B×D each).
func (e *EncoderDecoder) images(s *graph.Scope) (x, target graph.Value) {
	return s.Input(trainer.Input, graph.Data, e.image), s.Input(trainer.Target, graph.Target, e.image)
}

// declare declares the loss of a model as a function of images and targets.
func declare(s *graph.Scope, m interface {
	images(s *graph.Scope) (x, target graph.Value)
	Loss(s *graph.Scope, x, target graph.Value) graph.Loss
}) {
	x, target := m.images(s)
	s.Minimise(m.Loss(s, x, target))
}

// Encode implements trainer.Encoder: the code is the encoder's output.
func (e *EncoderDecoder) Encode(s *graph.Scope, x graph.Value) graph.Value {
	z := e.encoder.On(s, x)
	s.Output(trainer.Code, z)
	return z
}

// Decode implements trainer.Decoder.
func (e *EncoderDecoder) Decode(s *graph.Scope, z graph.Value) graph.Value { return e.decoder.On(s, z) }

// CodeShape is the shape of a code.
func (e *EncoderDecoder) CodeShape() graph.Shape { return e.shape }

// Decodable reports whether the decoder needs more than the code.
func (e *EncoderDecoder) Decodable() error {
	if e.decoder.Unpools() {
		return fmt.Errorf("%w: codes cannot be decoded without their images, because max unpooling needs the positions of the maxima that the encoder found; hint: train with --upsampling transposed, nearest or bilinear", graph.ErrArchitecture)
	}
	return nil
}

// Depth implements trainer.Layered.
func (e *EncoderDecoder) Depth() int { return e.encoder.Depth() }

// First implements trainer.Layered.
func (e *EncoderDecoder) First(s *graph.Scope, depth int, x graph.Value) graph.Value {
	return e.encoder.First(depth).On(s, x)
}

// From implements trainer.Layered.
func (e *EncoderDecoder) From(s *graph.Scope, depth int, h graph.Value) graph.Value {
	z := e.encoder.From(depth).On(s, h)
	s.Output(trainer.Code, z)
	return z
}

// LayerShape implements trainer.Layered.
func (e *EncoderDecoder) LayerShape(depth int) graph.Shape { return e.encoder.First(depth).Out() }

// stack is the layers of the encoder.
func (e *EncoderDecoder) stack() *layer.Stack { return e.encoder }

// Convolutional implements trainer.Layered.
func (e *EncoderDecoder) Convolutional(depth int) bool {
	return layer.IsConvolution(e.encoder.Numbered(depth))
}
