package op

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// Marginal is the expectation of a loss over the classes of images, and what it
// is made of: reconstruction + β·divergence.
type Marginal struct {
	Loss
	Reconstruction Loss // expectation of the loss of the predictions
	Divergence     Loss // expectation of the KL divergence of the codes
}

// Classes says which classes an image may have, and with which probability.
type Classes struct {
	Logits   *gorgonia.Node // B×C, of q(y|x), for images without a label
	Labels   *gorgonia.Node // B×1, whole numbers from 0 to C−1
	Labelled *gorgonia.Node // B×1: 1 if the label of the image is known, else 0
}

// Marginal declares mean_B Σ_y q(y|x)·(loss + β·KL(q(z|x, y) ‖ N(0, I))), where
// the loss is that of the prediction for class y. A labelled image has only the
// summand of its label, with the weight 1 (Kingma et al. 2014, eqs. 6 and 7;
// prediction: BC×D and statistics: BC×2L, the C classes of an image in
// consecutive rows; target: B×D). The prediction, the statistics and the logits
// get gradients.
func (k Likelihood) Marginal(name string, rows *Rows, beta *Weight, prediction, target, statistics *gorgonia.Node, of Classes) (Marginal, error) {
	m := &marginal{likelihood: k, beta: beta}
	place := base{name: name + ": marginal, " + k.name, rows: rows}
	classes, err := k.samples(place, prediction, target)
	if err != nil {
		return Marginal{}, err
	}
	if s, logits := statistics.Shape(), of.Logits.Shape(); s[0] != prediction.Shape()[0] || s[1]%2 != 0 || logits[1] != classes {
		return Marginal{}, fmt.Errorf("%s: predictions are %v, statistics %v, logits %v; want BC×D, BC×2L, B×C", place.name, prediction.Shape(), s, logits)
	}
	in := gorgonia.Nodes{prediction, target, statistics, of.Logits, of.Labels, of.Labelled}
	l, err := makeLoss(place, classes, m.compute, in)
	if err != nil {
		return Marginal{}, err
	}
	m.loss, m.size = *l, statistics.Shape()[1]/2
	part := func() Loss { return Loss{op: &loss{base: place, perImage: make([]float32, rows.Compiled)}} }
	m.parts = Marginal{Loss: Loss{op: &m.loss}, Reconstruction: part(), Divergence: part()}
	m.parts.Reconstruction.op.squared = m.squared
	m.parts.Node, err = gorgonia.ApplyOp(m, in...)
	return m.parts, err
}

// marginal is the loss of the predictions. It has gradients in them, in the
// statistics and in the logits.
type marginal struct {
	loss
	likelihood Likelihood
	beta       *Weight
	size       int // L
	parts      Marginal
	// Of each class of each image: its weight, losses and squared error.
	weights, each, squares, divergences []float32
	dstatistics, dlogits                buffer
	variance                            buffer // work space of the divergence
}

func (m *marginal) compute(l *loss, scale float32, in [][]float32, gradient []float32) {
	live, classes, beta := l.rows.Live, l.samples, m.beta.Value
	if m.weights == nil {
		each := func() []float32 { return make([]float32, l.rows.Compiled*classes) }
		m.weights, m.each, m.squares, m.divergences = each(), each(), each(), each()
	}
	var dstatistics []float32
	if gradient != nil {
		_, dstatistics = m.dstatistics.of(l.rows.Compiled*classes, 2*m.size)
	}
	_, variance := m.variance.of(l.rows.Compiled*classes, m.size)
	kernel.ClassWeights(live, classes, in[3], in[4], in[5], m.weights)
	m.likelihood.rows(live*classes, classes, l.columns, scale, in[0], in[1], gradient, m.each, m.squares)
	kernel.GaussianDivergence(live*classes, m.size, scale*beta, in[2], dstatistics, m.divergences, variance)

	kernel.WeightedSums(live, classes, m.weights, m.squares, l.squared)
	kernel.WeightedSums(live, classes, m.weights, m.each, m.parts.Reconstruction.op.perImage)
	kernel.WeightedSums(live, classes, m.weights, m.divergences, m.parts.Divergence.op.perImage)
	for i, divergence := range m.divergences[:live*classes] {
		m.each[i] += float32(beta * divergence)
	}
	kernel.WeightedSums(live, classes, m.weights, m.each, l.perImage)
	if gradient == nil {
		return
	}
	_, dlogits := m.dlogits.of(l.rows.Compiled, classes)
	kernel.ClassWeightsGradient(live, classes, scale, m.weights, m.each, l.perImage, in[5], dlogits)
	kernel.ScaleRows(live*classes, l.columns, m.weights, gradient)
	kernel.ScaleRows(live*classes, 2*m.size, m.weights, dstatistics)
}

func (m *marginal) DiffWRT(int) []bool { return []bool{true, false, true, true, false, false} }

func (m *marginal) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	gradients, err := m.loss.SymDiff(in, out, grad)
	if err != nil {
		return nil, err
	}
	dstatistics := &partGradient{base: m.derive("dstatistics"), from: &m.dstatistics}
	if gradients[2], err = gorgonia.ApplyOp(dstatistics, in[2], out, grad); err != nil {
		return nil, err
	}
	dlogits := &partGradient{base: m.derive("dlogits"), from: &m.dlogits}
	gradients[3], err = gorgonia.ApplyOp(dlogits, in[3], out, grad)
	return gradients, err
}

// ClassDivergence declares mean_B KL(q(y|x) ‖ p(y)) in nats, where q is the
// softmax of the logits and p(y) = 1/C. A labelled image has −log p(y) = log C
// (logits: B×C; labelled: B×1, 0 or 1, without gradient).
func ClassDivergence(name string, rows *Rows, logits, labelled *gorgonia.Node) (Loss, error) {
	b := base{name: name + ": divergence of classes", rows: rows}
	if _, err := b.batch("labelled", labelled.Shape()); err != nil {
		return Loss{}, err
	}
	return newLoss(b, 1, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		kernel.ClassDivergence(l.rows.Live, l.columns, scale, in[0], in[1], gradient, l.perImage)
	}, logits, labelled)
}
