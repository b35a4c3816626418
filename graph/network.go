package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/op"
)

// Mode says which part of an autoencoder a program computes.
type Mode int

// The modes.
const (
	Training   Mode = iota // input, target → losses and gradients
	Evaluation             // input, target → code, reconstruction and losses
	Encoding               // input → code
	Decoding               // code → reconstruction
)

// String names the mode.
func (m Mode) String() string {
	names := [...]string{"training", "evaluation", "encoding", "decoding"}
	if m < 0 || int(m) >= len(names) {
		return fmt.Sprintf("mode(%d)", int(m))
	}
	return names[m]
}

// Network is an architecture and an objective declared on one expression
// graph. Nodes that its mode does not need are nil: whatever stands on a graph
// is computed.
type Network struct {
	Graph          *gorgonia.ExprGraph
	Input          *gorgonia.Node // B×D, in Decoding mode B×L
	Target         *gorgonia.Node // B×D, what the reconstruction is held against
	Code           *gorgonia.Node // B×L
	Reconstruction *gorgonia.Node // B×D
	Terms          []Term         // of the loss, the reconstruction term first
	Loss           *gorgonia.Node // scalar

	rows       *op.Rows
	parameters gorgonia.Nodes // as in Parameters.All
	used       []Parameter    // the parameters of those nodes
}

// Term is one term of the loss, averaged over the images of a batch.
type Term struct {
	Name string
	op.Loss
}

// declare puts the network of a mode on a graph of its own, for batches of up
// to batch images.
func declare(a Architecture, o Objective, p *Parameters, mode Mode, batch int) (*Network, error) {
	n := &Network{Graph: gorgonia.NewGraph(), rows: &op.Rows{Live: batch, Compiled: batch}}
	width := a.Input.Size()
	if mode == Decoding {
		width = a.CodeSize()
	}
	n.Input = n.matrix("input", batch, width)

	var err error
	last := n.Input
	if mode != Decoding {
		if last, err = n.layers(p, chain("encoder", width, a.Encoder), last); err != nil {
			return nil, err
		}
		n.Code = last
	}
	if mode == Encoding {
		return n, nil
	}
	if last, err = n.layers(p, chain("decoder", a.CodeSize(), a.Decoder), last); err != nil {
		return nil, err
	}
	if mode != Training {
		if n.Reconstruction, err = o.Reconstruction.output("reconstruction", n.rows, last); err != nil {
			return nil, err
		}
	}
	if mode == Decoding {
		return n, nil
	}
	n.Target = n.matrix("target", batch, width)
	reconstruction, err := o.Reconstruction.loss("loss", n.rows, last, n.Target)
	if err != nil {
		return nil, err
	}
	n.Terms = []Term{{"reconstruction", reconstruction}}
	n.Loss = reconstruction.Node
	return n, nil
}

func (n *Network) matrix(name string, rows, columns int) *gorgonia.Node {
	return gorgonia.NewMatrix(n.Graph, tensor.Float32, gorgonia.WithName(name), gorgonia.WithShape(rows, columns))
}

// layers declares a chain of layers behind x.
func (n *Network) layers(p *Parameters, layers []namedLayer, x *gorgonia.Node) (*gorgonia.Node, error) {
	for _, l := range layers {
		w, err := n.parameter(p, l.weights(), l.inputs, l.Units)
		if err != nil {
			return nil, err
		}
		var b *gorgonia.Node
		if !l.NoBias {
			if b, err = n.parameter(p, l.bias(), l.Units); err != nil {
				return nil, err
			}
		}
		if x, err = op.Affine(l.name, n.rows, l.Activation, false, x == n.Input, x, w, b); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// parameter declares a parameter of the given shape as an input that shares
// its tensor.
func (n *Network) parameter(all *Parameters, name string, shape ...int) (*gorgonia.Node, error) {
	p, ok := all.Get(name)
	if !ok {
		return nil, fmt.Errorf("%w: no parameter %q", ErrArchitecture, name)
	}
	if !p.Tensor.Shape().Eq(tensor.Shape(shape)) {
		return nil, fmt.Errorf("%w: %s has shape %v, want %v", ErrArchitecture, name, p.Shape(), shape)
	}
	node := gorgonia.NewTensor(n.Graph, tensor.Float32, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...), gorgonia.WithValue(p.Tensor))
	n.parameters = append(n.parameters, node)
	n.used = append(n.used, p)
	return node, nil
}
