package op

import (
	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// Sparsity is a term that asks each unit of a code to be active a share Target
// of the time.
type Sparsity struct {
	Target   float64   // ρ
	Momentum float64   // m, of the running mean
	Running  bool      // ρ̂ is the running mean, else the batch's
	Mean     []float32 // L, the running mean of each unit over past batches
	// Settled takes the running mean of the past alone for ρ̂, so that no
	// image's figure depends on its batch.
	Settled bool
}

// Declare declares Σ_L KL(ρ ‖ ρ̂) in nats (Ng 2011; code h in (0, 1): B×L) and
// returns how to bring the running mean up to date after a run:
// mean ← m·mean + (1−m)·(the batch's). A run alone leaves it as it is.
//
// On a running mean, ρ̂ = m·mean + (1−m)·(the batch's), the gradient in h is
// KL′(ρ̂)/B: that of KL(ρ ‖ E[h]) with ρ̂ as estimate of E[h] and the batch as
// that of its gradient (Hinton 2010, section 11). The factor 1−m by which one
// batch moves ρ̂ is not in it, so that a weight presses as hard for any m. To
// have that gradient exactly, the term is
//
//	KL(ρ ‖ mean) + (KL(ρ ‖ ρ̂) − KL(ρ ‖ mean)) / (1−m),
//
// which is KL(ρ ‖ ρ̂) once the mean stands, and always for m = 0, the batch's.
func (s Sparsity) Declare(name string, rows *Rows, code *gorgonia.Node) (Loss, func(), error) {
	batch, slopes := make([]float32, len(s.Mean)), make([]float32, len(s.Mean))
	loss, err := declareLoss(name+": sparsity", rows, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		kernel.ColumnMeans(l.rows.Live, l.columns, in[0], batch)
		var total float64
		for unit := range batch {
			value, slope := s.unit(float64(s.Mean[unit]), float64(batch[unit]))
			slopes[unit] = scale * float32(slope)
			total += value
		}
		for i := range l.rows.Live {
			l.perImage[i] = float32(total)
		}
		if gradient != nil {
			kernel.SetRows(l.rows.Live, slopes, gradient)
		}
	}, code)
	return loss, func() {
		for unit, old := range s.Mean {
			s.Mean[unit] = float32(s.Momentum*float64(old) + (1-s.Momentum)*float64(batch[unit]))
		}
	}, err
}

// unit is the term of one unit, and its slope in the batch's mean.
func (s Sparsity) unit(old, batch float64) (value, slope float64) {
	past, _ := kernel.BernoulliDivergence(s.Target, old)
	if s.Settled {
		return past, 0
	}
	if !s.Running {
		return kernel.BernoulliDivergence(s.Target, batch)
	}
	fresh := 1 - s.Momentum
	value, slope = kernel.BernoulliDivergence(s.Target, s.Momentum*old+fresh*batch)
	return past + (value-past)/fresh, slope
}

// L1 declares mean_B Σ_L |h| (code h: B×L).
func L1(name string, rows *Rows, code *gorgonia.Node) (Loss, error) {
	return declareLoss(name+": L1", rows, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		kernel.L1(l.rows.Live, l.columns, scale, in[0], gradient, l.perImage)
	}, code)
}
