// Package kernel is the float32 arithmetic of all other packages: matrix
// products, convolutions, vector functions, losses with their gradients, solver
// steps, reductions and counter-based random numbers. It works on plain
// row-major slices and knows neither tensors nor graphs.
//
// Shapes are given by letter: B is the batch (rows), D and H are layer widths
// (columns), C and F are channels, L is the size of a code and K the number of
// samples of an image. A slice may be longer than its shape, and the rest is
// not changed. A slice that is too short panics. A function may write to an
// array that it reads if both have the same shape.
//
// Results are bit-identical for any GOMAXPROCS: work is split over rows and
// columns of results, or over parts of a sum whose number and order depend only
// on the shapes.
//
// Every inner function has a plain Go form. On amd64 it also has generated
// assembly for AVX-512 and for AVX2 with FMA. On arm64, matrix products and
// convolutions have generated assembly for NEON. See Path and Use. Elementwise
// arithmetic, gradients, reductions, SquaredError and random numbers give the
// same bits on every path. Solver steps, Exp, the activations that use it,
// CrossEntropy and the gradient of Softplus give the same bits in both
// assemblies. Plain Go rounds the last bit of a fused multiply-add in a solver
// step differently about once in a billion. On every path, exponentials and
// logarithms stay within the stated number of units in the last place (ulp) of
// the exact value. NaN stays NaN, and infinities go to their limits.
//
// Plain Go gives the same bits on amd64 and arm64. On arm64 the compiler fuses
// a product and a sum into one rounding, unless the product is converted
// explicitly. So a product that is added to something is written as
// float32(x*y), here and wherever a number of a trained model is computed. The
// exponentials and logarithms of package math may differ in the last bit of a
// float64, which changes a float32 about once in a billion.
//
// No code changes the floating-point mode of the processor. Denormal numbers
// are computed as in IEEE 754, which is slow, so two rules avoid them:
// exponentials that would be denormal are 0, and so are running means of
// solvers, which would otherwise stay at a denormal number.
package kernel
