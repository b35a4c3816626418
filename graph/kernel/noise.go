package kernel

// Words identifies the random words of one array. Word i depends only on these
// three numbers and on i. Programs draw random numbers through package noise,
// which names the stream of each purpose.
type Words struct {
	Seed   uint64
	Stream uint32
	Step   uint64
}

// FillUniform fills dst with uniform numbers in [0, 1), multiples of 2^−24.
func FillUniform(dst []float32, w Words) { fill(dst, w, 0, uniform) }

// FillGaussian fills dst with standard normal numbers (Box & Muller 1958),
// within ±5.77. They are within 1e-6 of exact arithmetic on the same random
// words, and equal on every path.
func FillGaussian(dst []float32, w Words) { fill(dst, w, 0, gaussian) }

// FillBernoulli fills dst with 1 (with probability p) and 0.
func FillBernoulli(dst []float32, p float32, w Words) { fill(dst, w, p, bernoulli) }

type distribution uint8

const (
	uniform distribution = iota
	gaussian
	bernoulli
)

// philox is the common part of the random words of an array: ten pairs of round
// keys, then the stream and the two halves of the step, each repeated to fill a
// register.
type philox = [23][8]uint32

// philox writes the common part of the words to c.
func (w Words) philox(c *philox) {
	set := func(i int, word uint32) {
		for j := range c[i] {
			c[i][j] = word
		}
	}
	k0, k1 := uint32(w.Seed), uint32(w.Seed>>32)
	for round := range 10 {
		set(2*round, k0)
		set(2*round+1, k1)
		k0 += 0x9E3779B9
		k1 += 0xBB67AE85
	}
	set(20, w.Stream)
	set(21, uint32(w.Step))
	set(22, uint32(w.Step>>32))
}

func fill(dst []float32, w Words, p float32, kind distribution) {
	t := noiseTasks.get()
	w.philox(&t.c)
	t.dst, t.p, t.kind = dst, p, kind
	parallel(len(dst), heavyGrain, t)
	noiseTasks.put(t)
}

type noiseTask struct {
	c    philox
	dst  []float32
	p    float32
	kind distribution
}

var noiseTasks freeList[noiseTask]

func (t *noiseTask) run(lo, hi int) {
	dst, block := t.dst[lo:hi], uint32(lo/4)
	switch t.kind {
	case uniform:
		active.uniform(dst, block, &t.c)
	case gaussian:
		active.gaussian(dst, block, &t.c)
	case bernoulli:
		active.bernoulli(dst, t.p, block, &t.c)
	}
}
