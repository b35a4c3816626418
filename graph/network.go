package graph

import (
	"fmt"
	"slices"
	"strings"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
	"gaetrain/graph/op"
)

// Mode says which part of an autoencoder a program computes.
type Mode int

// The modes.
const (
	Training       Mode = iota // input, target or labels → losses and gradients
	Evaluation                 // input, target or labels → code, reconstruction or logits, and losses
	Encoding                   // input → code
	Decoding                   // code → reconstruction
	Pullback                   // input, direction → gradient of direction·code in the input
	Likelihood                 // code, target → reconstruction term
	Classification             // input → features and logits
	Discriminating             // real and generated images or codes → the discriminator's loss and gradients
	Judging                    // the same → the discriminator's logits and loss
)

// String names the mode.
func (m Mode) String() string {
	names := [...]string{"training", "evaluation", "encoding", "decoding", "pullback", "likelihood", "classification", "discriminating", "judging"}
	if m < 0 || int(m) >= len(names) {
		return fmt.Sprintf("mode(%d)", int(m))
	}
	return names[m]
}

// ofCodes reports whether the input of the mode are codes.
func (m Mode) ofCodes() bool { return m == Decoding || m == Likelihood }

// Network is an architecture and an objective declared on one expression
// graph. Nodes that its mode does not need are nil: whatever stands on a graph
// is computed.
type Network struct {
	Graph          *gorgonia.ExprGraph
	Input          *gorgonia.Node // B×D, in Decoding and Likelihood mode B×L
	Target         *gorgonia.Node // B×D, what the reconstruction is held against
	Hit            *gorgonia.Node // B×D, 1 where corruption has hit the input; nil without emphasis
	Noise          *gorgonia.Node // B×KL, what the K Gaussian codes of an image are drawn with; the code itself of a generator
	Code           *gorgonia.Node // B×L, or BK×L
	Direction      *gorgonia.Node // B×L, in Pullback mode
	Sensitivity    *gorgonia.Node // B×D, the gradient of direction·code in the input
	Reconstruction *gorgonia.Node // B×D
	Labels         *gorgonia.Node // B×1, what the logits are held against, or what a conditional autoencoder is told
	Features       *gorgonia.Node // B×F, that the last layer of the classifier takes
	Logits         *gorgonia.Node // B×C, of the classes, or B×1, of the discriminator
	Terms          []Term         // of the loss, the reconstruction or classification first
	Loss           *gorgonia.Node // scalar

	encoded    *gorgonia.Node                    // B×D, what the encoder takes
	responses  *gorgonia.Node                    // of the units that a gated code gates
	statistics *gorgonia.Node                    // B×2L of a Gaussian code
	laid       map[*gorgonia.Node]*gorgonia.Node // the images in lanes of which rows were made
	mode       Mode
	averaged   bool                      // the decoder works with running means, but for training
	chain      []op.Contracted           // the layers so far
	rows       *op.Rows                  // of what has one row for each image
	sampled    *op.Rows                  // of what has one for each code of an image
	ramps      []ramp                    // what rises over training
	classes    int                       // that labels tell apart
	parameters gorgonia.Nodes            // as in Parameters.All
	used       []Parameter               // the parameters of those nodes
	counts     []func()                  // each brings a statistic up to date with the last run
	pooled     map[string]*gorgonia.Node // of the layers that pool
	key        noise.Key                 // of what is drawn in a run
	masks      int                       // layers with dropout so far
}

// Term is one term of the loss, averaged over the images of a batch.
type Term struct {
	Name   string
	Weight *op.Weight // may change between runs; nil: of what follows from the other terms
	Told   float64    // the weight in the loss that is told, which is the same throughout training
	op.Loss
}

