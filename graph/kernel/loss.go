package kernel

import (
	"math"
	"slices"
)

// SquaredError computes for each prediction loss = Σ_d (x̂_d − x_d)² and, if
// gradient is not nil, scale·∂loss/∂x̂ = scale·2(x̂ − x). Each target belongs to
// samples consecutive predictions, and rows = B·samples is the number of
// predictions (prediction x̂, gradient: rows×D; target x: B×D; loss: rows).
// gradient may be prediction. Differences are float32, their squares and sums
// float64.
func SquaredError(rows, samples, columns int, scale float32, prediction, target, gradient, loss []float32) {
	lossOfRows(rows, columns, lossTask{scale, columns, prediction, target, gradient, loss, nil, samples})
}

// CrossEntropy computes for each row of logits z the Bernoulli cross-entropy in
// nats of targets x in [0, 1],
//
//	loss = Σ_d max(z_d, 0) − z_d·x_d + log(1 + e^−|z_d|),
//
// the squared error Σ_d (σ(z_d) − x_d)² of the probabilities and, if gradient is
// not nil, scale·∂loss/∂z = scale·(σ(z) − x). Each target belongs to samples
// consecutive rows (logits, gradient: rows×D; target: B×D; loss, squared: rows).
// gradient may be logits. Terms are float32, within 2 ulp; squares and sums are
// float64.
func CrossEntropy(rows, samples, columns int, scale float32, logits, target, gradient, loss, squared []float32) {
	lossOfRows(rows, columns, lossTask{scale, columns, logits, target, gradient, loss, squared[:rows], samples})
}

// lossTask is split over rows.
type lossTask struct {
	scale                        float32
	columns                      int
	prediction, target, gradient []float32
	loss, squared                []float32 // nil for SquaredError
	samples                      int       // consecutive predictions for one target
}

var lossTasks freeList[lossTask]

func lossOfRows(rows, columns int, content lossTask) {
	n := rows * columns
	content.prediction, content.target, content.loss = content.prediction[:n], content.target[:n/content.samples], content.loss[:rows]
	if content.gradient != nil {
		content.gradient = content.gradient[:n]
	}
	t := lossTasks.get()
	*t = content
	parallel(rows, 1+heavyGrain/(columns+1), t)
	lossTasks.put(t)
}

func (t *lossTask) run(lo, hi int) {
	for i := lo; i < hi; i++ {
		from, to := i*t.columns, (i+1)*t.columns
		target := t.target[i/t.samples*t.columns:][:t.columns]
		var gradient []float32
		if t.gradient != nil {
			gradient = t.gradient[from:to]
		}
		if t.squared == nil {
			t.loss[i] = float32(active.squaredError(t.scale, t.prediction[from:to], target, gradient))
			continue
		}
		loss, squared := active.crossEntropy(t.scale, t.prediction[from:to], target, gradient)
		t.loss[i], t.squared[i] = float32(loss), float32(squared)
	}
}

// SoftmaxCrossEntropy computes for each row the cross-entropy in nats of a
// label c and the softmax of logits z,
//
//	loss = log Σ_k e^z_k − z_c.
//
// wrong is 1 if another logit is at least as large as z_c, else 0. If gradient
// is not nil, it also computes scale·∂loss/∂z = scale·(softmax(z) − onehot(c))
// (logits, gradient: B×C; labels, loss, wrong: B; labels are whole numbers from
// 0 to C−1). A label out of range panics. Classes are few, so this is plain Go
// in float64 on every path.
func SoftmaxCrossEntropy(rows, classes int, scale float32, logits, labels, gradient, loss, wrong []float32) {
	for i := range rows {
		z := logits[i*classes : (i+1)*classes]
		label := int(labels[i])
		largest := slices.Max(z)
		var sum float64
		for _, v := range z {
			sum += math.Exp(float64(v - largest))
		}
		loss[i] = float32(math.Log(sum) - float64(z[label]-largest))
		wrong[i] = 0
		for k, v := range z {
			if k != label && v >= z[label] {
				wrong[i] = 1
			}
			if gradient == nil {
				continue
			}
			p := math.Exp(float64(v-largest)) / sum
			if k == label {
				p--
			}
			gradient[i*classes+k] = scale * float32(p)
		}
	}
}
