package kernel

import "math"

// SampledDivergence computes for each of K = samples codes z = μ + σ·ε of each
// row log q(z|x) − log N(z; 0, I) in nats,
//
//	½ Σ_l z_l² − ε_l² − log σ_l².
//
// Its mean over ε is the divergence of the posterior from the prior
// (statistics: B×2L, in each row L means, then L log-variances; noise ε, z:
// B×K×L; divergence: B×K).
func SampledDivergence(rows, samples, size int, statistics, noise, z, divergence []float32) {
	for i := range rows {
		var logVariances float64
		for _, v := range statistics[(2*i+1)*size : (2*i+2)*size] {
			logVariances += float64(clamp(v))
		}
		for sample := i * samples; sample < (i+1)*samples; sample++ {
			sum := -logVariances
			for at := sample * size; at < (sample+1)*size; at++ {
				sum += float64(z[at])*float64(z[at]) - float64(noise[at])*float64(noise[at])
			}
			divergence[sample] = float32(sum / 2)
		}
	}
}

// SampledDivergenceGradient computes scale times the gradients of Σ_k
// r·divergence, with weights r of the samples (B×K) whose sum is 1 in each row:
// the gradient in z (dz: B×K×L), and that in the statistics without the part
// through z (gradient: B×2L). If through is set, the statistics of log q(z|x)
// are constants, so only z has a gradient, r·(z − ε/σ) (deviation σ: B×L).
func SampledDivergenceGradient(rows, samples, size int, scale float32, through bool, statistics, noise, z, deviation, weights, dz, gradient []float32) {
	clear(gradient[:2*rows*size])
	for i := range rows {
		for sample := i * samples; sample < (i+1)*samples; sample++ {
			weight := scale * weights[sample]
			for j := range size {
				at := sample*size + j
				slope := z[at]
				if through {
					slope -= noise[at] / deviation[i*size+j]
				}
				dz[at] = weight * slope
			}
		}
		if through {
			continue
		}
		for at := (2*i + 1) * size; at < (2*i+2)*size; at++ {
			gradient[at] = returning(statistics[at], -scale/2)
		}
	}
}

// ImportanceWeights computes, from the logarithms of K weights w in each row,
// the logarithm of their mean, log(1/K Σ_k w), and the normalised weights w/Σ_k
// w, which replace the logarithms (B×K; mean: B).
func ImportanceWeights(rows, samples int, logarithms, mean []float32) {
	for i := range rows {
		row := logarithms[i*samples : (i+1)*samples]
		largest := row[0]
		for _, v := range row {
			if v > largest || v != v {
				largest = v
			}
		}
		var sum float64
		for _, v := range row {
			sum += math.Exp(float64(v - largest))
		}
		mean[i] = float32(float64(largest) + math.Log(sum/float64(samples)))
		for k, v := range row {
			row[k] = float32(math.Exp(float64(v-largest)) / sum)
		}
	}
}

// MeanOfEach computes the mean of each row of a matrix (x: B×K; mean: B).
func MeanOfEach(rows, columns int, x, mean []float32) {
	for i := range rows {
		var sum float64
		for _, v := range x[i*columns : (i+1)*columns] {
			sum += float64(v)
		}
		mean[i] = float32(sum / float64(columns))
	}
}

// ScaleRows multiplies each row of a matrix by its own factor (x: B×D; factors:
// B).
func ScaleRows(rows, columns int, factors, x []float32) {
	t := scaleRowsTasks.get()
	*t = scaleRowsTask{columns, factors, x}
	parallel(rows, 1+lightGrain/(columns+1), t)
	*t = scaleRowsTask{}
	scaleRowsTasks.put(t)
}

type scaleRowsTask struct {
	columns    int
	factors, x []float32
}

var scaleRowsTasks freeList[scaleRowsTask]

func (t *scaleRowsTask) run(lo, hi int) {
	for i := lo; i < hi; i++ {
		active.scale(t.factors[i], t.x[i*t.columns:(i+1)*t.columns])
	}
}
