package op_test

import (
	"fmt"
	"math"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
	"gaetrain/graph/op"
)

const boundSize, boundPixels = 3, 5 // L and D of the test models

// drawn computes the codes z of all samples, and their standard deviations.
func drawn(statistics, noise array, samples int) (z, deviation array) {
	z, deviation = zeros(statistics.shape[0]*samples, boundSize), zeros(statistics.shape[0], boundSize)
	for i := range statistics.shape[0] {
		for j := range boundSize {
			sigma := math.Exp(statistics.at(i, j+boundSize) / 2)
			deviation.values[i*boundSize+j] = sigma
			for k := range samples {
				z.values[(i*samples+k)*boundSize+j] = statistics.at(i, j) + sigma*noise.at(i, k*boundSize+j)
			}
		}
	}
	return z, deviation
}

// repeated repeats each row once for each sample.
func repeated(a array, samples int) array {
	r := zeros(a.shape[0]*samples, a.shape[1])
	for i := range r.values {
		r.values[i] = a.at(i/a.shape[1]/samples, i%a.shape[1])
	}
	return r
}

// gaussianLoss is −log N(x; x̂, v).
func gaussianLoss(v float64) func(prediction, target array) losses {
	return func(prediction, target array) losses {
		l := squaredError(prediction, target)
		squared := l.squared
		l = losses{make([]float64, len(squared)), squared}
		for i, s := range squared {
			l.perImage[i] = s/2/v + float64(prediction.shape[1])/2*math.Log(2*math.Pi*v)
		}
		return l
	}
}

// likelihoods are the likelihoods with their references.
var likelihoods = map[string]struct {
	op.Likelihood
	reference func(prediction, target array) losses
}{
	"bernoulli": {op.Bernoulli(), crossEntropy},
	"squared":   {op.Squared(), squaredError},
	"gaussian":  {op.GaussianOf([]float32{0.25}), gaussianLoss(0.25)},
}

// decoded is a linear decoder of several codes for each image. declare declares
// the loss of its output.
func decoded(samples int, declare func(t *testing.T, rows *op.Rows, prediction, target *gorgonia.Node, from op.Sampled) op.Loss,
	reference func(prediction, target, z, statistics, noise array) losses) model {
	return model{
		inputs: []input{
			{name: "statistics", shape: []int{2 * boundSize}, batch: true, wrt: true, lo: -1, hi: 1},
			{name: "noise", shape: []int{samples * boundSize}, batch: true, lo: -2, hi: 2},
			{name: "weights", shape: []int{boundSize, boundPixels}, wrt: true, lo: -1, hi: 1},
			{name: "target", shape: []int{boundPixels}, batch: true, lo: 0, hi: 1},
		},
		declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
			node := must[*gorgonia.Node](t)
			z := node(op.Reparametrise("code", rows, in[0], in[1]))
			prediction := node(op.Affine("decoder", rows.Several(samples), kernel.Linear, false, false, z, in[2], nil))
			mean := node(op.FirstColumns("mean", rows, boundSize, in[0]))
			return mean, declare(t, rows, prediction, in[3], op.Sampled{Codes: z, Statistics: in[0], Noise: in[1]})
		},
		reference: func(in []array) (array, losses) {
			z, _ := drawn(in[0], in[1], samples)
			mean := zeros(in[0].shape[0], boundSize)
			for i := range mean.values {
				mean.values[i] = in[0].at(i/boundSize, i%boundSize)
			}
			return mean, reference(affine(kernel.Linear, false, z, in[2], nil), in[3], z, in[0], in[1])
		},
	}
}

// TestSampledLoss compares the mean loss of several codes for each image with
// its reference.
func TestSampledLoss(t *testing.T) {
	t.Parallel()
	for name, likelihood := range likelihoods {
		for _, samples := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", name, samples), func(t *testing.T) {
				decoded(samples, func(t *testing.T, rows *op.Rows, prediction, target *gorgonia.Node, _ op.Sampled) op.Loss {
					return must[op.Loss](t)(likelihood.Loss("loss", rows, prediction, target))
				}, func(prediction, target, _, _, _ array) losses {
					return means(likelihood.reference(prediction, repeated(target, samples)), samples)
				}).checkBatches(t)
			})
		}
	}
}

