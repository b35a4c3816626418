package kernel

import "math"

// CausalPrior computes an autoregressive prior of the words of a code, one word after the
// other: a multi-layer perceptron that all words share sees entries of words before word p,
// and which word it is.
//
// Its sums are rounded one by one in a fixed order, and it has an exponential function of its
// own, so its results are the same bits on every processor and every path. The
// probabilities are whole numbers. A file that is compressed with them can therefore be
// decompressed on another machine (the aim of Ballé, Johnston & Minnen 2019, Integer
// Networks for Data Compression).
type CausalPrior struct {
	Others   [][]int // P×T: the words that each word sees, all before it; −1 for none
	Size     int     // D
	Codebook []float32
	Layers   []CausalLayer // with rectified linear units between them; none: all entries have the same probability
}

// CausalLayer is a fully connected layer x·W + b (weights: D×H, bias: H).
type CausalLayer struct{ Weights, Bias []float32 }

// Entries is the number of entries in the codebook, K.
func (c *CausalPrior) Entries() int { return len(c.Codebook) / c.Size }

// CausalState is the memory of one computation after the other. The zero value is ready for
// use.
type CausalState struct {
	x, y       []float32
	weights    []float64
	cumulative []uint32
}

// causalTotal is the sum of the frequencies, besides 1 for each entry.
const causalTotal = 1 << 22

// Frequencies returns the cumulative frequencies of the K entries of word p, which begin
// with 0 and end with their sum (K+1 numbers, valid until the next call). Entry k has nearly
// the probability of softmax(logits/temperature), and at least 1/(2²² + K). Indices are the
// entries of the words before p.
func (c *CausalPrior) Frequencies(s *CausalState, indices []uint16, p int, temperature float64) []uint32 {
	entries := c.Entries()
	if s.cumulative == nil {
		s.cumulative, s.weights = make([]uint32, entries+1), make([]float64, entries)
	}
	if len(c.Layers) == 0 {
		for k := range entries {
			s.cumulative[k+1] = uint32(k + 1)
		}
		return s.cumulative
	}
	logits := c.logits(s, indices, p)
	largest := logits[0]
	for _, v := range logits {
		largest = max(largest, v)
	}
	var sum float64
	for k, v := range logits {
		s.weights[k] = exactExp((float64(v) - float64(largest)) / temperature)
		sum += s.weights[k]
	}
	for k, w := range s.weights {
		s.cumulative[k+1] = s.cumulative[k] + 1 + uint32(float64(w/sum)*causalTotal)
	}
	return s.cumulative
}

// MostLikely returns the entry of word p with the largest logit, the first of several. The
// prior has layers.
func (c *CausalPrior) MostLikely(s *CausalState, indices []uint16, p int) int {
	logits := c.logits(s, indices, p)
	best := 0
	for k, v := range logits {
		if v > logits[best] {
			best = k
		}
	}
	return best
}

// logits returns the logits of word p.
func (c *CausalPrior) logits(s *CausalState, indices []uint16, p int) []float32 {
	first, others := c.Layers[0], c.Others[p]
	h := len(first.Bias)
	s.y = append(s.y[:0], first.Bias...)
	for t, other := range others {
		if other < 0 {
			continue
		}
		entry := int(indices[other]) * c.Size
		for d, v := range c.Codebook[entry : entry+c.Size] {
			addScaled(v, first.Weights[(t*c.Size+d)*h:], s.y)
		}
	}
	addScaled(1, first.Weights[(len(others)*c.Size+p)*h:], s.y)
	for _, layer := range c.Layers[1:] {
		s.x, s.y = s.y, append(s.x[:0], layer.Bias...)
		for i, v := range s.x {
			if v > 0 {
				addScaled(v, layer.Weights[i*len(layer.Bias):], s.y)
			}
		}
	}
	return s.y
}

// addScaled computes y += a·x. The conversion rounds the product, so that no compiler fuses
// it with the sum.
func addScaled(a float32, x, y []float32) {
	x = x[:len(y)]
	for len(y) >= 4 {
		y[0] += float32(a * x[0])
		y[1] += float32(a * x[1])
		y[2] += float32(a * x[2])
		y[3] += float32(a * x[3])
		x, y = x[4:], y[4:]
	}
	for i := range y {
		y[i] += float32(a * x[i])
	}
}

// exactExp is e^x for x ≤ 0, with the same bits on every processor. It is 0 below −40 and
// for NaN. The relative error is below 1e-12.
func exactExp(x float64) float64 {
	if !(x > -40) {
		return 0
	}
	const ln2High, ln2Low = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	n := math.Floor(float64(x*(1/math.Ln2)) + 0.5)
	r := (x - float64(n*ln2High)) - float64(n*ln2Low)
	sum := 1.0
	for i := 12; i >= 1; i-- { // Taylor's series of e^r for |r| ≤ ln 2/2
		sum = 1 + float64(float64(r*sum)/float64(i))
	}
	return math.Ldexp(sum, int(n))
}
