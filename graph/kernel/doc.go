// Package kernel is the float32 arithmetic that everything else stands on:
// matrix products, vector functions, losses with their gradients, solver
// steps, reductions and counter-based noise. It works on plain row-major
// slices and knows neither tensors nor graphs.
//
// Shapes are given by letter: B is the batch (rows), D and H are layer widths
// (columns). A slice may be longer than its shape needs; the rest is left
// alone. A slice that is too short panics, as indexing one would.
//
// Results are bit-identical for any GOMAXPROCS: work is split over rows and
// columns of results, never over a sum.
//
// Every inner function has a plain Go form, and on amd64 assembly for AVX-512
// and for AVX2 with FMA, which is generated; see Path and Use. Elementwise
// arithmetic, gradients, reductions, squared error and noise give the same bits
// on every path. Solver steps, Exp, Log1p, the activations made of them,
// CrossEntropy and the gradient of Softplus give the same bits in both
// assemblies; plain Go rounds the last bit of a solver's fused multiplication and
// addition otherwise once in a billion. Exponentials, logarithms and what is made
// of them stay within the stated number of units in the last place (ulp) of the
// exact value on every path. NaN stays NaN and infinities go to their limits.
//
// Denormal numbers are computed with as IEEE 754 has it: no code here changes
// the processor's floating-point mode, so results depend on nothing outside.
// Two rules keep slow denormals away all the same: exponentials that would be
// denormal are 0, and so are the running means of the solvers, which otherwise
// would come to rest at a denormal number and never fade away.
package kernel
