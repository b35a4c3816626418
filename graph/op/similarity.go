package op

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// Dissimilarity declares mean_B D·(1 − SSIM(x̂, x)) of images of C×H×W = D values
// from 0 to 1 on a number of scales; with more than one scale it is MS-SSIM, see
// kernel.Similarity (Wang 2004; Zhao 2017 as a loss). The number of scales is from 1 to
// kernel.SimilarityScales. The target gets no gradient (prediction x̂, target x: B×D).
func Dissimilarity(name string, rows *Rows, channels, height, width, scales int, prediction, target *gorgonia.Node) (Loss, error) {
	name += ": structural similarity"
	if size := channels * height * width; len(prediction.Shape()) != 2 || prediction.Shape()[1] != size {
		return Loss{}, fmt.Errorf("%s: prediction is %v, want B×%d", name, prediction.Shape(), size)
	}
	if most := kernel.SimilarityScales(height, width); scales < 1 || scales > most {
		return Loss{}, fmt.Errorf("%s: %d scales for images of %d×%d pixels, want 1 to %d", name, scales, height, width, most)
	}
	of := kernel.NewSimilarity(channels, height, width, scales)
	return declareLoss(name, rows, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		of.Dissimilarity(l.rows.Live, scale, in[0], in[1], gradient, l.perImage)
	}, prediction, target)
}
