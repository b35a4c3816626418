package graph

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gaetrain/graph/kernel"
)

// ErrArchitecture is what every error about an impossible architecture wraps.
var ErrArchitecture = errors.New("impossible architecture")

// Shape is the shape of one image.
type Shape struct {
	Channels int `json:"channels"`
	Height   int `json:"height"`
	Width    int `json:"width"`
}

// Size is the number of values of an image, D.
func (s Shape) Size() int { return s.Channels * s.Height * s.Width }

// String returns, say, "1×28×28".
func (s Shape) String() string { return fmt.Sprintf("%d×%d×%d", s.Channels, s.Height, s.Width) }

// Architecture is an autoencoder, or a classifier of codes, as pure data.
type Architecture struct {
	Input      Shape   `json:"input"`
	Encoder    []Layer `json:"encoder,omitempty"`    // the output of the last one is the code; none: the input is the code
	Code       Code    `json:"code,omitempty"`       // how the encoder's output becomes the code
	Decoder    []Layer `json:"decoder,omitempty"`    // the output of the last one has the size of an image
	Classifier []Layer `json:"classifier,omitempty"` // in place of a decoder; the output of the last one is a logit for each class
	Tied       bool    `json:"tied,omitempty"`       // decoder weights are the encoder's, transposed; biases are its own
	// Standardised encoders take (x − m)/s, where m is the mean of the training
	// images and s² the mean of (x − m)² over images and pixels.
	Standardised bool `json:"standardised,omitempty"`
	// Classes is the number of labels that a conditional autoencoder is told: the
	// first fully connected layer of the encoder and the first layer of the decoder
	// take the label of the image besides their input. 0: none.
	Classes int  `json:"classes,omitempty"`
	Part    Part `json:"part,omitzero"`

	Latent        int     `json:"latent,omitempty"`        // values in a code that is drawn from the prior
	Discriminator []Layer `json:"discriminator,omitempty"` // what the model is to deceive; the output of the last one is a logit
	// Averaged is the decay of a running mean of the decoder's weights, with
	// which the trained decoder works; 0: it works with the weights themselves.
	Averaged float64 `json:"averaged,omitempty"`
}

// Part says where the layers of an architecture stand in a larger one, whose
// parameters have the larger one's names.
type Part struct {
	Encoder int `json:"encoder,omitempty"` // layers of the larger encoder before the first one
	Decoder int `json:"decoder,omitempty"` // layers of the larger decoder before the first one
}

// Outer is the part of an autoencoder that is left without its innermost
// layers: the first depth layers of the encoder, whose output is the code, and
// the layers of the decoder that mirror them. That is what greedy layer-wise
// training has at hand after depth layers (Bengio 2007).
func (a Architecture) Outer(depth int) Architecture {
	inner := len(a.Encoder) - depth
	a.Part.Decoder += inner
	a.Encoder, a.Decoder = a.Encoder[:depth], a.Decoder[inner:]
	return a
}

// Inner is what follows the first below layers of the encoder: its input are
// their outputs, and its decoder ends where the layers that mirror them begin.
// A classifier remains whole, and no output falls out. Inner(0) is the architecture itself.
func (a Architecture) Inner(below int) Architecture {
	if below == 0 {
		return a
	}
	input := a.encoder()[below-1].out
	if below == len(a.Encoder) {
		input, a.Code = a.codeShape(), Deterministic
	}
	a.Input = input
	a.Part.Encoder += below
	a.Encoder = a.Encoder[below:]
	if a.Classifier == nil {
		a.Decoder = slices.Clone(a.Decoder[:len(a.Decoder)-below])
		if last := len(a.Decoder) - 1; last >= 0 {
			a.Decoder[last].Dropout = 0 // it is the output now
		}
	}
	return a
}

