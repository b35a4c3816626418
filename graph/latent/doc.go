// Package latent declares latent codes, one kind in each file: a sample of a
// Gaussian posterior, the largest values of a code, a batch top-k dictionary, a
// quantised code, and gates of the responses to two frames.
package latent

// Names of the inputs and outputs of codes, which package trainer uses.
const (
	noise      = "noise"
	code       = "code"
	statistics = "statistics"
)
