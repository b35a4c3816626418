// Package export writes a trained model in forms that other programs read: networks in
// ONNX, weights and a module for PyTorch, a model card, and networks with rounded weights
// for web pages.
package export

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/latent"
	"gaetrain/graph/trace"
	"gaetrain/trainer"
)

// Names of outputs that only exported networks have.
const (
	mean          = "mean"         // of the posterior, L values: the code of an image
	logVariance   = "log_variance" // of the posterior, L values
	probabilities = "probabilities"
	image         = "image" // of a generator
)

// Network is a part of a model, with the inputs and outputs that its users have.
type Network struct {
	*trace.Network
	Name string // of its file, such as "encoder"
}

// Networks records the networks of a trained model: encoder, decoder and autoencoder, and
// classifier if it has one too; or classifier or generator. An operation that cannot be exported is an error that names
// it and wraps graph.ErrArchitecture.
func Networks(t *trainer.Trained) (list []Network, err error) { return record(t, scalingOf(t)) }

// record records the networks of a trained model with inputs and outputs in some units.
func record(t *trainer.Trained, units scaling) (list []Network, err error) {
	add := func(name string, outputs []string, d graph.Declaration) {
		if err != nil {
			return
		}
		part := name
		if name == "generator" {
			part = "decoder" // as its layers are called
		}
		n, failed := graph.Trace(t.Parameters, part, graph.Ports{trainer.Input: units.scaled}, results(units, name), outputs, d)
		if failed != nil {
			err = fmt.Errorf("model %s cannot be exported: %s: %w", t.Name, name, failed)
			return
		}
		list = append(list, Network{n, name})
		err = checkSize(Network{n, name})
	}
	encoder, encodes := t.Stage.Model.(trainer.Encoder)
	posterior, gaussian := t.Stage.Model.(trainer.Posterior)
	decodes := t.CanDecodeLabelled() == nil
	switch {
	case gaussian && !t.IsClassifier():
		add("encoder", []string{mean, trainer.Statistics}, func(s *graph.Scope) { s.Output(mean, posterior.Posterior(s, images(s, t)).Mean(s)) })
	case encodes:
		add("encoder", []string{trainer.Code}, func(s *graph.Scope) { s.Output(trainer.Code, encoder.Encode(s, images(s, t))) })
	}
	switch {
	case t.IsClassifier():
		classifier := t.Stage.Model.(trainer.Classifier)
		add("classifier", []string{trainer.Logits}, func(s *graph.Scope) { classifier.Classify(s, images(s, t)) })
	case decodes && encodes:
		add("decoder", []string{trainer.Reconstruction}, func(s *graph.Scope) {
			decode(s, t, s.Input(trainer.Code, graph.Data, graph.Row(t.CodeSize())).As(t.CodeShape()))
		})
		add("autoencoder", []string{trainer.Reconstruction, trainer.Code}, func(s *graph.Scope) {
			z := encoder.Encode(s, images(s, t))
			s.Output(trainer.Code, z)
			decode(s, t, z)
		})
		if classifier, ok := t.Stage.Model.(trainer.Classifier); ok {
			add("classifier", []string{trainer.Logits}, func(s *graph.Scope) { classifier.Classify(s, images(s, t)) })
		}
	case encodes: // the decoder needs more than the code
		add("autoencoder", []string{trainer.Reconstruction, trainer.Code}, t.Stage.Model.Declare)
	case !decodes:
		return nil, t.CanDecodeLabelled()
	default:
		add("generator", []string{trainer.Reconstruction}, func(s *graph.Scope) {
			decode(s, t, s.Input(trainer.Code, graph.Data, graph.Row(t.CodeSize())).As(t.CodeShape()))
		})
	}
	return list, err
}

// images declares the images that a model takes.
func images(s *graph.Scope, t *trainer.Trained) graph.Value {
	return s.Input(trainer.Input, graph.Data, t.Source.Shape)
}

// decode declares the reconstruction of codes.
func decode(s *graph.Scope, t *trainer.Trained, z graph.Value) {
	m := t.Stage.Model.(trainer.Decoder)
	s.Output(trainer.Reconstruction, m.Likelihood().Mean(s, m.Decode(s, z)))
}

func scalingOf(t *trainer.Trained) scaling {
	return scaling{t.Info.Data.Scaling, t.Source.Shape.Dims(), false}
}

// results make the outputs in some units from those of the program.
func results(units scaling, network string) graph.Ports {
	flat := func(n *trace.Network, z *trace.Value) *trace.Value { return n.Flat(trainer.Code, z) }
	return graph.Ports{
		trainer.Code: flat, mean: flat,
		trainer.Statistics: func(n *trace.Network, x *trace.Value) *trace.Value {
			n.Output(logVariance, latent.LogVariances(n, x))
			return nil
		},
		trainer.Reconstruction: func(n *trace.Network, x *trace.Value) *trace.Value {
			x = units.unscaled(n, n.As(trainer.Reconstruction, x, units.shape...))
			if network != "generator" {
				return x
			}
			n.Output(image, x)
			return nil
		},
		trainer.Logits: func(n *trace.Network, x *trace.Value) *trace.Value {
			x = n.Flat(trainer.Logits, x)
			n.Output(trainer.Logits, x)
			p := n.Node(probabilities, "Softmax", x.Shape, trace.Attributes{trace.Int("axis", 1)}, x)
			n.Output(probabilities, n.Python(p, "%s.softmax(1)", x))
			return nil
		},
	}
}
