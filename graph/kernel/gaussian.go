package kernel

// LogVarianceLimit is the limit of log-variances of a Gaussian posterior. They
// are clipped to ±LogVarianceLimit, so σ is from 0.0067 to 148. A clipped
// log-variance has a gradient only if descending it leads back below the limit.
const LogVarianceLimit = 10

// Reparametrise draws K = samples codes of each row from the posterior N(μ, σ²)
// by z = μ + σ·ε (Kingma & Welling 2014; statistics: B×2L, in each row L means,
// then L log-variances; noise ε, z: B×K×L). It writes σ to deviation (B×L).
func Reparametrise(rows, samples, size int, statistics, noise, z, deviation []float32) {
	halves(rows, size, statistics, deviation)
	Exp(deviation[:rows*size], deviation[:rows*size])
	for i := range rows {
		mean, spread := statistics[2*i*size:(2*i+1)*size], deviation[i*size:(i+1)*size]
		for sample := i * samples; sample < (i+1)*samples; sample++ {
			at := sample * size
			for j, m := range mean {
				z[at+j] = m + float32(spread[j]*noise[at+j])
			}
		}
	}
}

// ReparametriseGradient computes the gradient in the statistics (B×2L) from
// that in z (B×K×L): dμ = Σ_k r·dz and d log σ² = Σ_k r·dz·ε·σ/2, with weights
// r of the samples (B×K; nil: all 1).
func ReparametriseGradient(rows, samples, size int, statistics, noise, deviation, dz, weights, gradient []float32) {
	for i := range rows {
		means, spreads := gradient[2*i*size:(2*i+1)*size], gradient[(2*i+1)*size:(2*i+2)*size]
		clear(means)
		clear(spreads)
		for sample := i * samples; sample < (i+1)*samples; sample++ {
			weight := float32(1)
			if weights != nil {
				weight = weights[sample]
			}
			for j := range size {
				at := sample*size + j
				d := float32(weight * dz[at])
				means[j] += d
				spreads[j] += float32(d * noise[at] * deviation[i*size+j] / 2)
			}
		}
		for j, logVariance := range statistics[(2*i+1)*size : (2*i+2)*size] {
			spreads[j] = returning(logVariance, spreads[j])
		}
	}
}

// GaussianDivergence computes for each row the divergence of the posterior from
// the prior in nats,
//
//	KL(N(μ, σ²) ‖ N(0, I)) = ½ Σ_l μ_l² + σ_l² − 1 − log σ_l²,
//
// and, if gradient is not nil, scale times its gradient in the statistics
// (statistics, gradient: B×2L; loss: B). It writes σ² to variance (B×L).
func GaussianDivergence(rows, size int, scale float32, statistics, gradient, loss, variance []float32) {
	halves(rows, size, statistics, variance)
	Scale(2, variance[:rows*size])
	Exp(variance[:rows*size], variance[:rows*size])
	for i := range rows {
		var sum float64
		for j := range size {
			at, mean := i*size+j, 2*i*size+j
			m, v := statistics[mean], variance[at]
			logVariance := clamp(statistics[mean+size])
			sum += float64(float32(m*m)+v-1-logVariance) / 2
			if gradient != nil {
				gradient[mean] = scale * m
				gradient[mean+size] = returning(statistics[mean+size], scale*(v-1)/2)
			}
		}
		loss[i] = float32(sum)
	}
}

// UnitDivergences computes the divergence in nats of each value of the codes
// from its prior, averaged over the rows. variance is σ² from
// GaussianDivergence (statistics: B×2L, variance: B×L, units: L).
func UnitDivergences(rows, size int, statistics, variance []float32, units []float64) {
	clear(units[:size])
	for i := range rows {
		for j := range size {
			m, v := statistics[2*i*size+j], variance[i*size+j]
			units[j] += float64(float32(m*m)+v-1-clamp(statistics[(2*i+1)*size+j])) / 2
		}
	}
	for j := range size {
		units[j] /= float64(rows)
	}
}

// halves copies half the clipped log-variances (B×L).
func halves(rows, size int, statistics, half []float32) {
	for i := range rows {
		for j, v := range statistics[(2*i+1)*size : (2*i+2)*size] {
			half[i*size+j] = clamp(v) / 2
		}
	}
}

// clamp clips a log-variance. A NaN is kept, because a comparison with it is
// false.
func clamp(v float32) float32 {
	if v > LogVarianceLimit {
		return LogVarianceLimit
	}
	if v < -LogVarianceLimit {
		return -LogVarianceLimit
	}
	return v
}

// returning is the gradient in a log-variance, or 0 if descending it leads
// further beyond the limit.
func returning(logVariance, gradient float32) float32 {
	if logVariance > LogVarianceLimit && gradient < 0 || logVariance < -LogVarianceLimit && gradient > 0 {
		return 0
	}
	return gradient
}
