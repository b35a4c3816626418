package kernel

import "math"

// Constants of the structural similarity (Wang, Bovik, Sheikh & Simoncelli
// 2004), for values from 0 to 1.
const (
	SimilarityWindow    = 11  // side of the Gaussian window, in pixels
	similarityDeviation = 1.5 // of the window, in pixels
	similarityLuminance = 0.01 * 0.01
	similarityContrast  = 0.03 * 0.03
)

// similarityWeights are the exponents of the scales of MS-SSIM (Wang, Simoncelli
// & Bovik 2003). With fewer scales, the first ones are divided by their sum.
var similarityWeights = [...]float64{0.0448, 0.2856, 0.3001, 0.2363, 0.1333}

// MaxSimilarityScales is the largest number of scales of a Similarity.
const MaxSimilarityScales = len(similarityWeights)

// Similarity compares images of C×H×W values from 0 to 1 by their structure. With
// means m, variances s² and the covariance s_xy in a Gaussian window, each place of
// the window has
//
//	l·c = (2·m_x·m_y + C₁)/(m_x² + m_y² + C₁) · (2·s_xy + C₂)/(s_x² + s_y² + C₂).
//
// The similarity SSIM of a channel is the mean of l·c over the places of the
// window inside the image. With M > 1 scales it is MS-SSIM, Π_j v_j^w_j: the
// images of each further scale are means of 2×2 pixels, v_j is the mean of c, at
// the last scale that of l·c, and a negative mean counts as 0. The similarity of
// images is the mean of their channels.
type Similarity struct {
	channels int
	scales   []similarityScale
}

// similarityScale is one scale of a comparison. Means in windows are products of
// matrices: down·X·across.
type similarityScale struct {
	height, width int       // of an image
	rows, columns int       // of places of the window
	down, across  []float32 // rows×height, width×columns
	weight        float64
}

// NewSimilarity returns the comparison of images of C×H×W values on the given
// number of scales. SimilarityScales gives the largest number.
func NewSimilarity(channels, height, width, scales int) *Similarity {
	s := &Similarity{channels: channels}
	var sum float64
	for _, w := range similarityWeights[:scales] {
		sum += w
	}
	for j := range scales {
		rows, columns := height-SimilarityWindow+1, width-SimilarityWindow+1
		scale := similarityScale{
			height: height, width: width, rows: rows, columns: columns,
			down: make([]float32, rows*height), across: make([]float32, width*columns),
			weight: similarityWeights[j] / sum,
		}
		for k, v := range similarityProfile() {
			for i := range rows {
				scale.down[i*height+i+k] = v
			}
			for i := range columns {
				scale.across[(i+k)*columns+i] = v
			}
		}
		s.scales = append(s.scales, scale)
		height, width = height/2, width/2
	}
	return s
}

// SimilarityScales is the largest number of scales on which images of H×W pixels
// can be compared: the window fits into the image of each scale. It is 0 for
// images that are smaller than the window.
func SimilarityScales(height, width int) int {
	scales := 0
	for side := min(height, width); side >= SimilarityWindow && scales < MaxSimilarityScales; side /= 2 {
		scales++
	}
	return scales
}

// similarityProfile is one dimension of the window. Its weights sum to 1.
func similarityProfile() (profile [SimilarityWindow]float32) {
	var weights [SimilarityWindow]float64
	var sum float64
	for k := range weights {
		distance := float64(k-SimilarityWindow/2) / similarityDeviation
		weights[k] = math.Exp(-distance * distance / 2)
		sum += weights[k]
	}
	for k, w := range weights {
		profile[k] = float32(w / sum)
	}
	return profile
}

// Dissimilarity computes for each row D·(1 − SSIM(x̂, x)), where D = C·H·W, and, if
// gradient is not nil, scale times its gradient in x̂ (prediction x̂, target x,
// gradient: B×D; loss: B). gradient must not be prediction.
func (s *Similarity) Dissimilarity(rows int, scale float32, prediction, target, gradient, loss []float32) {
	size := s.channels * s.scales[0].height * s.scales[0].width
	t := similarityTasks.get()
	*t = similarityTask{s, size, scale, prediction[:rows*size], target[:rows*size], gradient, loss[:rows]}
	parallel(rows, 1, t)
	*t = similarityTask{}
	similarityTasks.put(t)
}

// similarityTask is split over images.
type similarityTask struct {
	*Similarity
	size                               int
	scale                              float32
	prediction, target, gradient, loss []float32
}

var similarityTasks freeList[similarityTask]

func (t *similarityTask) run(lo, hi int) {
	w := similarityWorks.get()
	plane := t.size / t.channels
	for i := lo; i < hi; i++ {
		var sum float64
		for c := range t.channels {
			at := i*t.size + c*plane
			var gradient []float32
			if t.gradient != nil {
				gradient = t.gradient[at:][:plane]
			}
			sum += t.plane(w, t.prediction[at:][:plane], t.target[at:][:plane], gradient)
		}
		t.loss[i] = float32(float64(t.size) * (1 - sum/float64(t.channels)))
	}
	similarityWorks.put(w)
}

// plane returns the similarity of two channels. If gradient is not nil, it gets
// −scale·D/C times the gradient of the similarity in x.
func (t *similarityTask) plane(w *similarityWork, x, y, gradient []float32) float64 {
	w.prepare(t.scales)
	product := 1.0
	for j := range t.scales {
		if j > 0 {
			halve(t.scales[j-1], x, w.x[j])
			halve(t.scales[j-1], y, w.y[j])
			x, y = w.x[j], w.y[j]
		} else {
			w.x[0], w.y[0] = x, y
		}
		w.values[j] = t.scales[j].compare(w, j, x, y, j == len(t.scales)-1, gradient != nil)
		product *= t.factor(w.values[j], t.scales[j].weight)
	}
	if gradient == nil {
		return product
	}
	outer := -float64(t.scale) * float64(t.size) / float64(t.channels)
	for j := len(t.scales) - 1; j >= 0; j-- {
		s := t.scales[j]
		to := w.gradients[j]
		if j == 0 {
			to = gradient
		}
		slope := t.slope(product, w.values[j], s.weight)
		s.back(w, j, float32(outer*slope/float64(s.rows*s.columns)), to)
		if j+1 < len(t.scales) {
			double(s, w.gradients[j+1], to)
		}
	}
	return product
}

// factor returns the factor v^w of a scale. A negative mean counts as 0 if there
// are several scales, because it has no root.
func (s *Similarity) factor(v, weight float64) float64 {
	if len(s.scales) == 1 {
		return v
	}
	return math.Pow(max(0, v), weight)
}

// slope returns the derivative of a product of factors in the mean v of a scale.
func (s *Similarity) slope(product, v, weight float64) float64 {
	switch {
	case len(s.scales) == 1:
		return 1
	case v <= 0:
		return 0
	}
	return product * weight / v
}
