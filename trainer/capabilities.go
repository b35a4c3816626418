package trainer

import (
	"fmt"
	"math"
	"reflect"
	"slices"

	"gaetrain/graph"
	"gaetrain/loaders"
)

// The methods of this file report what a trained model can do. Measures, pictures
// and verbs call them, so that they do not depend on the model.

// cannot returns the error that a model lacks a capability.
func (t *Trained) cannot(lack, hint string) error {
	return fmt.Errorf("%w: model %s %s; hint: %s", ErrConfiguration, t.Name, lack, hint)
}

// HasEncoder reports whether the model encodes images.
func (t *Trained) HasEncoder() bool { return t.CanEncode() == nil }

// CanEncode returns an error for a model without an encoder, such as a
// generator. The error wraps ErrConfiguration.
func (t *Trained) CanEncode() error {
	_, err := t.asEncoder()
	return err
}

func (t *Trained) asEncoder() (Encoder, error) {
	m, ok := t.Stage.Model.(Encoder)
	if !ok {
		return nil, t.cannot("has no encoder", "--model aae has one, and also generates images from a prior")
	}
	return m, nil
}

// CanDecode returns an error for a model that cannot decode codes alone, because
// it has no decoder, or because its decoder takes labels or the images as well.
func (t *Trained) CanDecode() error {
	if t.Conditional() {
		return t.cannot("decodes codes together with labels", "--model vae decodes codes alone")
	}
	return t.CanDecodeLabelled()
}

// CanDecodeLabelled returns an error for a model that cannot decode codes, because it
// has no decoder, or because its decoder takes the images as well. A conditional model
// decodes codes together with labels.
func (t *Trained) CanDecodeLabelled() error {
	_, err := t.asDecoder()
	return err
}

func (t *Trained) asDecoder() (Decoder, error) {
	m, ok := t.Stage.Model.(Decoder)
	if !ok {
		return nil, t.cannot("has no decoder", "use the run of an autoencoder")
	}
	if err := m.Decodable(); err != nil {
		return nil, fmt.Errorf("%w: model %s: %w", ErrConfiguration, t.Name, err)
	}
	return m, nil
}

func (t *Trained) asPosterior() (Posterior, error) {
	m, ok := t.Stage.Model.(Posterior)
	if !ok {
		return nil, t.cannot("has no posterior of codes", "--model vae has one")
	}
	return m, nil
}

// CodeShape is the shape of a code. It is the zero Shape for a model without codes.
func (t *Trained) CodeShape() graph.Shape {
	if m, ok := t.Stage.Model.(interface{ CodeShape() graph.Shape }); ok {
		return m.CodeShape()
	}
	return graph.Shape{}
}

// CodeSize is the number of values of a code, L.
func (t *Trained) CodeSize() int { return t.CodeShape().Size() }

// Shape is the shape of the images that the model takes or generates.
func (t *Trained) Shape() loaders.Shape { return loaders.Shape(t.Source.Shape) }

// Classes is the number of classes whose labels a conditional model takes; 0 for
// any other model.
func (t *Trained) Classes() int {
	if m, ok := t.Stage.Model.(Conditional); ok {
		return m.Classes()
	}
	return 0
}

// Conditional reports whether the model takes the labels of images.
func (t *Trained) Conditional() bool { return t.Classes() > 0 }

// IsClassifier reports whether the model predicts classes instead of reconstructing
// images.
func (t *Trained) IsClassifier() bool { return t.Stage.classifies() }

// Classifies reports whether the model predicts classes. It may reconstruct images too.
func (t *Trained) Classifies() bool {
	_, ok := t.Stage.Model.(Classifier)
	return ok
}

// HasNormalPrior reports whether codes that are drawn from N(0, I) decode to images like
// the training images.
func (t *Trained) HasNormalPrior() bool {
	_, ok := t.Stage.Model.(Generator)
	return ok
}

// Quantises reports whether the encoder rounds each value of a code to the nearest of a
// few levels, or each word to the nearest entry of a codebook.
func (t *Trained) Quantises() bool {
	_, rounds := t.Stage.Model.(Quantiser)
	_, words := t.Words()
	return rounds || words
}

// Unquantised counts the values of codes N×L that the encoder cannot produce, because
// it rounds each value to the nearest of a few levels, or each word to the nearest entry
// of a codebook. It is 0 for other models.
func (t *Trained) Unquantised(codes []float32) (count int) {
	rounded := slices.Clone(codes)
	if m, ok := t.Stage.Model.(Quantiser); ok {
		m.Quantise(rounded)
	} else if w, ok := t.Words(); ok {
		rounded = w.Codes(w.Indices(codes))
	}
	for i, v := range codes {
		if math.Abs(float64(v-rounded[i])) > 1e-4 {
			count++
		}
	}
	return count
}

// HasPosterior reports whether the encoder computes a Gaussian distribution of codes
// for each image.
func (t *Trained) HasPosterior() bool {
	_, ok := t.Stage.Model.(Posterior)
	return ok
}

// LinearDecoder reports whether the decoder is a linear map of the code that is
// trained on the squared error.
func (t *Trained) LinearDecoder() bool {
	m, ok := t.Stage.Model.(Linear)
	return ok && t.CanDecode() == nil && m.LinearDecoder()
}

// Depth is the number of layers of the encoder whose output Features can return.
func (t *Trained) Depth() int {
	if m, ok := t.Stage.Model.(Layered); ok {
		return m.Depth()
	}
	return 0
}

// LayerSize is the number of values of the output of layer depth of the encoder, counted
// from 1; 0 if Features cannot return it.
func (t *Trained) LayerSize(depth int) int {
	m, ok := t.Stage.Model.(Layered)
	if !ok || depth < 1 || depth > m.Depth() {
		return 0
	}
	return m.LayerShape(depth).Size()
}

// Convolutions is the number of convolutions that the encoder begins with.
func (t *Trained) Convolutions() (depth int) {
	m, ok := t.Stage.Model.(Layered)
	for ok && depth < m.Depth() && m.Convolutional(depth+1) {
		depth++
	}
	return depth
}

// Weights lists the weights of a part of the model, such as "decoder", in order.
func (t *Trained) Weights(part string) (weights []graph.Parameter) {
	for _, p := range t.Parameters.All() {
		if p.Part == part && p.Role == graph.Weight {
			weights = append(weights, p)
		}
	}
	return weights
}

// SameObjective reports whether the losses of two models can be compared, because
// they have the same terms with the same weights and units.
func (t *Trained) SameObjective(other *Trained) bool {
	a, err := t.objective()
	if err != nil {
		return false
	}
	b, err := other.objective()
	return err == nil && reflect.DeepEqual(a, b)
}

// weighted is a term of a loss with its reported weight.
type weighted struct {
	name, unit string
	weight     float64
}

func (t *Trained) objective() (terms []weighted, err error) {
	p, err := t.Stage.evaluation(t.Parameters)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	for _, term := range p.Terms() {
		terms = append(terms, weighted{term.Name, t.Unit(term.Name), term.Reported})
	}
	return terms, nil
}

// Unit is the unit of a figure of the model, such as "nats per image"; "" for
// figures without one.
func (t *Trained) Unit(figure string) string { return t.Stage.Unit(figure) }