// First is the first depth layers of the encoder alone, whose output is the
// code: for Encoding programs. It also returns the shape of that output.
func (a Architecture) First(depth int) (Architecture, Shape) {
	a.Encoder, a.Code, a.Tied, a.Classifier = a.Encoder[:depth], Deterministic, false, nil
	a.Decoder = []Layer{{Units: a.Input.Size(), Initialiser: Zeros}}
	return a, a.codeShape()
}

// Code says how the encoder's output becomes the code.
type Code string

// The kinds of code.
const (
	// Deterministic codes are the encoder's output.
	Deterministic Code = ""
	// Gaussian codes are drawn from a posterior N(μ, σ²) whose L means and L
	// log-variances are the encoder's output. Encoding gives the means.
	Gaussian Code = "gaussian"
	// Product codes tell how the frames x and y of a pair, the halves of its
	// channels, relate: the gates s = act((x·U) ⊙ (y·V)), where U and V are the
	// halves of the rows of the weights. The tied decoder takes s ⊙ (x·U) and
	// s ⊙ (y·V) to x̂ and ŷ (Konda 2013).
	Product Code = "product"
	// Exchange codes are the same gates, but each frame is reconstructed from the
	// other's responses, s ⊙ (y·V) to x̂ and s ⊙ (x·U) to ŷ: so they must agree.
	Exchange Code = "exchange"
	// Energy codes are gates of the sum of both frames' responses to a filter,
	// s = act(r ⊙ r) where r = (x, y)·W. The tied decoder takes s ⊙ r.
	Energy Code = "energy"
	// Prior codes are drawn from N(0, I): there is no encoder, the decoder is a
	// generator (Goodfellow 2014).
	Prior Code = "prior"
)

// Dense returns an autoencoder of fully connected layers: hidden layers of the
// given widths, each like hidden, lead to a code, and the mirrored widths lead
// back to an image.
func Dense(input Shape, widths []int, hidden, code, output Layer) Architecture {
	a := Architecture{Input: input}
	add := func(to *[]Layer, l Layer, units int) {
		l.Units = units
		*to = append(*to, l)
	}
	for _, units := range widths {
		add(&a.Encoder, hidden, units)
	}
	add(&a.Encoder, code, code.Units)
	for _, units := range slices.Backward(widths) {
		add(&a.Decoder, hidden, units)
	}
	add(&a.Decoder, output, input.Size())
	return a
}

// Decodable reports why codes cannot be decoded without their images, wrapping
// ErrArchitecture; nil where they can.
func (a Architecture) Decodable() error {
	switch {
	case a.Classifier != nil:
		return fmt.Errorf("%w: a classifier has no decoder", ErrArchitecture)
	case a.Code.gated():
		return fmt.Errorf("%w: a code of %s gates tells how two frames relate, not what they show: it cannot be decoded without them", ErrArchitecture, a.Code)
	case a.unpools():
		return fmt.Errorf("%w: max unpooling puts values where the encoder has found the greatest ones: codes cannot be decoded without their images; hint: train with --upsampling transposed, nearest or bilinear", ErrArchitecture)
	}
	return nil
}

// CodeSize is the number of values of a code, L.
func (a Architecture) CodeSize() int { return a.codeShape().Size() }

// codeShape is the shape of a code as the decoder's layers see it.
func (a Architecture) codeShape() Shape {
	if a.Code == Prior {
		return Shape{1, 1, a.Latent}
	}
	layers := a.encoder()
	if len(layers) == 0 {
		return a.Input
	}
	code := layers[len(layers)-1].out
	if a.Code == Gaussian {
		return Shape{1, 1, code.Size() / 2}
	}
	return code
}

// Noise is the number of standard normal numbers that a code is drawn with, or
// held against.
func (a Architecture) Noise() int {
	if a.Code == Gaussian && a.Classifier == nil || a.Code == Prior || a.Discriminator != nil { // a classifier takes the means
		return a.CodeSize()
	}
	return 0
}

// HasPrior reports whether codes are drawn from N(0, I), or trained to look as
// if they were, so that draws from it decode to images of the kind learned.
func (a Architecture) HasPrior() bool { return a.Noise() > 0 }

