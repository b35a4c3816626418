package kernel

// ImportanceCodes draws codes of one posterior N(μ, σ²) by z = μ + σ·ε, and
// computes their importance weights for the prior N(0, I),
//
//	log p(z) − log q(z) = ½ Σ_l ε_l² + log σ_l² − z_l²
//
// (statistics: 2L, means, then log-variances; noise ε, z: B×L; logRatio: B).
// The codes equal those of Reparametrise. The sums are float64.
func ImportanceCodes(rows, size int, statistics, noise, z []float32, logRatio []float64) {
	t := &importanceTask{size: size, noise: noise[:rows*size], z: z[:rows*size], logRatio: logRatio[:rows], mean: statistics[:size]}
	t.deviation = make([]float32, size)
	halves(1, size, statistics, t.deviation)
	for _, half := range t.deviation {
		t.logDeterminant += 2 * float64(half)
	}
	Exp(t.deviation, t.deviation)
	parallel(rows, 1+lightGrain/(size+1), t)
}

type importanceTask struct {
	size            int
	noise, z        []float32
	logRatio        []float64
	mean, deviation []float32
	logDeterminant  float64 // Σ log σ²
}

func (t *importanceTask) run(lo, hi int) {
	for i := lo; i < hi; i++ {
		noise, z := t.noise[i*t.size:(i+1)*t.size], t.z[i*t.size:(i+1)*t.size]
		sum := t.logDeterminant
		for l, e := range noise {
			v := t.mean[l] + float32(t.deviation[l]*e)
			z[l] = v
			sum += float64(e)*float64(e) - float64(v)*float64(v)
		}
		t.logRatio[i] = sum / 2
	}
}
