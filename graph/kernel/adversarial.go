package kernel

import "math"

// AdversarialLoss is the pair of objectives of a discriminator and a generator:
// three losses of the logit z of the discriminator.
type AdversarialLoss struct {
	Real      LogitLoss // of the discriminator, on real rows
	Generated LogitLoss // of the discriminator, on generated rows
	Generator LogitLoss // of the generator, on generated rows
}

// A LogitLoss is a loss of a logit, with its slope.
type LogitLoss func(z float64) (loss, slope float64)

// NonSaturating is the loss of probabilities σ(z) (Goodfellow et al. 2014). The
// discriminator minimises their cross-entropy with the label real for real rows
// and with 0 for generated rows. The label real is 1, or a little less with
// one-sided label smoothing (Salimans et al. 2016). The generator minimises
// −log σ(z), whose slope does not vanish if the discriminator is certain.
func NonSaturating(real float64) AdversarialLoss {
	return AdversarialLoss{entropyAgainst(real), entropyAgainst(0), entropyAgainst(1)}
}

// LeastSquares is (z − real)² and z² for the discriminator, and (z − 1)² for
// the generator (Mao et al. 2017).
func LeastSquares(real float64) AdversarialLoss {
	return AdversarialLoss{squareFrom(real), squareFrom(0), squareFrom(1)}
}

// Hinge is max(0, 1 − z) and max(0, 1 + z) for the discriminator, and −z for the
// generator (Lim & Ye 2017).
func Hinge() AdversarialLoss { return AdversarialLoss{hinge(1), hinge(-1), linear(-1)} }

// Wasserstein is −z and z for the discriminator, and −z for the generator. A
// discriminator with bounded slope estimates the earth mover's distance
// (Arjovsky et al. 2017).
func Wasserstein() AdversarialLoss { return AdversarialLoss{linear(-1), linear(1), linear(-1)} }

// DensityRatio is NonSaturating(1) for the discriminator. Its logit then estimates
// log p(x)/q(x), where p is the density of real rows and q that of generated ones. The
// generator minimises −z, whose mean over generated rows estimates KL(q ‖ p) in nats
// (Kim & Mnih 2018).
func DensityRatio() AdversarialLoss {
	return AdversarialLoss{entropyAgainst(1), entropyAgainst(0), linear(-1)}
}

// entropyAgainst is log(1 + e^z) − t·z.
func entropyAgainst(t float64) LogitLoss {
	return func(z float64) (loss, slope float64) {
		e := math.Exp(-math.Abs(z))
		p := 1 / (1 + e)
		if z < 0 {
			p = e / (1 + e)
		}
		return max(z, 0) - float64(t*z) + math.Log1p(e), p - t
	}
}

func squareFrom(t float64) LogitLoss {
	return func(z float64) (loss, slope float64) { return (z - t) * (z - t), 2 * (z - t) }
}

func hinge(sign float64) LogitLoss {
	return func(z float64) (loss, slope float64) {
		if margin := 1 - sign*z; margin > 0 || margin != margin { // a NaN is kept
			return margin, -sign
		}
		return 0, 0
	}
}

func linear(slope float64) LogitLoss {
	return func(z float64) (float64, float64) { return slope * z, slope }
}

// DiscriminatorLoss computes the losses of the discriminator and, if gradient
// is not nil, scale times their slopes (logits, gradient, loss, misranked:
// rows, an even number). The first half of the logits are of real rows, the
// second half of generated rows. Logit i of one half and logit i of the other
// are a pair. misranked is 0 at both positions if the real row has the higher
// logit, else 1.
func (a AdversarialLoss) DiscriminatorLoss(rows int, scale float32, logits, gradient, loss, misranked []float32) {
	half := rows / 2
	a.Real.of(half, scale, logits, gradient, loss)
	if gradient != nil {
		gradient = gradient[half:rows]
	}
	a.Generated.of(half, scale, logits[half:rows], gradient, loss[half:rows])
	for i := range half {
		misranked[i] = 1
		if logits[i] > logits[half+i] {
			misranked[i] = 0
		}
		misranked[half+i] = misranked[i]
	}
}

// GeneratorLoss computes the losses of the generator and, if gradient is not
// nil, scale times their slopes (logits, gradient, loss: rows).
func (a AdversarialLoss) GeneratorLoss(rows int, scale float32, logits, gradient, loss []float32) {
	a.Generator.of(rows, scale, logits, gradient, loss)
}

// of computes a loss of each logit. It is plain Go, because there is only one
// logit per row.
func (l LogitLoss) of(rows int, scale float32, logits, gradient, loss []float32) {
	for i, z := range logits[:rows] {
		value, slope := l(float64(z))
		loss[i] = float32(value)
		if gradient != nil {
			gradient[i] = scale * float32(slope)
		}
	}
}
