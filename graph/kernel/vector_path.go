package kernel

// vectorPath holds the functions of a path that are not matrix products. Slices
// are at least as long as the one that gives the length. An output may be one
// of the inputs.
type vectorPath struct {
	exp           func(dst, src []float32) // length of src
	multiply, add func(dst, a, b []float32)
	axpy          func(alpha float32, x, y []float32)
	scale         func(alpha float32, x []float32)
	scaleBytes    func(dst []float32, src []uint8) // length a multiple of 16
	round         func(dst, src []float32)         // to bfloat16, length of src

	activate [activations]func(dst, src []float32) // length of src; nil for Linear
	// gradient is ActivationGradient for columns of arrays whose rows are
	// stride values apart. rows and columns are positive, db may be nil.
	gradient [activations]func(y, dy, dz, db []float32, rows, columns, stride int)

	// Losses of one row; gradient may be nil.
	squaredError func(scale float32, prediction, target, gradient []float32) (loss float64)
	crossEntropy func(scale float32, logits, target, gradient []float32) (loss, squared float64)

	sum, sumSquares func(x []float32) float64 // in eight running sums
	finite          func(x []float32) bool

	descend            func(c *constants, w, g []float32)
	momentum, nesterov func(c *constants, w, g, velocity []float32)
	rmsProp            func(c *constants, w, g, square []float32)
	adam               func(c *constants, w, g, first, second []float32)

	// Noise, of the words from a block on.
	uniform, gaussian func(dst []float32, block uint32, c *philox)
	bernoulli         func(dst []float32, p float32, block uint32, c *philox)
}
