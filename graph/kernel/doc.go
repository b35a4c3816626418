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
package kernel
