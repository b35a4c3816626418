package kernel

import "math"

// SquaredError computes, for each of the rows, loss = Σ_d (x̂−x)², and with
// gradient non-nil also scale·∂loss/∂x̂ = scale·2(x̂−x)
// (prediction x̂, target x, gradient: B×D; loss: B). gradient may be prediction.
func SquaredError(rows, columns int, scale float32, prediction, target, gradient, loss []float32) {
	for i := range rows {
		var sum float64
		for at := i * columns; at < (i+1)*columns; at++ {
			e := prediction[at] - target[at]
			sum += float64(e) * float64(e)
			if gradient != nil {
				gradient[at] = scale * 2 * e
			}
		}
		loss[i] = float32(sum)
	}
}

// CrossEntropy computes, for each of the rows, the Bernoulli cross-entropy in
// nats of targets x in [0, 1] under logits z,
//
//	loss = Σ_d max(z,0) − z·x + log(1+e^−|z|),
//
// the squared error Σ_d (σ(z)−x)² of the probabilities, and with gradient
// non-nil also scale·∂loss/∂z = scale·(σ(z)−x)
// (logits, target, gradient: B×D; loss, squared: B). gradient may be logits.
func CrossEntropy(rows, columns int, scale float32, logits, target, gradient, loss, squared []float32) {
	for i := range rows {
		var sum, sumSquared float64
		for at := i * columns; at < (i+1)*columns; at++ {
			z, x := float64(logits[at]), float64(target[at])
			sum += math.Max(z, 0) - z*x + math.Log1p(math.Exp(-math.Abs(z)))
			e := sigmoid(z) - x
			sumSquared += e * e
			if gradient != nil {
				gradient[at] = scale * float32(e)
			}
		}
		loss[i], squared[i] = float32(sum), float32(sumSquared)
	}
}
