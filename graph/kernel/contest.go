package kernel

import "math"

// A Contest is what a discriminator and the model that is to deceive it play
// for: three losses of the discriminator's logit z.
type Contest struct {
	Real      Judgement // the discriminator's, of what is real
	Generated Judgement // the discriminator's, of what the model has made
	Deceiving Judgement // the model's
}

// A Judgement is a loss of a logit, and its slope.
type Judgement func(z float64) (loss, slope float64)

// NonSaturating is the contest of probabilities σ(z) (Goodfellow 2014): the
// discriminator has their cross-entropy against real, which is 1 or, smoothed
// on one side, a little less (Salimans 2016), and against 0. The model has
// −log σ(z), whose slope does not vanish where the discriminator is sure.
func NonSaturating(real float64) Contest {
	return Contest{entropyAgainst(real), entropyAgainst(0), entropyAgainst(1)}
}

// LeastSquares is the contest of (z − real)² and z² against (z − 1)² (Mao 2017).
func LeastSquares(real float64) Contest {
	return Contest{squareFrom(real), squareFrom(0), squareFrom(1)}
}

// Hinge is the contest of max(0, 1 − z) and max(0, 1 + z) against −z (Lim & Ye
// 2017).
func Hinge() Contest { return Contest{hinge(1), hinge(-1), linear(-1)} }

// Wasserstein is the contest of −z and z against −z: the discriminator, if its
// slope is bounded, estimates the earth mover's distance (Arjovsky 2017).
func Wasserstein() Contest { return Contest{linear(-1), linear(1), linear(-1)} }

// entropyAgainst is log(1 + e^z) − t·z.
func entropyAgainst(t float64) Judgement {
	return func(z float64) (loss, slope float64) {
		e := math.Exp(-math.Abs(z))
		p := 1 / (1 + e)
		if z < 0 {
			p = e / (1 + e)
		}
		return max(z, 0) - t*z + math.Log1p(e), p - t
	}
}

func squareFrom(t float64) Judgement {
	return func(z float64) (loss, slope float64) { return (z - t) * (z - t), 2 * (z - t) }
}

func hinge(sign float64) Judgement {
	return func(z float64) (loss, slope float64) {
		if margin := 1 - sign*z; margin > 0 || margin != margin { // NaN stays
			return margin, -sign
		}
		return 0, 0
	}
}

func linear(slope float64) Judgement {
	return func(z float64) (float64, float64) { return slope * z, slope }
}

// Discriminate computes the discriminator's losses of logits of which the first
// half are of what is real and the other half of what the model has made, and
// with gradient non-nil also scale times their slopes (logits, gradient, loss,
// lost: rows, an even number). Of each pair of a half's i-th one, lost is 1 in
// both places unless the real one has the higher logit.
func (c Contest) Discriminate(rows int, scale float32, logits, gradient, loss, lost []float32) {
	half := rows / 2
	c.Real.of(half, scale, logits, gradient, loss)
	if gradient != nil {
		gradient = gradient[half:rows]
	}
	c.Generated.of(half, scale, logits[half:rows], gradient, loss[half:rows])
	for i := range half {
		lost[i] = 1
		if logits[i] > logits[half+i] {
			lost[i] = 0
		}
		lost[half+i] = lost[i]
	}
}

// Deceive computes the model's losses of logits, and with gradient non-nil also
// scale times their slopes (logits, gradient, loss: rows).
func (c Contest) Deceive(rows int, scale float32, logits, gradient, loss []float32) {
	c.Deceiving.of(rows, scale, logits, gradient, loss)
}

// of computes a loss of each logit. There is one an image, so this is plain Go.
func (j Judgement) of(rows int, scale float32, logits, gradient, loss []float32) {
	for i, z := range logits[:rows] {
		value, slope := j(float64(z))
		loss[i] = float32(value)
		if gradient != nil {
			gradient[i] = scale * float32(slope)
		}
	}
}
