package op

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// Discriminate declares the mean over the rows of a discriminator's loss in a
// contest, where the first half of the live rows are of what is real and the
// other half of what a model has made (logits: B×1). SquaredPerImage tells
// which pairs it has lost, see kernel.Contest.
func Discriminate(name string, rows *Rows, c kernel.Contest, logits *gorgonia.Node) (Loss, error) {
	return declareJudgement(name+": discrimination", rows, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		c.Discriminate(l.rows.Live, scale, in[0], gradient, l.perImage, l.squared)
	}, logits)
}

// Deceive declares the mean over the rows of a model's loss in a contest with
// a discriminator (logits: B×1).
func Deceive(name string, rows *Rows, c kernel.Contest, logits *gorgonia.Node) (Loss, error) {
	return declareJudgement(name+": deception", rows, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		c.Deceive(l.rows.Live, scale, in[0], gradient, l.perImage)
	}, logits)
}

func declareJudgement(name string, rows *Rows, compute lossFunction, logits *gorgonia.Node) (Loss, error) {
	if shape := logits.Shape(); len(shape) != 2 || shape[1] != 1 {
		return Loss{}, fmt.Errorf("%s: logits are %v, want B×1", name, shape)
	}
	return declareLoss(name, rows, compute, logits)
}
