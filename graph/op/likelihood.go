package op

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// Likelihood is a loss of predictions and images: a negative log-likelihood in
// nats, or the squared error.
type Likelihood struct {
	name string
	// rows computes the losses and squared errors of predictions. Each target
	// belongs to samples consecutive predictions. If gradient is not nil, it
	// gets scale times the gradient in the predictions.
	rows func(rows, samples, columns int, scale float32, prediction, target, gradient, loss, squared []float32)
}

// Bernoulli is the cross-entropy in nats of targets x in [0, 1] and logits z,
// Σ_D max(z, 0) − z·x + log(1 + e^−|z|).
func Bernoulli() Likelihood { return Likelihood{"cross-entropy", kernel.CrossEntropy} }

// Squared is the squared error Σ_D (x̂ − x)².
func Squared() Likelihood {
	return Likelihood{"squared error", func(rows, samples, columns int, scale float32, prediction, target, gradient, loss, squared []float32) {
		kernel.SquaredError(rows, samples, columns, scale, prediction, target, gradient, loss)
		copy(squared[:rows], loss)
	}}
}

// GaussianOf is −log N(x; x̂, V) in nats, Σ_D (x̂ − x)²/2V + ½ log 2πV. The
// slice holds the variance V > 0, which may change between runs and gets no
// gradient.
func GaussianOf(variance []float32) Likelihood {
	return Likelihood{"Gaussian", func(rows, samples, columns int, scale float32, prediction, target, gradient, loss, squared []float32) {
		v := float64(variance[0])
		kernel.SquaredError(rows, samples, columns, scale*float32(0.5/v), prediction, target, gradient, squared)
		constant := float64(float64(columns) / 2 * math.Log(2*math.Pi*v))
		for i, s := range squared[:rows] {
			loss[i] = float32(float64(s)/(2*v) + constant)
		}
	}}
}

// Loss declares mean_B mean_K of the loss of K predictions for each target
// (prediction: BK×D, the predictions of a target in consecutive rows; target:
// B×D). The target gets no gradient.
func (k Likelihood) Loss(name string, rows *Rows, prediction, target *gorgonia.Node) (Loss, error) {
	b := base{name: name + ": " + k.name, rows: rows}
	samples, err := k.samples(b, prediction, target)
	if err != nil {
		return Loss{}, err
	}
	if samples == 1 {
		return newLoss(b, 1, func(l *loss, scale float32, in [][]float32, gradient []float32) {
			k.rows(l.rows.Live, 1, l.columns, scale, in[0], in[1], gradient, l.perImage, l.squared)
		}, prediction, target)
	}
	b.name += fmt.Sprintf(", %d samples", samples)
	var losses, squaredErrors buffer // of all samples
	loss, err := newLoss(b, samples, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		_, each := losses.of(l.rows.Compiled * samples)
		_, squares := squaredErrors.of(l.rows.Compiled * samples)
		k.rows(l.rows.Live*samples, samples, l.columns, scale/float32(samples), in[0], in[1], gradient, each, squares)
		kernel.MeanOfEach(l.rows.Live, samples, each, l.perImage)
		kernel.MeanOfEach(l.rows.Live, samples, squares, l.squared)
	}, prediction, target)
	return loss.holding(2*b.batchOf(samples), err)
}

// samples returns the number of predictions for each target.
func (k Likelihood) samples(b base, prediction, target *gorgonia.Node) (int, error) {
	want, err := b.shape("target", target.Shape(), 2)
	if err != nil {
		return 0, err
	}
	got, err := b.shape("prediction", prediction.Shape(), 2)
	if err == nil && (got[1] != want[1] || got[0] < want[0] || got[0]%want[0] != 0) {
		err = fmt.Errorf("%s: prediction is %v, target is %v", b.name, got, want)
	}
	return got[0] / max(1, want[0]), err
}