// means averages losses over the samples of each image.
func means(each losses, samples int) losses {
	l := losses{make([]float64, len(each.perImage)/samples), make([]float64, len(each.perImage)/samples)}
	for i, v := range each.perImage {
		l.perImage[i/samples] += v / float64(samples)
		l.squared[i/samples] += each.squared[i] / float64(samples)
	}
	return l
}

// logWeights computes −loss − β(log q(z|x) − log p(z)) of each code from the
// densities.
func logWeights(beta float64, loss []float64, z, statistics array, samples int) []float64 {
	logs := make([]float64, len(loss))
	for row := range logs {
		for j := range boundSize {
			m, v, at := statistics.at(row/samples, j), statistics.at(row/samples, j+boundSize), z.at(row, j)
			logs[row] -= beta * ((at*at-(at-m)*(at-m)/math.Exp(v))/2 - v/2)
		}
		logs[row] -= loss[row]
	}
	return logs
}

func boundModel(samples int, beta float64, doubly bool, likelihood op.Likelihood, reference func(prediction, target array) losses) model {
	return decoded(samples, func(t *testing.T, rows *op.Rows, prediction, target *gorgonia.Node, from op.Sampled) op.Loss {
		return must[op.Bound](t)(likelihood.Bound("loss", rows, doubly, &op.Weight{Value: float32(beta)}, prediction, target, from)).Loss
	}, func(prediction, target, z, statistics, _ array) losses {
		each := reference(prediction, repeated(target, samples))
		l := means(each, samples)
		clear(l.perImage)
		for row, v := range logWeights(beta, each.perImage, z, statistics, samples) {
			l.perImage[row/samples] += math.Exp(v) / float64(samples)
		}
		for i, v := range l.perImage {
			l.perImage[i] = -math.Log(v)
		}
		return l
	})
}

func TestBound(t *testing.T) {
	t.Parallel()
	for name, likelihood := range likelihoods {
		for _, samples := range []int{1, 2, 5} {
			for _, beta := range []float64{1, 0.5} {
				t.Run(fmt.Sprintf("%s/%d/%g", name, samples, beta), func(t *testing.T) {
					boundModel(samples, beta, false, likelihood.Likelihood, likelihood.reference).checkBatches(t)
				})
			}
		}
	}
}

// TestBoundParts checks that the parts add up to the bound. With one sample the
// bound is the evidence lower bound with a sampled divergence.
func TestBoundParts(t *testing.T) {
	t.Parallel()
	for _, samples := range []int{1, 4} {
		var parts op.Bound
		m := decoded(samples, func(t *testing.T, rows *op.Rows, prediction, target *gorgonia.Node, from op.Sampled) op.Loss {
			parts = must[op.Bound](t)(op.Bernoulli().Bound("loss", rows, false, &op.Weight{Value: 1}, prediction, target, from))
			return parts.Loss
		}, nil)
		in := m.values(6)
		m.compile(t, 6, in).run(t, 6)
		z, _ := drawn(in[0], in[1], samples)
		each := crossEntropy(affine(kernel.Linear, false, z, in[2], nil), repeated(in[3], samples))
		near(t, "reconstruction", parts.Reconstruction.PerImage(), means(each, samples).perImage)
		near(t, "squared error", parts.Reconstruction.SquaredPerImage(), means(each, samples).squared)
		var sum, sampled []float64
		for i, v := range parts.Reconstruction.PerImage() {
			var divergence float64
			for j := range boundSize {
				mean, logVariance := in[0].at(i, j), in[0].at(i, j+boundSize)
				divergence += (mean*mean + math.Exp(logVariance) - 1 - logVariance) / 2
			}
			near(t, "divergence", parts.Divergence.PerImage()[i:i+1], []float64{divergence})
			sum = append(sum, float64(v)+float64(parts.Divergence.PerImage()[i])+float64(parts.Gap.PerImage()[i]))
		}
		near(t, "bound", parts.PerImage(), sum)
		if samples > 1 {
			continue
		}
		for _, v := range logWeights(1, each.perImage, z, in[0], 1) {
			sampled = append(sampled, -v)
		}
		near(t, "bound of one sample", parts.PerImage(), sampled)
	}
}

