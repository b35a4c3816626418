package trainer

import (
	"fmt"
	"reflect"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/loaders"
)

// The methods of this file say what a model is and what it can do. Measures,
// pictures and verbs ask them, so that they need not know its architecture.

// CodeSize is the number of values of a code, L.
func (m *Model) CodeSize() int { return m.Stage.Architecture.CodeSize() }

// Shape is the shape of the images that the model takes or makes.
func (m *Model) Shape() loaders.Shape { return loaders.Shape(m.Stage.Architecture.Input) }

// Classes is the number of classes whose labels a conditional model takes; 0 for
// any other model.
func (m *Model) Classes() int { return m.Stage.Architecture.Classes }

// Conditional reports whether the model takes the labels of images.
func (m *Model) Conditional() bool { return m.Stage.Conditional }

// IsClassifier reports whether the model gives classes in place of images.
func (m *Model) IsClassifier() bool { return m.Stage.Architecture.Classifier != nil }

// HasPrior reports whether codes that are drawn from N(0, I) decode to images of
// the kind that the model has learned.
func (m *Model) HasPrior() bool { return m.Stage.Architecture.HasPrior() }

// HasPosterior reports whether the encoder gives each image a Gaussian
// distribution of codes.
func (m *Model) HasPosterior() bool { return m.Stage.Architecture.Code == graph.Gaussian }

// HasEncoder reports whether the model gives images codes. A generator does not.
func (m *Model) HasEncoder() bool { return m.CanEncode() == nil }

// CanEncode returns an error for a model without an encoder, such as a
// generator. The error wraps ErrConfiguration.
func (m *Model) CanEncode() error {
	if m.Stage.Architecture.Code == graph.Prior {
		return fmt.Errorf("%w: %s has no encoder, it makes images of codes alone; hint: any other model has one, aae is its kin", ErrConfiguration, m.Config.Model)
	}
	return nil
}

// CanDecode returns an error for a model that cannot decode codes alone, because
// it has no decoder, or because its decoder takes labels or the images as well.
func (m *Model) CanDecode() error {
	if m.Conditional() {
		return fmt.Errorf("%w: model %s decodes codes with labels; hint: --model vae", ErrConfiguration, m.Config.Model)
	}
	return m.Stage.Architecture.Decodable()
}

// LinearDecoder reports whether the decoder is a linear map of the code which is
// trained by the squared error.
func (m *Model) LinearDecoder() bool { return m.CanDecode() == nil && m.Stage.linearDecoder() }

func (s Stage) linearDecoder() bool {
	for _, l := range s.Architecture.Decoder {
		if l.Activation != kernel.Linear {
			return false
		}
	}
	return s.Objective.Reconstruction == graph.SquaredError
}

// DecoderDepth is the number of layers of the decoder.
func (m *Model) DecoderDepth() int { return len(m.Stage.Architecture.Decoder) }

// Convolutions is the number of convolutions that the encoder begins with.
func (m *Model) Convolutions() (depth int) {
	for _, l := range m.Stage.Architecture.Encoder {
		if !l.Convolutional() {
			break
		}
		depth++
	}
	return depth
}

// SameObjective reports whether the losses of two models can be compared.
func (m *Model) SameObjective(other *Model) bool {
	return reflect.DeepEqual(m.Stage.Objective, other.Stage.Objective)
}

// Unit is the unit of a figure of the model, such as "nats per image"; "" for
// figures without one.
func (m *Model) Unit(figure string) string { return m.Stage.Unit(figure) }

// Unit is the unit of a figure of the stage; "" for figures without one.
func (s Stage) Unit(figure string) string { return s.Objective.Unit(figure) }
