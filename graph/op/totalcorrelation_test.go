package op_test

import (
	"fmt"
	"math"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// weight is w_ij of an aggregate posterior for a batch of the given rows.
func weight(q kernel.AggregatePosterior, i, j, rows int) float64 {
	n, m := float64(max(q.Images, rows)), float64(rows-1)
	switch {
	case !q.Stratified || rows == 1:
		return 1 / float64(rows)
	case i == j:
		return 1 / n
	case j == (i+1)%rows:
		return (n - m) / (n * m)
	}
	return 1 / m
}

// logDensities computes log q(z) and Σ_l log q(z_l) of a code of image i.
func logDensities(q kernel.AggregatePosterior, z []float64, statistics array, i int) (joint, marginals float64) {
	rows, size := statistics.shape[0], statistics.shape[1]/2
	var whole float64
	each := make([]float64, size)
	for j := range rows {
		product := weight(q, i, j, rows)
		for l, v := range z {
			d, variance := v-statistics.at(j, l), math.Exp(statistics.at(j, size+l))
			density := math.Exp(-d*d/variance/2) / math.Sqrt(2*math.Pi*variance)
			product *= density
			each[l] += weight(q, i, j, rows) * density
		}
		whole += product
	}
	for _, v := range each {
		marginals += math.Log(v)
	}
	return math.Log(whole), marginals
}

// decomposed computes the loss and the parts of an image from their definitions, with
// E log q(z|x) and E log p(z) in closed form.
func decomposed(q kernel.AggregatePosterior, beta float64, z, statistics array, samples, i int) (loss, information, correlation, dimensions float64) {
	size := statistics.shape[1] / 2
	var posterior, prior float64
	for l := range size {
		mean, log := statistics.at(i, l), statistics.at(i, size+l)
		posterior -= (math.Log(2*math.Pi) + log + 1) / 2
		prior -= (math.Log(2*math.Pi) + mean*mean + math.Exp(log)) / 2
	}
	for k := range samples {
		at := (i*samples + k) * size
		joint, marginals := logDensities(q, z.values[at:at+size], statistics, i)
		information += (posterior - joint) / float64(samples)
		correlation += (joint - marginals) / float64(samples)
		dimensions += (marginals - prior) / float64(samples)
	}
	return information + beta*correlation + dimensions, information, correlation, dimensions
}

// decomposable is a decomposition of drawn codes. declared gets it, if it is not nil.
func decomposable(q kernel.AggregatePosterior, beta float64, samples int, declared *op.Decomposition) model {
	return model{
		inputs: []input{
			{name: "statistics", shape: []int{2 * boundSize}, batch: true, wrt: true, lo: -1, hi: 1},
			{name: "noise", shape: []int{samples * boundSize}, batch: true, lo: -2, hi: 2},
		},
		declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
			z := must[*gorgonia.Node](t)(op.Reparametrise("code", rows, in[0], in[1]))
			d := must[op.Decomposition](t)(op.DecomposedDivergence("kl", rows, q, beta, z, in[0]))
			if declared != nil {
				*declared = d
			}
			return must[*gorgonia.Node](t)(op.FirstColumns("mean", rows, boundSize, in[0])), d.Loss
		},
		reference: func(in []array) (array, losses) {
			z, _ := drawn(in[0], in[1], samples)
			rows := in[0].shape[0]
			mean, l := zeros(rows, boundSize), losses{make([]float64, rows), make([]float64, rows)}
			for i := range rows {
				copy(mean.values[i*boundSize:(i+1)*boundSize], in[0].values[2*i*boundSize:])
				l.perImage[i], _, _, _ = decomposed(q, beta, z, in[0], samples, i)
			}
			return mean, l
		},
	}
}

// estimators are the estimators of the aggregate posterior: of a batch, and of 40 images.
var estimators = map[string]kernel.AggregatePosterior{"mws": {}, "mss": {Stratified: true, Images: 40}}

func TestDecomposedDivergence(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for name, q := range estimators {
			for _, samples := range []int{1, 3} {
				t.Run(fmt.Sprintf("%s/%d", name, samples), func(t *testing.T) {
					m := decomposable(q, 4, samples, nil)
					m.checkBatches(t)
					m.check(t, 21, 24) // more than one block of codes
				})
			}
		}
	})
}

func TestDecompositionAllocates(t *testing.T) {
	m := decomposable(estimators["mss"], 4, 1, nil)
	c := m.compile(t, 48, m.values(48))
	c.run(t, 48)
	if got := bytesPerRun(func() { c.run(t, 48) }); got > 4096 {
		t.Errorf("%d bytes per run", got)
	}
}

// TestDecompositionParts checks each part, and that their sum is the divergence in
// closed form.
func TestDecompositionParts(t *testing.T) {
	t.Parallel()
	const rows, samples = 6, 2
	for name, q := range estimators {
		var d op.Decomposition
		m := decomposable(q, 4, samples, &d)
		in := m.values(rows)
		m.compile(t, rows, in).run(t, rows)
		z, _ := drawn(in[0], in[1], samples)
		var information, correlation, dimensions []float64
		for i := range rows {
			_, mi, tc, kl := decomposed(q, 4, z, in[0], samples, i)
			information, correlation, dimensions = append(information, mi), append(correlation, tc), append(dimensions, kl)
			sum := d.MutualInformation.PerImage()[i] + d.TotalCorrelation.PerImage()[i] + d.DimensionKL.PerImage()[i]
			near(t, name+": sum", []float32{sum}, []float64{mi + tc + kl})
		}
		near(t, name+": mutual information", d.MutualInformation.PerImage(), information)
		near(t, name+": total correlation", d.TotalCorrelation.PerImage(), correlation)
		near(t, name+": dimension-wise KL", d.DimensionKL.PerImage(), dimensions)
	}
}

func TestDecomposedDivergenceErrors(t *testing.T) {
	t.Parallel()
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
	_, err := op.DecomposedDivergence("place", rows, kernel.AggregatePosterior{}, 1, declare(graph, "z", zeros(2, 4)), declare(graph, "s", zeros(2, 6)))
	mentions(t, err, "place: decomposed divergence", "want BK×L and B×2L")
	_, err = op.DecomposedDivergence("place", rows, kernel.AggregatePosterior{}, 1, declare(graph, "y", zeros(3, 3)), declare(graph, "r", zeros(2, 6)))
	mentions(t, err, "want BK×L and B×2L")
}
