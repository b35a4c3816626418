package kernel

import "math"

// ClassWeights computes the weights of the classes of each image: the softmax of
// the logits, or 1 for the label and 0 for the others if the image is labelled
// (logits, weights: B×C; labels: B, whole numbers from 0 to C−1, which are read
// only for labelled images; labelled: B, 0 or 1).
func ClassWeights(rows, classes int, logits, labels, labelled, weights []float32) {
	for i := range rows {
		row := weights[i*classes : (i+1)*classes]
		if labelled[i] != 0 {
			clear(row)
			row[int(labels[i])] = 1
			continue
		}
		total := logSumExp(logits[i*classes : (i+1)*classes])
		for c, z := range logits[i*classes : (i+1)*classes] {
			row[c] = float32(math.Exp(float64(z) - total))
		}
	}
}

// ClassWeightsGradient computes scale times the gradient of Σ_c w·loss in the
// logits of the weights w, w·(loss − Σ_c w·loss). It is 0 for labelled images,
// whose weights are constants (weights, losses, gradient: B×C; mean: B, that
// sum; labelled: B, 0 or 1).
func ClassWeightsGradient(rows, classes int, scale float32, weights, losses, mean, labelled, gradient []float32) {
	for i := range rows {
		for at := i * classes; at < (i+1)*classes; at++ {
			gradient[at] = 0
			if labelled[i] == 0 {
				gradient[at] = scale * weights[at] * (losses[at] - mean[i])
			}
		}
	}
}

// ClassDivergence computes for each image the divergence in nats of the softmax q
// of the logits from the uniform distribution of C classes, log C + Σ_c q·log q.
// The class of a labelled image is known, so it is log C. If gradient is not nil,
// it gets scale times the gradient in the logits, q·(log q − Σ_c q·log q)
// (logits, gradient: B×C; labelled: B, 0 or 1; loss: B).
func ClassDivergence(rows, classes int, scale float32, logits, labelled, gradient, loss []float32) {
	uniform := math.Log(float64(classes))
	for i := range rows {
		row := logits[i*classes : (i+1)*classes]
		total, sum := logSumExp(row), 0.0
		if labelled[i] == 0 {
			for _, z := range row {
				log := float64(z) - total
				sum += float64(math.Exp(log) * log)
			}
		}
		loss[i] = float32(uniform + sum)
		if gradient == nil {
			continue
		}
		for c, z := range row {
			gradient[i*classes+c] = 0
			if labelled[i] == 0 {
				log := float64(z) - total
				gradient[i*classes+c] = scale * float32(math.Exp(log)*float64(log-sum))
			}
		}
	}
}

// logSumExp is log Σ_c e^z.
func logSumExp(z []float32) float64 {
	largest := z[0]
	for _, v := range z {
		if v > largest || v != v {
			largest = v
		}
	}
	var sum float64
	for _, v := range z {
		sum += math.Exp(float64(v - largest))
	}
	return float64(largest) + math.Log(sum)
}

// WeightedSums computes Σ_k w·x of each row (weights, x: B×K; sums: B).
func WeightedSums(rows, columns int, weights, x, sums []float32) {
	for i := range rows {
		var sum float64
		for at := i * columns; at < (i+1)*columns; at++ {
			sum += float64(float64(weights[at]) * float64(x[at]))
		}
		sums[i] = float32(sum)
	}
}

// RepeatRows writes each row of a matrix n times (x: B×D; y: Bn×D).
func RepeatRows(rows, n, columns int, x, y []float32) {
	for i := range rows {
		for k := i * n; k < (i+1)*n; k++ {
			copy(y[k*columns:(k+1)*columns], x[i*columns:(i+1)*columns])
		}
	}
}

// SumRepeated computes the sum of each n consecutive rows, the gradient of
// RepeatRows (dy: Bn×D; dx: B×D).
func SumRepeated(rows, n, columns int, dy, dx []float32) {
	for i := range rows {
		sum := dx[i*columns : (i+1)*columns]
		copy(sum, dy[i*n*columns:])
		for k := i*n + 1; k < (i+1)*n; k++ {
			active.add(sum, sum, dy[k*columns:(k+1)*columns])
		}
	}
}
