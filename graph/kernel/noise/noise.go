// Package noise draws random numbers from counters, without the state of a
// generator.
//
// A [Key] identifies an array of random numbers: the seed of the run, the
// stream, which says what the numbers are for, and the step, which is the
// number of the array in the stream. Element i depends only on the key and on
// i. Random numbers therefore do not depend on the batch size, the order or the
// number of threads, and a resumed run needs no generator state.
//
// Each stream is a constant of type [Stream] in the package that draws from it,
// declared on a line of its own with a number from 1 to 255:
//
//	const streamDropout noise.Stream = 9
//
// Two streams must not have the same number. A test of this package reads all
// declarations of the module and checks this. The bits above the lowest eight
// are free for the package of the stream, which can number the arrays of a step
// with them.
package noise

import "gaetrain/graph/kernel"

// Stream says what random numbers are for.
type Stream uint32

// Key identifies one array of random numbers.
type Key struct {
	Seed   uint64 // of the run
	Stream Stream // what the numbers are for
	Step   uint64 // number of the array in the stream
}

func (k Key) words() kernel.Words {
	return kernel.Words{Seed: k.Seed, Stream: uint32(k.Stream), Step: k.Step}
}

// Uniform fills dst with uniform numbers in [0, 1), multiples of 2^−24.
func Uniform(dst []float32, key Key) { kernel.FillUniform(dst, key.words()) }

// Normal fills dst with standard normal numbers, within ±5.77. See
// [kernel.FillGaussian] for their accuracy.
func Normal(dst []float32, key Key) { kernel.FillGaussian(dst, key.words()) }

// Bernoulli fills dst with 1 (with probability p) and 0.
func Bernoulli(dst []float32, p float32, key Key) { kernel.FillBernoulli(dst, p, key.words()) }
