package op

import (
	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// Sparsity is a penalty on units of a code whose mean activation differs from
// Target.
type Sparsity struct {
	Target   float64   // ρ
	Momentum float64   // m, of the running mean
	Running  bool      // ρ̂ is the running mean; false: the mean of the batch
	Mean     []float32 // L, the running mean of each unit over past batches
	// Settled takes the running mean over past batches for ρ̂, so that the figure
	// of an image does not depend on its batch.
	Settled bool
}

// SparsityLoss is the loss that a Sparsity declares, and what it is made of:
// loss = divergence + momentum.
type SparsityLoss struct {
	Loss
	Divergence Loss // Σ_L KL(ρ ‖ ρ̂) in nats
	Momentum   Loss // the rest, 0 unless ρ̂ is a running mean
	// Advance updates the running mean after a run: mean ← m·mean + (1−m)·(mean of
	// the batch). A run alone leaves it as it is.
	Advance func()
}

// Declare declares Σ_L KL(ρ ‖ ρ̂) in nats (Ng 2011; code h in (0, 1): B×L).
//
// With a running mean, ρ̂ = m·mean + (1−m)·(mean of the batch). The gradient in h
// is then KL′(ρ̂)/B: that of KL(ρ ‖ E[h]), with ρ̂ as an estimate of E[h] and the
// batch as an estimate of its gradient (Hinton 2010, section 11). It lacks the
// factor 1−m by which one batch moves ρ̂, so that the strength of the penalty does
// not depend on m. The function with exactly that gradient is
//
//	KL(ρ ‖ mean) + (KL(ρ ‖ ρ̂) − KL(ρ ‖ mean)) / (1−m)
//	= KL(ρ ‖ ρ̂) + m/(1−m) · (KL(ρ ‖ ρ̂) − KL(ρ ‖ mean)),
//
// which is the loss. Its first part is the divergence, and its second part, the
// momentum, is 0 once the running mean stands still, and always for m = 0.
func (s Sparsity) Declare(name string, rows *Rows, code *gorgonia.Node) (SparsityLoss, error) {
	batch, slopes := make([]float32, len(s.Mean)), make([]float32, len(s.Mean))
	part := func() Loss { return Loss{op: &loss{base: base{rows: rows}, perImage: make([]float32, rows.Compiled)}} }
	l := SparsityLoss{Divergence: part(), Momentum: part()}
	var err error
	l.Loss, err = declareLoss(name+": sparsity", rows, func(of *loss, scale float32, in [][]float32, gradient []float32) {
		kernel.ColumnMeans(of.rows.Live, of.columns, in[0], batch)
		var total, divergence float64
		for unit := range batch {
			value, part, slope := s.unit(float64(s.Mean[unit]), float64(batch[unit]))
			slopes[unit] = scale * float32(slope)
			total, divergence = total+value, divergence+part
		}
		for i := range of.rows.Live {
			of.perImage[i] = float32(total)
			l.Divergence.op.perImage[i], l.Momentum.op.perImage[i] = float32(divergence), float32(total-divergence)
		}
		if gradient != nil {
			kernel.SetRows(of.rows.Live, slopes, gradient)
		}
	}, code)
	l.Advance = func() {
		for unit, old := range s.Mean {
			s.Mean[unit] = float32(float64(s.Momentum*float64(old)) + float64((1-s.Momentum)*float64(batch[unit])))
		}
	}
	return l, err
}

// unit is the loss of one unit, its divergence, and the slope of the loss in the
// mean of the batch.
func (s Sparsity) unit(old, batch float64) (value, divergence, slope float64) {
	past, _ := kernel.BernoulliDivergence(s.Target, old)
	if s.Settled {
		return past, past, 0
	}
	if !s.Running {
		value, slope = kernel.BernoulliDivergence(s.Target, batch)
		return value, value, slope
	}
	fresh := 1 - s.Momentum
	divergence, slope = kernel.BernoulliDivergence(s.Target, float64(s.Momentum*old)+float64(fresh*batch))
	return past + (divergence-past)/fresh, divergence, slope
}

// L1 declares mean_B Σ_L |h| (code h: B×L).
func L1(name string, rows *Rows, code *gorgonia.Node) (Loss, error) {
	return declareLoss(name+": L1", rows, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		kernel.L1(l.rows.Live, l.columns, scale, in[0], gradient, l.perImage)
	}, code)
}