// TestDoublyReparametrised compares the gradient in the statistics with finite
// differences of Σ w̃²·log w, with w̃ and the statistics of q constant, and the
// gradient in the weights with the plain one.
func TestDoublyReparametrised(t *testing.T) {
	t.Parallel()
	const samples, rows = 4, 5
	plain, m := boundModel(samples, 1, false, op.Bernoulli(), crossEntropy), boundModel(samples, 1, true, op.Bernoulli(), crossEntropy)
	in := m.values(rows)
	c := m.compile(t, rows, in)
	c.run(t, rows)
	p := plain.compile(t, rows, in)
	p.run(t, rows)
	same(t, "loss", c.loss.PerImage(), p.loss.PerImage())
	same(t, "gradient of the weights", c.gradient(m, 2), p.gradient(plain, 2))

	still := array{in[0].shape, append([]float64(nil), in[0].values...)}
	logs := func() []float64 {
		z, _ := drawn(in[0], in[1], samples)
		each := crossEntropy(affine(kernel.Linear, false, z, in[2], nil), repeated(in[3], samples))
		return logWeights(1, each.perImage, z, still, samples)
	}
	squares := logs()
	for i := 0; i < len(squares); i += samples {
		var sum float64
		for k := range samples {
			sum += math.Exp(squares[i+k])
		}
		for k := range samples {
			squares[i+k] = math.Pow(math.Exp(squares[i+k])/sum, 2)
		}
	}
	var want []float64
	for i := range in[0].values {
		want = append(want, slope(&in[0].values[i], func() (cost float64) {
			for row, v := range logs() {
				cost -= squares[row] * v / rows
			}
			return cost
		}))
	}
	near(t, "gradient of the statistics", c.gradient(m, 0), want)
}

// TestDoublyReparametrisedMean checks that both gradients have the same mean
// over the noise, and that the doubly reparametrised one has the smaller
// variance.
func TestDoublyReparametrisedMean(t *testing.T) {
	t.Parallel()
	const samples, rows = 8, 20000
	var means, variances [2][2 * boundSize]float64
	for doubly := range 2 {
		m := boundModel(samples, 1, doubly == 1, op.Bernoulli(), crossEntropy)
		in := m.values(rows)
		for i := range in[0].values { // repeat one image
			in[0].values[i] = in[0].values[i%(2*boundSize)]
		}
		for i := range in[3].values {
			in[3].values[i] = in[3].values[i%boundPixels]
		}
		normals := make([]float32, len(in[1].values))
		noise.Normal(normals, noise.Key{Seed: 5})
		for i, v := range normals {
			in[1].values[i] = float64(v)
		}
		c := m.compile(t, rows, in)
		c.run(t, rows)
		for i, g := range c.gradient(m, 0) {
			v := float64(g) * rows
			means[doubly][i%(2*boundSize)] += v / rows
			variances[doubly][i%(2*boundSize)] += v * v / rows
		}
		for j, mean := range means[doubly] {
			variances[doubly][j] -= mean * mean
		}
	}
	for j := range means[0] {
		deviation := math.Sqrt((variances[0][j] + variances[1][j]) / rows)
		if math.Abs(means[0][j]-means[1][j]) > 4.5*deviation {
			t.Errorf("statistic %d: mean gradients %g and %g, standard error %g", j, means[0][j], means[1][j], deviation)
		}
	}
	if variances[1][0] >= variances[0][0] {
		t.Errorf("variances of the gradient in a mean: plain %g, doubly reparametrised %g", variances[0][0], variances[1][0])
	}
}
