package kernel

import (
	"math"
	"math/bits"
)

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
)

// Uniform fills dst with numbers uniform in [0, 1): multiples of 2^−24.
func Uniform(dst []float32, key Key) {
	for i := range dst {
		dst[i] = unit(key.block(uint32(i / 4))[i%4])
	}
}

// Gaussian fills dst with standard normal numbers (Box & Muller 1958).
func Gaussian(dst []float32, key Key) {
	for i := range dst {
		block := key.block(uint32(i / 4))
		pair := block[i%4&^1:]
		radius := math.Sqrt(-2 * math.Log(1-float64(unit(pair[0]))))
		sin, cos := math.Sincos(2 * math.Pi * float64(unit(pair[1])))
		if i%2 == 0 {
			dst[i] = float32(radius * cos)
		} else {
			dst[i] = float32(radius * sin)
		}
	}
}

// Bernoulli fills dst with ones of probability p, and zeros.
func Bernoulli(dst []float32, p float32, key Key) {
	Uniform(dst, key)
	for i, u := range dst {
		dst[i] = 0
		if u < p {
			dst[i] = 1
		}
	}
}

func unit(word uint32) float32 { return float32(word>>8) * (1.0 / (1 << 24)) }

// block is the counter-based generator Philox4×32-10 (Salmon 2011) at counter
// (index, stream, step) under the key (seed): four random words.
func (k Key) block(index uint32) [4]uint32 {
	c := [4]uint32{index, k.Stream, uint32(k.Step), uint32(k.Step >> 32)}
	k0, k1 := uint32(k.Seed), uint32(k.Seed>>32)
	for range 10 {
		hi0, lo0 := bits.Mul32(0xD2511F53, c[0])
		hi1, lo1 := bits.Mul32(0xCD9E8D57, c[2])
		c = [4]uint32{hi1 ^ c[1] ^ k0, lo1, hi0 ^ c[3] ^ k1, lo0}
		k0 += 0x9E3779B9
		k1 += 0xBB67AE85
	}
	return c
}
