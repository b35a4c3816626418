// Package noise draws random numbers by counting, without a generator's state.
//
// An array of noise is named by a [Key]: the seed of the run, the stream, which
// says what the noise is for, and the step, which says which array of the stream
// it is. Element i depends on the key and on i alone. Noise is therefore the same
// for any batch size, order and number of threads, and a resumed run needs no
// generator state.
//
// Each stream is a constant of type [Stream] in the package that draws from it,
// declared with a number from 1 to 255 on a line of its own:
//
//	const streamDropout noise.Stream = 9
//
// Two streams must not share a number. A test of this package reads all
// declarations of the module and enforces that. The bits above the lowest eight
// are free for the owner of a stream, which can number the arrays of a step there.
package noise

import "gaetrain/graph/kernel"

// Stream says what noise is for.
type Stream uint32

// Key names one array of noise.
type Key struct {
	Seed   uint64 // of the run
	Stream Stream // what the noise is for
	Step   uint64 // which array of that stream
}

func (k Key) words() kernel.Words {
	return kernel.Words{Seed: k.Seed, Stream: uint32(k.Stream), Step: k.Step}
}

// Uniform fills dst with numbers uniform in [0, 1): multiples of 2^−24.
func Uniform(dst []float32, key Key) { kernel.FillUniform(dst, key.words()) }

// Normal fills dst with standard normal numbers, none beyond ±5.77. See
// [kernel.FillGaussian] for their error.
func Normal(dst []float32, key Key) { kernel.FillGaussian(dst, key.words()) }

// Bernoulli fills dst with ones of probability p, and zeros.
func Bernoulli(dst []float32, p float32, key Key) { kernel.FillBernoulli(dst, p, key.words()) }