// declare puts the network of a mode on a graph of its own, for batches of up
// to batch images.
func declare(a Architecture, o Objective, p *Parameters, mode Mode, batch int) (*Network, error) {
	n := &Network{Graph: gorgonia.NewGraph(), rows: &op.Rows{Live: batch, Compiled: batch}, pooled: make(map[string]*gorgonia.Node), laid: make(map[*gorgonia.Node]*gorgonia.Node), mode: mode, averaged: a.Averaged > 0}
	n.sampled = n.rows
	if mode == Training || mode == Evaluation {
		n.sampled = n.rows.Several(o.samples())
	}
	if mode == Discriminating || mode == Judging {
		return n, n.discriminate(a, o, p)
	}
	if n.classes = a.Classes; n.classes > 0 {
		n.Labels = n.matrix("labels", batch, 1)
	}
	last, err := n.start(a, p)
	if err != nil {
		return nil, err
	}
	switch {
	case mode == Encoding:
		return n, nil
	case mode == Pullback:
		return n, n.pullback()
	}
	if a.Classifier != nil {
		return n, n.classify(a, o, p, last)
	}
	if last, err = n.decode(a, p, last); err != nil {
		return nil, err
	}
	if a.Code == Prior {
		return n, n.generate(a, o, p, last)
	}
	if mode == Evaluation || mode == Decoding {
		if err := n.reconstruct(o, last); err != nil {
			return nil, err
		}
	}
	if mode == Decoding {
		return n, nil
	}
	if o.Bound != Mean && mode != Likelihood {
		return n, n.bound(a, o, p, last)
	}
	first, err := o.loss(n, p, last)
	if err != nil {
		return nil, err
	}
	if mode == Likelihood {
		o.Penalties = nil // which are of codes that an encoder has given
	}
	return n, n.loss(a, o, p, reconstruction, first)
}

// start declares the input and what leads to the code, which it returns.
func (n *Network) start(a Architecture, p *Parameters) (*gorgonia.Node, error) {
	switch {
	case n.mode.ofCodes():
		n.Input = n.matrix("input", n.rows.Compiled, a.CodeSize())
		return n.Input, nil
	case a.Code == Prior:
		n.Noise = n.matrix("noise", n.rows.Compiled, a.CodeSize())
		n.Code = n.Noise
		return n.Code, nil
	}
	n.Input = n.matrix("input", n.rows.Compiled, a.Input.Size())
	err := n.encode(a, p)
	return n.Code, err
}

// generate declares what holds the images of a generator against real ones.
func (n *Network) generate(a Architecture, o Objective, p *Parameters, images *gorgonia.Node) error {
	n.Reconstruction = images
	if n.mode == Decoding {
		return nil
	}
	if n.mode == Training && n.averaged {
		average, err := n.average(a.Averaged, p)
		if err != nil {
			return err
		}
		n.counts = append(n.counts, average)
	}
	first, err := n.deceive(a, o, p, images)
	if err != nil {
		return err
	}
	return n.loss(a, o, p, Deception, first)
}

// encode declares the encoder and the code. Thresholds are for what is trained.
func (n *Network) encode(a Architecture, p *Parameters) error {
	if err := n.standardise(a, p); err != nil {
		return err
	}
	layers := a.encoder()
	for i := range layers {
		if n.mode == Encoding || n.mode == Pullback {
			layers[i].Threshold = 0
		}
		if a.Code.gated() { // whose activation is of the product
			layers[i].Activation = kernel.Linear
		}
	}
	encoded, err := n.layers(p, layers, n.encoded)
	if err != nil {
		return err
	}
	n.Code, err = n.code(a, encoded)
	return err
}

// reconstruct declares the reconstruction by the first code of each image.
func (n *Network) reconstruct(o Objective, last *gorgonia.Node) (err error) {
	if samples := n.sampled.Compiled / n.rows.Compiled; samples > 1 {
		if last, err = op.EveryNth("reconstruction", n.rows, samples, last); err != nil {
			return err
		}
	}
	n.Reconstruction, err = o.Reconstruction.output("reconstruction", n.rows, last)
	return err
}

// decode declares the decoder of codes, and returns the last layer's values.
func (n *Network) decode(a Architecture, p *Parameters, code *gorgonia.Node) (*gorgonia.Node, error) {
	images := n.rows
	n.rows = n.sampled
	defer func() { n.rows = images }()
	if a.Code.gated() {
		var err error
		if code, err = op.Modulate("code", n.rows, a.Code == Exchange, code, n.responses); err != nil {
			return nil, err
		}
	}
	return n.layers(p, a.decoder(), code)
}

// classify declares the classifier of a code and, where there are labels, its
// loss.
func (n *Network) classify(a Architecture, o Objective, p *Parameters, code *gorgonia.Node) (err error) {
	layers := a.classifier()
	if n.Features, err = n.layers(p, layers[:len(layers)-1], code); err != nil {
		return err
	}
	if n.Logits, err = n.layers(p, layers[len(layers)-1:], n.Features); err != nil || n.mode == Classification {
		return err
	}
	n.Labels, n.classes = n.matrix("labels", n.rows.Compiled, 1), n.Logits.Shape()[1]
	first, err := op.SoftmaxCrossEntropy("loss", n.rows, n.Logits, n.Labels)
	if err != nil {
		return err
	}
	return n.loss(a, o, p, classification, first)
}

