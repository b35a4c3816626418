package kernel

// LogVarianceLimit bounds the log-variances of a Gaussian posterior on either
// side, so that σ is from 0.0067 to 148: beyond it they count as the limit, and
// have the gradient there where descending it leads back, none where it leads
// further away.
const LogVarianceLimit = 10

// Reparametrise draws codes of the posterior N(μ, σ²) by z = μ + σ·ε (Kingma &
// Welling 2014; statistics: B×2L, in each row L means, then L log-variances;
// noise ε, z: B×L). It leaves σ in deviation (B×L).
func Reparametrise(rows, size int, statistics, noise, z, deviation []float32) {
	halves(rows, size, statistics, deviation)
	Exp(deviation[:rows*size], deviation[:rows*size])
	for i := range rows {
		mean := statistics[2*i*size : (2*i+1)*size]
		for j, m := range mean {
			at := i*size + j
			z[at] = m + deviation[at]*noise[at]
		}
	}
}

// ReparametriseGradient computes the gradient in the statistics (B×2L) from
// that in z (B×L): dμ = dz, d log σ² = dz·ε·σ/2.
func ReparametriseGradient(rows, size int, statistics, noise, deviation, dz, gradient []float32) {
	for i := range rows {
		for j := range size {
			at, mean := i*size+j, 2*i*size+j
			gradient[mean] = dz[at]
			gradient[mean+size] = returning(statistics[mean+size], dz[at]*noise[at]*deviation[at]/2)
		}
	}
}

// GaussianDivergence computes, for each of the rows, the divergence of the
// posterior from the prior in nats,
//
//	KL(N(μ, σ²) ‖ N(0, I)) = ½ Σ_l μ² + σ² − 1 − log σ²,
//
// and with gradient non-nil also scale times its gradient in the statistics
// (statistics, gradient: B×2L; loss: B; variance: B×L, overwritten).
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
			sum += float64(m*m+v-1-logVariance) / 2
			if gradient != nil {
				gradient[mean] = scale * m
				gradient[mean+size] = returning(statistics[mean+size], scale*(v-1)/2)
			}
		}
		loss[i] = float32(sum)
	}
}

// halves gathers half the clamped log-variances: B×L.
func halves(rows, size int, statistics, half []float32) {
	for i := range rows {
		for j, v := range statistics[(2*i+1)*size : (2*i+2)*size] {
			half[i*size+j] = clamp(v) / 2
		}
	}
}

// clamp keeps NaN: a comparison with it is false.
func clamp(v float32) float32 {
	if v > LogVarianceLimit {
		return LogVarianceLimit
	}
	if v < -LogVarianceLimit {
		return -LogVarianceLimit
	}
	return v
}

// returning is the gradient in a log-variance, or 0 where descending it leads
// further beyond the limit.
func returning(logVariance, gradient float32) float32 {
	if logVariance > LogVarianceLimit && gradient < 0 || logVariance < -LogVarianceLimit && gradient > 0 {
		return 0
	}
	return gradient
}
