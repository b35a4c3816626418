package kernel

import "math"

// WordsCrossEntropy computes for each code the cross-entropy in nats of its P words and
// the softmax of their logits,
//
//	loss = Σ_P (log Σ_K e^z − z_index),
//
// and the number of words whose index has not the largest logit. If gradient is not
// nil, it also computes scale·∂loss/∂z (logits, gradient: BP×K; indices: B×P, whole
// numbers from 0 to K−1; loss, wrong: B).
func WordsCrossEntropy(rows, words, entries int, scale float32, logits, indices, gradient, loss, wrong []float32) {
	t := wordsLossTasks.get()
	*t = wordsLossTask{words, entries, scale, logits, indices, gradient, loss, wrong}
	parallel(rows, 1+heavyGrain/(words*entries), t)
	*t = wordsLossTask{}
	wordsLossTasks.put(t)
}

// wordsLossTask is split over codes.
type wordsLossTask struct {
	words, entries                           int
	scale                                    float32
	logits, indices, gradient, losses, wrong []float32
}

var wordsLossTasks freeList[wordsLossTask]

func (t *wordsLossTask) run(lo, hi int) {
	for i := lo; i < hi; i++ {
		var loss float64
		t.wrong[i] = 0
		for p := range t.words {
			at := i*t.words + p
			nats, right := t.word(t.logits[at*t.entries:(at+1)*t.entries], int(t.indices[at]), at)
			loss += nats
			if !right {
				t.wrong[i]++
			}
		}
		t.losses[i] = float32(loss)
	}
}

// word computes the loss of word at, and its gradient.
func (t *wordsLossTask) word(z []float32, index, at int) (nats float64, right bool) {
	const block = 256
	var scratch [block]float32
	largest, sum := largestOf(z), 0.0
	for from := 0; from < len(z); from += block {
		to := min(from+block, len(z))
		e := scratch[:to-from]
		if t.gradient != nil {
			e = t.gradient[at*t.entries+from : at*t.entries+to]
		}
		for k, v := range z[from:to] {
			e[k] = v - largest
		}
		active.exp(e, e)
		for _, v := range e {
			sum += float64(v)
		}
	}
	if t.gradient != nil {
		g := t.gradient[at*t.entries : (at+1)*t.entries]
		active.scale(t.scale/float32(sum), g)
		g[index] -= t.scale
	}
	return math.Log(sum) - float64(z[index]-largest), z[index] == largest
}

// largestOf returns the largest of some values that are not NaN. Four chains of comparisons
// take a fraction of the time of slices.Max, which also treats NaN and the sign of 0.
func largestOf(x []float32) float32 {
	a, b, c, d := x[0], x[0], x[0], x[0]
	for ; len(x) >= 4; x = x[4:] {
		if x[0] > a {
			a = x[0]
		}
		if x[1] > b {
			b = x[1]
		}
		if x[2] > c {
			c = x[2]
		}
		if x[3] > d {
			d = x[3]
		}
	}
	for _, v := range x {
		if v > a {
			a = v
		}
	}
	return max(a, b, c, d)
}
