package op

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// Decomposition is the KL divergence of Gaussian codes from the prior N(0, I), and
// the parts that it is made of (Chen, Li, Grosse & Duvenaud 2018), in nats:
//
//	KL(q(z|x) ‖ p(z)) = mutual information + total correlation + dimension-wise KL
//
// on average over images. The aggregate posterior q(z) is estimated from the batch, so
// the parts of an image depend on its batch.
type Decomposition struct {
	Loss                                             // mutual information + β·total correlation + dimension-wise KL
	MutualInformation, TotalCorrelation, DimensionKL Loss
}

// DecomposedDivergence declares the decomposition (codes: BK×L, the codes of an image
// in consecutive rows; statistics: B×2L, in each row L means, then L log-variances).
// E log q(z|x) and E log p(z) are computed in closed form, log q(z) and log q(z_l) at
// the codes. The sum of the three parts is therefore the divergence in closed form,
// and the loss is that divergence plus (β − 1) times the total correlation.
func DecomposedDivergence(name string, rows *Rows, q kernel.AggregatePosterior, beta float64, codes, statistics *gorgonia.Node) (Decomposition, error) {
	place := base{name: name + ": decomposed divergence", rows: rows}
	shape, err := place.batch("statistics", statistics.Shape())
	if err != nil {
		return Decomposition{}, err
	}
	size := shape[1] / 2
	z, err := place.shape("codes", codes.Shape(), 2)
	if err != nil {
		return Decomposition{}, err
	}
	if shape[1] != 2*size || z[1] != size || z[0] == 0 || z[0]%rows.Compiled != 0 {
		return Decomposition{}, fmt.Errorf("%s: codes are %v and statistics are %v, want BK×L and B×2L", place.name, z, shape)
	}
	d := &decomposition{q: q, beta: beta, size: size, codes: z[0] / rows.Compiled}
	in := gorgonia.Nodes{statistics, codes}
	l, err := makeLoss(place, 1, d.compute, in)
	if err != nil {
		return Decomposition{}, err
	}
	d.loss = *l
	part := func() Loss { return Loss{op: &loss{base: place, perImage: make([]float32, rows.Compiled)}} }
	d.parts = Decomposition{Loss{op: &d.loss}, part(), part(), part()}
	d.parts.Node, err = gorgonia.ApplyOp(d, in...)
	return d.parts, err
}

// decomposition is the loss of the statistics. It has a gradient in the codes too.
type decomposition struct {
	loss
	q           kernel.AggregatePosterior
	beta        float64
	size, codes int // L and K
	parts       Decomposition

	joint, marginals          []float32 // BK: log q(z) and Σ log q(z_l)
	dz, variance, dstatistics buffer
	workspace                 kernel.TotalCorrelationWork
}

func (d *decomposition) compute(l *loss, scale float32, in [][]float32, gradient []float32) {
	statistics, live, compiled := in[0], l.rows.Live, l.rows.Compiled
	if d.joint == nil {
		d.joint, d.marginals = make([]float32, compiled*d.codes), make([]float32, compiled*d.codes)
	}
	_, variance := d.variance.of(compiled, d.size)
	kernel.GaussianDivergence(live, d.size, scale, statistics, gradient, l.perImage, variance)
	var dz, dstatistics []float32
	if gradient != nil {
		_, dz = d.dz.of(compiled*d.codes, d.size)
		_, dstatistics = d.dstatistics.of(compiled, 2*d.size)
	}
	slope := scale * float32((d.beta-1)/float64(d.codes))
	d.q.TotalCorrelation(live, d.codes, d.size, slope, statistics, in[1], d.joint, d.marginals, dz, dstatistics, &d.workspace)
	if gradient != nil {
		n := live * 2 * d.size
		kernel.Add(gradient[:n], gradient[:n], dstatistics)
	}
	kernel.MeanOfEach(live, d.codes, d.joint, d.joint)
	kernel.MeanOfEach(live, d.codes, d.marginals, d.marginals)
	for i, divergence := range l.perImage[:live] {
		d.split(i, statistics[(2*i+1)*d.size:(2*i+2)*d.size], divergence)
	}
}

// split sets the parts and the loss of an image from its divergence and its
// log-variances. −E log q(z|x), the entropy of the posterior, is ½ Σ log 2πe·σ².
func (d *decomposition) split(image int, logVariances []float32, divergence float32) {
	entropy := float64(d.size) * math.Log(2*math.Pi*math.E) / 2
	for _, v := range logVariances {
		entropy += float64(min(max(v, -kernel.LogVarianceLimit), kernel.LogVarianceLimit)) / 2
	}
	information := float32(-entropy - float64(d.joint[image]))
	correlation := d.joint[image] - d.marginals[image]
	d.parts.MutualInformation.op.perImage[image] = information
	d.parts.TotalCorrelation.op.perImage[image] = correlation
	d.parts.DimensionKL.op.perImage[image] = divergence - information - correlation
	d.perImage[image] = divergence + float32((d.beta-1)*float64(correlation))
}

func (d *decomposition) DiffWRT(int) []bool { return []bool{true, true} }

func (d *decomposition) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	gradients, err := d.loss.SymDiff(in, out, grad)
	if err != nil {
		return nil, err
	}
	dz := &partGradient{base: d.derive("dz"), from: &d.dz}
	gradients[1], err = gorgonia.ApplyOp(dz, in[1], out, grad)
	return gradients, err
}

func (d *decomposition) work(int64) int64 {
	return d.batchOf(5) + 2*d.batchOf(d.codes) + d.batchOf(3*d.size) + kernel.CorrelationValues(d.rows.Compiled, d.codes, d.size)
}