// pullback declares the product of a direction and the Jacobian of the code.
func (n *Network) pullback() error {
	n.Direction = n.matrix("direction", n.rows.Compiled, n.Code.Shape()[1])
	products, err := gorgonia.Backpropagate(gorgonia.Nodes{n.Code}, gorgonia.Nodes{n.Direction}, gorgonia.Nodes{n.Input})
	if err != nil {
		return fmt.Errorf("differentiate the code: %w", err)
	}
	n.Sensitivity = products[0]
	return nil
}

// code turns the encoder's output into the code.
func (n *Network) code(a Architecture, encoded *gorgonia.Node) (*gorgonia.Node, error) {
	switch {
	case a.Code.gated():
		return n.gates(a, encoded)
	case a.Code != Gaussian:
		return encoded, nil
	}
	n.statistics = encoded
	if n.mode == Encoding || n.mode == Pullback || a.Classifier != nil {
		return op.FirstColumns("code", n.rows, a.CodeSize(), encoded)
	}
	n.Noise = n.matrix("noise", n.rows.Compiled, n.sampled.Compiled/n.rows.Compiled*a.CodeSize())
	return op.Reparametrise("code", n.rows, encoded, n.Noise)
}

// loss declares the penalties of an objective and the sum of them and the
// first term.
func (n *Network) loss(a Architecture, o Objective, all *Parameters, name string, first op.Loss) (err error) {
	n.Terms = []Term{{name, &op.Weight{Value: 1}, 1, first}}
	n.Loss = first.Node
	if len(o.Penalties) == 0 {
		return nil
	}
	weights, nodes := []*op.Weight{n.Terms[0].Weight}, gorgonia.Nodes{n.Loss}
	for _, p := range o.Penalties {
		if err := p.validate(a); err != nil {
			return err
		}
		if p.shapes() && n.mode != Training {
			continue
		}
		loss, err := p.loss(n, a, o, all)
		if err != nil {
			return err
		}
		term := Term{p.Term, n.weight(p), p.told(), loss}
		n.Terms = append(n.Terms, term)
		weights, nodes = append(weights, term.Weight), append(nodes, loss.Node)
	}
	n.Loss, err = op.WeightedSum("loss", weights, nodes)
	return err
}

func (n *Network) matrix(name string, rows, columns int) *gorgonia.Node {
	return gorgonia.NewMatrix(n.Graph, tensor.Float32, gorgonia.WithName(name), gorgonia.WithShape(rows, columns))
}

// layers declares a chain of layers behind x, a batch of rows, as its output is.
func (n *Network) layers(p *Parameters, layers []namedLayer, x *gorgonia.Node) (_ *gorgonia.Node, err error) {
	for _, l := range layers {
		if x, err = n.layer(p, l, x); err != nil {
			return nil, err
		}
	}
	if len(layers) == 0 {
		return x, nil
	}
	return n.rowsOf(layers[len(layers)-1].name+"/output", x)
}

// layer declares a layer behind x, a batch of rows or of images in lanes.
func (n *Network) layer(p *Parameters, l namedLayer, x *gorgonia.Node) (*gorgonia.Node, error) {
	y, err := n.units(p, l, x)
	if err != nil {
		return nil, err
	}
	if l.Pool != (Pool{}) {
		if y, err = op.Pool(l.name, n.rows, l.Pool.Window, l.Pool.Stride, l.Pool.Average, y); err != nil {
			return nil, err
		}
		n.pooled[l.name] = y
	}
	if l.Threshold > 0 {
		if y, err = op.Threshold(l.name, n.rows, l.bound(), y); err != nil {
			return nil, err
		}
	}
	if l.TopK > 0 {
		if y, err = op.TopK(l.name, n.rows, l.TopK, y); err != nil {
			return nil, err
		}
	}
	return n.dropout(l, y)
}

