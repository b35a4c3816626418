// Package latent holds what a code can be, one file each: a draw from a Gaussian
// posterior, gates of the responses of two frames, a quantised code.
package latent

// Names of the inputs and outputs that codes declare.
const (
	noise      = "noise"
	code       = "code"
	statistics = "statistics"
)