// Validate reports what is impossible about the architecture, wrapping
// ErrArchitecture.
func (a Architecture) Validate() error {
	if a.Input.Channels < 1 || a.Input.Height < 1 || a.Input.Width < 1 {
		return fmt.Errorf("%w: images of %s; hint: every side is at least 1", ErrArchitecture, a.Input)
	}
	if a.Input.Height > maxParameters/a.Input.Channels || a.Input.Width > maxParameters/a.Input.Channels/a.Input.Height {
		return fmt.Errorf("%w: images of %s; hint: at most %d values", ErrArchitecture, a.Input, maxParameters)
	}
	if a.Code == Prior && (a.Latent < 1 || a.Latent > maxParameters) {
		return fmt.Errorf("%w: codes of %d values from the prior; hint: at least 1", ErrArchitecture, a.Latent)
	}
	if a.Classifier == nil && (len(a.Encoder) == 0 && a.Code != Prior || len(a.Decoder) == 0) {
		return fmt.Errorf("%w: %d encoder and %d decoder layers; hint: at least one of each", ErrArchitecture, len(a.Encoder), len(a.Decoder))
	}
	if a.Classifier != nil && (len(a.Classifier) == 0 || len(a.Decoder) > 0) {
		return fmt.Errorf("%w: %d classifier and %d decoder layers; hint: a classifier of at least one layer, or a decoder", ErrArchitecture, len(a.Classifier), len(a.Decoder))
	}
	for _, l := range a.layers() {
		if err := l.validate(); err != nil {
			return err
		}
		if l.Initialiser == Images && (l.name != "encoder/1" || l.Convolutional()) {
			return fmt.Errorf("%w: %s starts as images; hint: only the first layer of the encoder takes images, fully connected", ErrArchitecture, l.name)
		}
	}
	if err := a.validateThresholds(); err != nil {
		return err
	}
	if err := a.validateCode(); err != nil {
		return err
	}
	if err := a.validateGates(); err != nil {
		return err
	}
	if err := a.validateExtras(); err != nil {
		return err
	}
	if err := a.validateDiscriminator(); err != nil {
		return err
	}
	if err := a.validateUnpooling(); err != nil {
		return err
	}
	if err := a.validateClasses(); err != nil {
		return err
	}
	if a.Classifier != nil {
		return nil
	}
	last := a.decoder()[len(a.Decoder)-1]
	if last.Convolutional() && last.out != a.Input {
		return fmt.Errorf("%w: the decoder ends with images of %s, not of %s", ErrArchitecture, last.out, a.Input)
	}
	if last.out.Size() != a.Input.Size() {
		return fmt.Errorf("%w: the decoder ends with %d units, images of %s have %d values", ErrArchitecture, last.Units, a.Input, a.Input.Size())
	}
	return nil
}

// validateThresholds checks which layers have a threshold.
func (a Architecture) validateThresholds() error {
	for i, l := range a.layers() {
		switch {
		case l.Threshold == 0:
		case !(l.Threshold > 0) || math.IsInf(l.Threshold, 0):
			return fmt.Errorf("%w: %s has a threshold of %g; hint: 0 for none, or more", ErrArchitecture, l.name, l.Threshold)
		case l.Convolutional():
			return fmt.Errorf("%w: %s has a threshold and filters; hint: fully connected layers have thresholds", ErrArchitecture, l.name)
		case i >= len(a.Encoder):
			return fmt.Errorf("%w: %s has a threshold; hint: only layers of the encoder have", ErrArchitecture, l.name)
		case l.Activation != kernel.ReLU && l.Activation != kernel.Linear:
			return fmt.Errorf("%w: %s has a threshold of %s units; hint: relu or linear", ErrArchitecture, l.name, l.Activation)
		case a.Code == Gaussian && i == len(a.Encoder)-1:
			return fmt.Errorf("%w: %s has a threshold, which means and variances cannot have", ErrArchitecture, l.name)
		}
	}
	return nil
}