// units declares the units of a layer: weights, normalisation, activation.
func (n *Network) units(p *Parameters, l namedLayer, x *gorgonia.Node) (y *gorgonia.Node, err error) {
	w, err := n.parameter(p, l.weights, l.weightShape()...)
	if err != nil {
		return nil, err
	}
	if l.Spectral {
		if w, err = n.spectral(p, l, w); err != nil {
			return nil, err
		}
	}
	var gain, b *gorgonia.Node
	if l.Normalisation != NoNormalisation {
		if gain, err = n.parameter(p, l.gain(), l.Units); err != nil {
			return nil, err
		}
	}
	if !l.NoBias {
		if b, err = n.parameter(p, l.bias(), l.Units); err != nil {
			return nil, err
		}
	}
	before := b
	if gain != nil { // then the bias comes after it
		before = nil
	}
	if l.Convolutional() {
		y, err = n.convolution(l.sums(), x, w, before)
	} else if x, err = n.rowsOf(l.name, x); err == nil {
		y, err = n.affine(l.sums().linear(), x, w, before)
	}
	if err == nil && l.classes > 0 {
		y, err = n.condition(l.sums(), p, y)
	}
	if err == nil && gain != nil {
		y, err = n.normalise(p, l, y, gain, b)
	}
	n.chain = append(n.chain, op.Contracted{Activation: l.Activation, Y: y, Weights: w})
	return y, err
}

// convolution declares filters behind x, a batch of rows or of images in lanes;
// its output are images in lanes.
func (n *Network) convolution(l namedLayer, x, w, b *gorgonia.Node) (_ *gorgonia.Node, err error) {
	constant := n.constant(x)
	if images := n.laid[x]; images != nil && fits(images, l.in) {
		x = images
	}
	if x.Dims() == 2 {
		if x, err = op.FromRows(l.name, n.rows, l.in.Channels, l.in.Height, l.in.Width, constant, x); err != nil {
			return nil, err
		}
	}
	if x, err = n.unpool(l, x); err != nil {
		return nil, err
	}
	return op.Convolution(l.name, n.rows, l.Activation, l.convolution(), l.Filters.Transposed, constant, x, w, b)
}

// constant reports whether a node needs no gradient.
func (n *Network) constant(x *gorgonia.Node) bool {
	return n.mode != Pullback && (x == n.Input || x == n.encoded || x == n.Noise)
}

// rowsOf turns images in lanes into rows; rows stay what they are.
func (n *Network) rowsOf(name string, x *gorgonia.Node) (*gorgonia.Node, error) {
	if x.Dims() == 2 {
		return x, nil
	}
	rows, err := op.ToRows(name, n.rows, x)
	n.laid[rows] = x
	return rows, err
}

// fits reports whether images in lanes have a shape.
func fits(images *gorgonia.Node, s Shape) bool {
	lanes := images.Shape()
	return lanes[1] == s.Height && lanes[2] == s.Width && lanes[3] == s.Channels
}

// affine declares what a layer makes of x with its weights and bias.
func (n *Network) affine(l namedLayer, x, w, b *gorgonia.Node) (*gorgonia.Node, error) {
	if l.frames < 2 {
		return op.Affine(l.name, n.rows, l.Activation, l.transposed, n.constant(x), x, w, b)
	}
	y, err := op.FrameAffine(l.name, n.rows, l.frames, l.transposed, n.constant(x), x, w, b)
	if err != nil || l.Activation == kernel.Linear {
		return y, err
	}
	return op.Activate(l.name, n.rows, l.Activation, y)
}

// parameter declares a parameter of the given shape as an input that shares
// its tensor; a second use of it is the same node. Those of a discriminator
// that passes a gradient on do not move.
func (n *Network) parameter(all *Parameters, name string, shape ...int) (*gorgonia.Node, error) {
	if i := slices.IndexFunc(n.used, func(p Parameter) bool { return p.Name == name }); i >= 0 {
		return n.parameters[i], nil
	}
	if n.averaged && n.mode != Training && strings.HasPrefix(name, generator) {
		return n.tensor(all, averages+name, shape...)
	}
	node, err := n.tensor(all, name, shape...)
	if err != nil || n.mode != Discriminating && strings.HasPrefix(name, judge) {
		return node, err
	}
	p, _ := all.Get(name)
	n.parameters = append(n.parameters, node)
	n.used = append(n.used, p)
	return node, nil
}

// tensor declares an input that shares the tensor called name.
func (n *Network) tensor(all *Parameters, name string, shape ...int) (*gorgonia.Node, error) {
	p, ok := all.Get(name)
	if !ok {
		return nil, fmt.Errorf("%w: no parameter %q", ErrArchitecture, name)
	}
	if !p.Tensor.Shape().Eq(tensor.Shape(shape)) {
		return nil, fmt.Errorf("%w: %s has shape %v, want %v", ErrArchitecture, name, p.Shape(), shape)
	}
	return gorgonia.NewTensor(n.Graph, tensor.Float32, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...), gorgonia.WithValue(p.Tensor)), nil
}
