package op_test

import (
	"math"
	"math/rand/v2"

	"gaetrain/graph/kernel"
)

// array is a row-major matrix or vector of float64. Arrays made by random hold
// numbers that float32 represents exactly, so both sides of a comparison have
// equal inputs.
type array struct {
	shape  []int
	values []float64
}

func zeros(shape ...int) array {
	size := 1
	for _, n := range shape {
		size *= n
	}
	return array{shape, make([]float64, size)}
}

// random returns an array of numbers uniform in [lo, hi).
func random(rng *rand.Rand, lo, hi float64, shape ...int) array {
	a := zeros(shape...)
	for i := range a.values {
		a.values[i] = float64(float32(lo + (hi-lo)*rng.Float64()))
	}
	return a
}

func (a array) at(i, j int) float64 { return a.values[i*a.shape[1]+j] }

// rows returns the first n rows, sharing their values.
func (a array) rows(n int) array {
	return array{[]int{n, a.shape[1]}, a.values[:n*a.shape[1]]}
}

func activation(act kernel.Activation, z float64) float64 {
	const seluScale, seluAlpha = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
	below := func(alpha float64) float64 {
		if z > 0 {
			return z
		}
		return alpha * math.Expm1(z)
	}
	switch act {
	case kernel.Linear:
		return z
	case kernel.Sigmoid:
		return 1 / (1 + math.Exp(-z))
	case kernel.Tanh:
		return math.Tanh(z)
	case kernel.ReLU:
		return max(z, 0)
	case kernel.LeakyReLU:
		return max(z, 0.01*z)
	case kernel.ELU:
		return below(1)
	case kernel.Softplus:
		return math.Log1p(math.Exp(z))
	case kernel.SELU:
		return seluScale * below(seluAlpha)
	}
	panic("no reference for activation " + act.String())
}

func activate(act kernel.Activation, z array) array {
	y := zeros(z.shape...)
	for i, v := range z.values {
		y.values[i] = activation(act, v)
	}
	return y
}

func threshold(bound float64, a array) array {
	y := zeros(a.shape...)
	for i, v := range a.values {
		if math.Abs(v) > bound {
			y.values[i] = v
		}
	}
	return y
}

// affine computes act(x·W + b), or act(x·Wᵀ + b).
func affine(act kernel.Activation, transposed bool, x, w array, b []float64) array {
	to := w.shape[1]
	if transposed {
		to = w.shape[0]
	}
	z := zeros(x.shape[0], to)
	for i := range x.shape[0] {
		for j := range to {
			var sum float64
			for k := range x.shape[1] {
				if transposed {
					sum += x.at(i, k) * w.at(j, k)
				} else {
					sum += x.at(i, k) * w.at(k, j)
				}
			}
			if b != nil {
				sum += b[j]
			}
			z.values[i*to+j] = sum
		}
	}
	return activate(act, z)
}

// losses are the losses of a batch, by image.
type losses struct{ perImage, squared []float64 }

func (l losses) mean() float64 {
	var sum float64
	for _, v := range l.perImage {
		sum += v
	}
	return sum / float64(len(l.perImage))
}

func squaredError(prediction, target array) losses {
	l := losses{perImage: make([]float64, prediction.shape[0])}
	for i := range l.perImage {
		for j := range prediction.shape[1] {
			e := prediction.at(i, j) - target.at(i, j)
			l.perImage[i] += e * e
		}
	}
	l.squared = l.perImage
	return l
}

// crossEntropy is −Σ x·log σ(z) + (1−x)·log(1−σ(z)).
func crossEntropy(logits, target array) losses {
	probability := activate(kernel.Sigmoid, logits)
	l := squaredError(probability, target)
	l.perImage = make([]float64, len(l.squared))
	for i := range l.perImage {
		for j := range logits.shape[1] {
			p, x := probability.at(i, j), target.at(i, j)
			l.perImage[i] -= x*math.Log(p) + (1-x)*math.Log(1-p)
		}
	}
	return l
}

// weighted weights the pixels by the corruption mask. It computes the plain
// loss of each pixel separately.
func weighted(w kernel.PixelWeights, plain func(prediction, target array) losses, prediction, target, mask array) losses {
	rows, columns := prediction.shape[0], prediction.shape[1]
	pixel := func(a array) array { return array{[]int{rows * columns, 1}, a.values} }
	each := plain(pixel(prediction), pixel(target))
	l := losses{make([]float64, rows), make([]float64, rows)}
	for i, m := range mask.values {
		weight := float64(w.Intact)
		if m >= 1 {
			weight = float64(w.Corrupted)
		}
		l.perImage[i/columns] += weight * each.perImage[i]
		l.squared[i/columns] += each.squared[i]
	}
	return l
}

// softmaxCrossEntropy uses the integer part of a label as its class.
func softmaxCrossEntropy(logits, labels array) losses {
	rows, classes := logits.shape[0], logits.shape[1]
	l := losses{make([]float64, rows), make([]float64, rows)}
	for i := range rows {
		label := int(labels.at(i, 0))
		for k := range classes {
			l.perImage[i] += math.Exp(logits.at(i, k))
			if k != label && logits.at(i, k) >= logits.at(i, label) {
				l.squared[i] = 1
			}
		}
		l.perImage[i] = math.Log(l.perImage[i]) - logits.at(i, label)
	}
	return l
}

// slope is the central difference quotient of cost in *v.
func slope(v *float64, cost func() float64) float64 {
	const step = 1e-5
	old := *v
	*v = old + step
	above := cost()
	*v = old - step
	below := cost()
	*v = old
	return (above - below) / (2 * step)
}