// validateCode checks what the kind of code and tied weights ask of the layers.
func (a Architecture) validateCode() error {
	switch a.Code {
	case Deterministic, Product, Exchange, Energy, Prior:
	case Gaussian:
		if len(a.Encoder) == 0 {
			return fmt.Errorf("%w: a gaussian code without an encoder", ErrArchitecture)
		}
		if last := a.Encoder[len(a.Encoder)-1]; last.Units%2 != 0 || last.Activation != kernel.Linear || last.Convolutional() || last.TopK > 0 {
			return fmt.Errorf("%w: the encoder ends with %d %s units; hint: a gaussian code of L values needs 2·L linear ones, fully connected, and all of them", ErrArchitecture, last.Units, last.Activation)
		}
	default:
		return fmt.Errorf("%w: unknown kind of code %q; hint: none, %s, %s, %s, %s or %s", ErrArchitecture, a.Code, Gaussian, Product, Exchange, Energy, Prior)
	}
	if !a.Tied {
		return nil
	}
	if a.Code == Gaussian {
		return fmt.Errorf("%w: tied weights with a %s code; hint: the encoder ends with two values for each of the decoder's inputs", ErrArchitecture, a.Code)
	}
	if len(a.Encoder) != len(a.Decoder) {
		return fmt.Errorf("%w: tied weights with %d encoder and %d decoder layers; hint: as many", ErrArchitecture, len(a.Encoder), len(a.Decoder))
	}
	encoder := a.encoder()
	for i, l := range a.decoder() {
		if err := l.mirrors(encoder[len(encoder)-1-i]); err != nil {
			return err
		}
	}
	return nil
}

// FLOPs is the number of floating-point operations in the matrix products of a
// training step on a batch with so many codes drawn for each image: the output
// of each layer, the gradient of its weights, and that of its input for all but
// the first.
func (a Architecture) FLOPs(batch, samples int) float64 {
	var total float64
	for i, l := range a.model() {
		products := 3
		if i == 0 {
			products = 2
		}
		rows := batch
		if i >= len(a.Encoder) {
			rows *= samples
		}
		total += float64(products*rows) * l.flops()
	}
	return total + a.discriminatorFLOPs(batch)
}

// maxParameters bounds one tensor to 4 GiB, and an image.
const maxParameters = 1 << 30

// layers lists the layers of encoder and decoder or classifier, and those of
// the discriminator, in order.
func (a Architecture) layers() []namedLayer {
	return slices.Concat(a.model(), a.discriminator())
}

// model lists the layers of encoder and decoder or classifier in order.
func (a Architecture) model() []namedLayer {
	return slices.Concat(a.encoder(), a.decoder(), a.classifier())
}

func (a Architecture) encoder() []namedLayer {
	layers := apart(chain("encoder", a.Part.Encoder, a.Input, a.Encoder), a.Code.frames())
	for i := range layers {
		if !layers[i].Convolutional() {
			layers[i].classes = a.Classes
			break
		}
	}
	return layers
}

func (a Architecture) decoder() []namedLayer {
	layers := chain("decoder", a.Part.Decoder, a.codeShape(), a.Decoder)
	for i := range layers {
		layers[i].undoes = fmt.Sprintf("encoder/%d", a.Part.Encoder+len(layers)-i)
		if a.Tied {
			layers[i].weights, layers[i].transposed = layers[i].undoes+"/weights", true
		}
	}
	if len(layers) > 0 {
		layers[0].classes = a.Classes
	}
	return apart(layers, a.Code.frames())
}

func (a Architecture) classifier() []namedLayer {
	return chain("classifier", 0, a.codeShape(), a.Classifier)
}

// apart marks layers as treating frames apart.
func apart(layers []namedLayer, frames int) []namedLayer {
	for i := range layers {
		layers[i].frames = frames
	}
	return layers
}
