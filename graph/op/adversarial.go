package op

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// DiscriminatorLoss declares the mean loss of a discriminator (logits: 2B×1).
// The first half of the live rows are logits of real images, the second half of
// generated images. For SquaredPerImage see the argument misranked of
// [kernel.AdversarialLoss.DiscriminatorLoss].
func DiscriminatorLoss(name string, rows *Rows, a kernel.AdversarialLoss, logits *gorgonia.Node) (Loss, error) {
	if rows.Compiled%2 != 0 {
		return Loss{}, fmt.Errorf("%s: compiled for %d rows, want an even number", name, rows.Compiled)
	}
	return declareLogitLoss(name+": discriminator loss", rows, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		a.DiscriminatorLoss(l.rows.Live, scale, in[0], gradient, l.perImage, l.squared)
	}, logits)
}

// GeneratorLoss declares the mean loss of a generator (logits of the
// discriminator for generated images: B×1).
func GeneratorLoss(name string, rows *Rows, a kernel.AdversarialLoss, logits *gorgonia.Node) (Loss, error) {
	return declareLogitLoss(name+": adversarial loss", rows, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		a.GeneratorLoss(l.rows.Live, scale, in[0], gradient, l.perImage)
	}, logits)
}

func declareLogitLoss(name string, rows *Rows, compute lossFunction, logits *gorgonia.Node) (Loss, error) {
	if shape := logits.Shape(); len(shape) != 2 || shape[1] != 1 {
		return Loss{}, fmt.Errorf("%s: logits are %v, want B×1", name, shape)
	}
	return declareLoss(name, rows, compute, logits)
}
