package kernel

// PixelWeights are the weights of pixels in a reconstruction loss (Vincent et
// al. 2010, section 3.3): α for pixels that the corruption has changed, β for
// the others. Recipes treat the zero value as weight 1 for all pixels; the
// functions of this package do not.
type PixelWeights struct {
	Corrupted float32 `json:"corrupted"` // α
	Intact    float32 `json:"intact"`    // β
}

// WeightedSquaredError computes for each row
//
//	loss = Σ_d w_d·(x̂_d−x_d)², with w_d = α where mask_d is 1 and β where it is 0,
//
// It also computes squared, which is the same with w = 1, and, if gradient is
// not nil, scale·∂loss/∂x̂ (prediction x̂, target x, mask, gradient: B×D; loss,
// squared: B).
func WeightedSquaredError(rows, columns int, scale float32, w PixelWeights, prediction, target, mask, gradient, loss, squared []float32) {
	weightedLoss(rows, columns, weightedTask{lossTask{scale, columns, prediction, target, gradient, loss, squared, 1}, w, mask,
		func(scale float32, prediction, target, gradient []float32) (float64, float64) {
			loss := active.squaredError(scale, prediction, target, gradient)
			return loss, loss
		}})
}

// WeightedCrossEntropy computes CrossEntropy with pixel weights as in
// WeightedSquaredError. The squared errors of the probabilities are not
// weighted.
func WeightedCrossEntropy(rows, columns int, scale float32, w PixelWeights, logits, target, mask, gradient, loss, squared []float32) {
	weightedLoss(rows, columns, weightedTask{lossTask{scale, columns, logits, target, gradient, loss, squared, 1}, w, mask,
		func(scale float32, logits, target, gradient []float32) (float64, float64) {
			return active.crossEntropy(scale, logits, target, gradient)
		}})
}

// weightedTask is split over rows.
type weightedTask struct {
	lossTask
	weights PixelWeights
	mask    []float32
	plain   func(scale float32, prediction, target, gradient []float32) (loss, squared float64)
}

var weightedTasks freeList[weightedTask]

func weightedLoss(rows, columns int, content weightedTask) {
	n := rows * columns
	content.prediction, content.target, content.mask = content.prediction[:n], content.target[:n], content.mask[:n]
	content.loss, content.squared = content.loss[:rows], content.squared[:rows]
	if content.gradient != nil {
		content.gradient = content.gradient[:n]
	}
	t := weightedTasks.get()
	*t = content
	parallel(rows, 1+heavyGrain/(columns+1), t)
	weightedTasks.put(t)
}

func (t *weightedTask) run(lo, hi int) {
	p := partitions.get()
	for i := lo; i < hi; i++ {
		from, to := i*t.columns, (i+1)*t.columns
		split := p.fill(t.mask[from:to], t.prediction[from:to], t.target[from:to])
		var front, back []float32
		if t.gradient != nil {
			front, back = p.gradient[:split], p.gradient[split:]
		}
		corrupted, squaredCorrupted := t.plain(t.scale*t.weights.Corrupted, p.prediction[:split], p.target[:split], front)
		intact, squaredIntact := t.plain(t.scale*t.weights.Intact, p.prediction[split:], p.target[split:], back)
		t.loss[i] = float32(float64(float64(t.weights.Corrupted)*corrupted) + float64(float64(t.weights.Intact)*intact))
		t.squared[i] = float32(squaredCorrupted + squaredIntact)
		if t.gradient != nil {
			p.scatter(t.gradient[from:to])
		}
	}
	partitions.put(p)
}

// partition is a row with its corrupted pixels first, so that the unweighted
// losses can be used on each of the two groups.
type partition struct {
	from                         []int // position of each pixel in the row
	prediction, target, gradient []float32
}

var partitions freeList[partition]

// fill sorts a row and returns the number of corrupted pixels.
func (p *partition) fill(mask, prediction, target []float32) (corrupted int) {
	if cap(p.from) < len(mask) {
		*p = partition{make([]int, len(mask)), make([]float32, len(mask)), make([]float32, len(mask)), make([]float32, len(mask))}
	}
	n := len(mask)
	p.from, p.prediction, p.target, p.gradient = p.from[:n], p.prediction[:n], p.target[:n], p.gradient[:n]
	others := n
	for i, changed := range mask {
		at := corrupted
		if changed != 0 {
			corrupted++
		} else {
			others--
			at = others
		}
		p.from[at], p.prediction[at], p.target[at] = i, prediction[i], target[i]
	}
	return corrupted
}

// scatter writes the gradient in the original order of the row.
func (p *partition) scatter(gradient []float32) {
	for at, i := range p.from {
		gradient[i] = p.gradient[at]
	}
}
