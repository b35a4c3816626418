package kernel

// Emphasis weighs the pixels of a reconstruction by what corruption has done to
// them: α of those it has hit, β of those it has left alone (Vincent 2010,
// section 3.3). The zero value stands for none: all pixels weigh 1.
type Emphasis struct {
	Corrupted float32 `json:"corrupted"` // α
	Intact    float32 `json:"intact"`    // β
}

// EmphasisedSquaredError computes, for each of the rows,
//
//	loss = Σ_d w_d·(x̂_d−x_d)², with w_d = α where hit_d is 1 and β where it is 0,
//
// squared, which is the same with w = 1, and with gradient non-nil also
// scale·∂loss/∂x̂ (prediction x̂, target x, hit, gradient: B×D; loss, squared: B).
func EmphasisedSquaredError(rows, columns int, scale float32, e Emphasis, prediction, target, hit, gradient, loss, squared []float32) {
	emphasisedLoss(rows, columns, emphasisedTask{lossTask{scale, columns, prediction, target, gradient, loss, squared, 1}, e, hit,
		func(scale float32, prediction, target, gradient []float32) (float64, float64) {
			loss := active.squaredError(scale, prediction, target, gradient)
			return loss, loss
		}})
}

// EmphasisedCrossEntropy is CrossEntropy with the pixels weighted as in
// EmphasisedSquaredError. The squared errors of the probabilities are not.
func EmphasisedCrossEntropy(rows, columns int, scale float32, e Emphasis, logits, target, hit, gradient, loss, squared []float32) {
	emphasisedLoss(rows, columns, emphasisedTask{lossTask{scale, columns, logits, target, gradient, loss, squared, 1}, e, hit,
		func(scale float32, logits, target, gradient []float32) (float64, float64) {
			return active.crossEntropy(scale, logits, target, gradient)
		}})
}

// emphasisedTask is split over rows.
type emphasisedTask struct {
	lossTask
	emphasis Emphasis
	hit      []float32
	plain    func(scale float32, prediction, target, gradient []float32) (loss, squared float64)
}

var emphasisedTasks freeList[emphasisedTask]

func emphasisedLoss(rows, columns int, content emphasisedTask) {
	n := rows * columns
	content.prediction, content.target, content.hit = content.prediction[:n], content.target[:n], content.hit[:n]
	content.loss, content.squared = content.loss[:rows], content.squared[:rows]
	if content.gradient != nil {
		content.gradient = content.gradient[:n]
	}
	t := emphasisedTasks.get()
	*t = content
	parallel(rows, 1+heavyGrain/(columns+1), t)
	emphasisedTasks.put(t)
}

func (t *emphasisedTask) run(lo, hi int) {
	p := partitions.get()
	for i := lo; i < hi; i++ {
		from, to := i*t.columns, (i+1)*t.columns
		hits := p.fill(t.hit[from:to], t.prediction[from:to], t.target[from:to])
		var front, back []float32
		if t.gradient != nil {
			front, back = p.gradient[:hits], p.gradient[hits:]
		}
		corrupted, squaredCorrupted := t.plain(t.scale*t.emphasis.Corrupted, p.prediction[:hits], p.target[:hits], front)
		intact, squaredIntact := t.plain(t.scale*t.emphasis.Intact, p.prediction[hits:], p.target[hits:], back)
		t.loss[i] = float32(float64(t.emphasis.Corrupted)*corrupted + float64(t.emphasis.Intact)*intact)
		t.squared[i] = float32(squaredCorrupted + squaredIntact)
		if t.gradient != nil {
			p.scatter(t.gradient[from:to])
		}
	}
	partitions.put(p)
}

// partition is a row with the pixels that were hit in front of the others, so
// that the plain losses can take each of the two in one piece.
type partition struct {
	from                         []int // where in the row a pixel was
	prediction, target, gradient []float32
}

var partitions freeList[partition]

// fill takes a row and returns how many of its pixels were hit.
func (p *partition) fill(hit, prediction, target []float32) (hits int) {
	if cap(p.from) < len(hit) {
		*p = partition{make([]int, len(hit)), make([]float32, len(hit)), make([]float32, len(hit)), make([]float32, len(hit))}
	}
	n := len(hit)
	p.from, p.prediction, p.target, p.gradient = p.from[:n], p.prediction[:n], p.target[:n], p.gradient[:n]
	others := n
	for i, h := range hit {
		at := hits
		if h != 0 {
			hits++
		} else {
			others--
			at = others
		}
		p.from[at], p.prediction[at], p.target[at] = i, prediction[i], target[i]
	}
	return hits
}

// scatter writes the gradient back in the order of the row.
func (p *partition) scatter(gradient []float32) {
	for at, i := range p.from {
		gradient[i] = p.gradient[at]
	}
}
