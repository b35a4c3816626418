package op_test

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/op"
)

// dissimilarity is D·(1 − SSIM) of images of one channel on one scale, in float64.
func dissimilarity(height, width int, x, y []float64) float64 {
	var window [11]float64
	var sum float64
	for k := range window {
		d := float64(k-5) / 1.5
		window[k] = math.Exp(-d * d / 2)
		sum += window[k]
	}
	var total, places float64
	for i := range height - 10 {
		for j := range width - 10 {
			var mx, my, xx, yy, xy float64
			for k := range 11 {
				for l := range 11 {
					w, a, b := window[k]*window[l]/(sum*sum), x[(i+k)*width+j+l], y[(i+k)*width+j+l]
					mx, my, xx, yy, xy = mx+w*a, my+w*b, xx+w*a*a, yy+w*b*b, xy+w*a*b
				}
			}
			total += (2*mx*my + 1e-4) * (2*(xy-mx*my) + 9e-4) / ((mx*mx + my*my + 1e-4) * (xx - mx*mx + yy - my*my + 9e-4))
			places++
		}
	}
	return float64(height*width) * (1 - total/places)
}

func TestDissimilarity(t *testing.T) {
	const height, width = 12, 13
	eachPath(t, func(t *testing.T) {
		onInput(0, 1, 0, 1, height*width, func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
			return x, must[op.Loss](t)(op.Dissimilarity("place", rows, 1, height, width, 1, x, target))
		}, func(x, target array) (array, losses) {
			l := alike(0, x.shape[0])
			for i := range l.perImage {
				from, to := i*height*width, (i+1)*height*width
				l.perImage[i] = dissimilarity(height, width, x.values[from:to], target.values[from:to])
			}
			return x, l
		}).checkLoss(t)
	})
}

func TestDissimilarityErrors(t *testing.T) {
	t.Parallel()
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
	x, y := declare(graph, "x", zeros(2, 784)), declare(graph, "y", zeros(2, 784))
	_, err := op.Dissimilarity("place", rows, 1, 28, 28, 3, x, y)
	mentions(t, err, "place: structural similarity", "3 scales", "1 to 2")
	_, err = op.Dissimilarity("place", rows, 3, 28, 28, 1, x, y)
	mentions(t, err, "want B×2352")
}
