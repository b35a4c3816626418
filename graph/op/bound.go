package op

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// Bound is a loss of several codes for each image, and what it is made of:
// bound = reconstruction + β·divergence + gap.
type Bound struct {
	Loss
	Reconstruction Loss // mean over the codes
	Divergence     Loss // of the posterior from the prior, in closed form
	Gap            Loss // bound − (reconstruction + β·divergence): negative on average where several codes make the bound tighter
}

// Sampled holds the codes of a bound and the values that they were drawn from.
type Sampled struct {
	Codes      *gorgonia.Node // BK×L, by Reparametrise
	Statistics *gorgonia.Node // B×2L
	Noise      *gorgonia.Node // B×KL
}

// Bound declares mean_B −log(1/K Σ_k w_k), the negative importance weighted
// bound with K samples (Burda, Grosse & Salakhutdinov 2016), with
//
//	log w = −loss of the prediction − β·(log q(z|x) − log p(z))
//
// (prediction: BK×D, target: B×D). With β = 1 it is a bound of log p(x). With K
// = 1 it is then the evidence lower bound with a sampled divergence.
//
// Its gradient is Σ_k w̃·∇log w with w̃ = w/Σ_k w. If doubly is set, the
// gradient in the statistics is the doubly reparametrised one (Tucker et al.
// 2019), Σ_k w̃²·(∂log w/∂z)·∇z, in which the statistics of q are constants in
// log w. It has the same mean over the noise, and its variance does not grow
// with K.
func (k Likelihood) Bound(name string, rows *Rows, doubly bool, beta *Weight, prediction, target *gorgonia.Node, from Sampled) (Bound, error) {
	b := &bound{likelihood: k, beta: beta, doubly: doubly}
	place := base{name: name + ": bound, " + k.name, rows: rows}
	samples, err := k.samples(place, prediction, target)
	if err != nil {
		return Bound{}, err
	}
	var drawn bool
	if b.drawn, drawn = from.Codes.Op().(*reparametrise); !drawn || from.Codes.Shape()[0] != prediction.Shape()[0] {
		return Bound{}, fmt.Errorf("%s: codes are %v, predictions %v; want codes that were drawn, one for each", place.name, from.Codes.Shape(), prediction.Shape())
	}
	in := gorgonia.Nodes{prediction, target, from.Codes, from.Statistics, from.Noise}
	l, err := makeLoss(place, samples, b.compute, in)
	if err != nil {
		return Bound{}, err
	}
	b.loss, b.size = *l, from.Codes.Shape()[1]
	part := func() Loss { return Loss{op: &loss{base: place, perImage: make([]float32, rows.Compiled)}} }
	b.parts = Bound{Loss: Loss{op: &b.loss}, Reconstruction: part(), Divergence: part(), Gap: part()}
	b.parts.Reconstruction.op.squared = b.squared
	b.parts.Node, err = gorgonia.ApplyOp(b, in...)
	return b.parts, err
}

// bound is the loss of the predictions. It has gradients in them, in the codes
// and in the statistics.
type bound struct {
	loss
	likelihood Likelihood
	beta       *Weight
	doubly     bool
	size       int // L
	drawn      *reparametrise
	parts      Bound
	// Of each code: w̃ (at first log w), the loss and the squared error.
	weights, each, squares []float32
	dz, dstatistics        buffer
	variance               buffer // work space of the divergence
}

func (b *bound) compute(l *loss, scale float32, in [][]float32, gradient []float32) {
	z, statistics, noise := in[2], in[3], in[4]
	live, k := l.rows.Live, l.samples
	if b.weights == nil {
		each := func() []float32 { return make([]float32, l.rows.Compiled*k) }
		b.weights, b.each, b.squares = each(), each(), each()
		if b.doubly {
			b.drawn.weights = b.weights
		}
	}
	b.likelihood.rows(live*k, k, l.columns, scale, in[0], in[1], gradient, b.each, b.squares)
	kernel.MeanOfEach(live, k, b.each, b.parts.Reconstruction.op.perImage)
	kernel.MeanOfEach(live, k, b.squares, l.squared)

	kernel.SampledDivergence(live, k, b.size, statistics, noise, z, b.weights)
	for i, loss := range b.each[:live*k] {
		b.weights[i] = -loss - float32(b.beta.Value*b.weights[i])
	}
	kernel.ImportanceWeights(live, k, b.weights, l.perImage)
	_, variance := b.variance.of(l.rows.Compiled, b.size)
	divergence := b.parts.Divergence.op.perImage
	kernel.GaussianDivergence(live, b.size, 1, statistics, nil, divergence, variance)
	for i := range live {
		l.perImage[i] = -l.perImage[i]
		b.parts.Gap.op.perImage[i] = l.perImage[i] - b.parts.Reconstruction.op.perImage[i] - float32(b.beta.Value*divergence[i])
	}
	if gradient == nil {
		return
	}
	kernel.ScaleRows(live*k, l.columns, b.weights, gradient)
	_, deviation := b.drawn.deviation.of(l.rows.Compiled, b.size)
	_, dz := b.dz.of(l.rows.Compiled*k, b.size)
	_, dstatistics := b.dstatistics.of(l.rows.Compiled, 2*b.size)
	kernel.SampledDivergenceGradient(live, k, b.size, scale*b.beta.Value, b.doubly, statistics, noise, z, deviation, b.weights, dz, dstatistics)
}

func (b *bound) DiffWRT(int) []bool { return []bool{true, false, true, true, false} }

func (b *bound) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	gradients, err := b.loss.SymDiff(in, out, grad)
	if err != nil {
		return nil, err
	}
	dz := &partGradient{base: b.derive("dz"), from: &b.dz}
	if gradients[2], err = gorgonia.ApplyOp(dz, in[2], out, grad); err != nil {
		return nil, err
	}
	dstatistics := &partGradient{base: b.derive("dstatistics"), from: &b.dstatistics}
	gradients[3], err = gorgonia.ApplyOp(dstatistics, in[3], out, grad)
	return gradients, err
}

// partGradient multiplies a further gradient of a loss by the gradient of the
// loss itself.
type partGradient struct {
	base
	from *buffer
}

func (g *partGradient) Arity() int { return 3 }

func (g *partGradient) Type() hm.Type {
	return hm.NewFnType(matrix(), scalar(), scalar(), matrix())
}

func (g *partGradient) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return shapeOf(in[0])
}

func (g *partGradient) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer g.end(&err)
	if weight := *in[2].(*gorgonia.F32); weight != 1 {
		shape := g.from.dense.Shape()
		kernel.Scale(float32(weight), g.from.dense.Float32s()[:shape[0]/g.rows.Compiled*g.rows.Live*shape[1]])
	}
	return g.from.dense, nil
}
