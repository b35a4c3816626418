package kernel

// Key names one array of noise. Element i of an array depends on (key, i)
// alone, so noise is the same whatever the batch, the order or the number of
// threads it is made with, and a resumed run needs no generator state.
type Key struct {
	Seed   uint64 // the run's seed
	Stream uint32 // what the noise is for
	Step   uint64 // which array of that stream
}

// Streams keep the noise of different purposes apart.
const (
	StreamInitialise uint32 = iota + 1 // initial weights; the step is a hash of the name
	StreamCorrupt                      // corruption of inputs; the step is epoch and image
	StreamLatent                       // noise of Gaussian codes; the step is epoch and image
	StreamMotion                       // of second frames; the step is epoch and image
	StreamProbe                        // directions in which a Jacobian is measured; the step is direction and image
	StreamBinarise                     // of pixels that are drawn; the step is epoch and image
	StreamImportance                   // codes that an image's likelihood is estimated with; the step is the image
	StreamPrior                        // codes of the prior; the step is 0
	StreamDropout                      // masks of layers, the number of which is above the last 8 bits; the step is epoch and batch
	StreamSlice                        // directions along which two samples are compared
)

// Uniform fills dst with numbers uniform in [0, 1): multiples of 2^−24.
func Uniform(dst []float32, key Key) { fill(dst, key, 0, uniform) }

// Gaussian fills dst with standard normal numbers (Box & Muller 1958), none
// beyond ±5.77. They are within 1e-6 of what exact arithmetic would make of
// the same random words, and the same on every path.
func Gaussian(dst []float32, key Key) { fill(dst, key, 0, gaussian) }

// Bernoulli fills dst with ones of probability p, and zeros.
func Bernoulli(dst []float32, p float32, key Key) { fill(dst, key, p, bernoulli) }

type distribution uint8

const (
	uniform distribution = iota
	gaussian
	bernoulli
)

// philox is what the random words of an array have in common: ten pairs of
// round keys, then the stream and the two halves of the step, each as often as
// a register holds it.
type philox = [23][8]uint32

// philox writes the words of a key to c.
func (k Key) philox(c *philox) {
	set := func(i int, word uint32) {
		for j := range c[i] {
			c[i][j] = word
		}
	}
	k0, k1 := uint32(k.Seed), uint32(k.Seed>>32)
	for round := range 10 {
		set(2*round, k0)
		set(2*round+1, k1)
		k0 += 0x9E3779B9
		k1 += 0xBB67AE85
	}
	set(20, k.Stream)
	set(21, uint32(k.Step))
	set(22, uint32(k.Step>>32))
}

func fill(dst []float32, key Key, p float32, kind distribution) {
	t := noiseTasks.get()
	key.philox(&t.c)
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
