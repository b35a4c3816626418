// Package op holds the operations that gaetrain adds to a Gorgonia expression
// graph. Each op fuses what belongs together, such as a matrix product, a bias
// and an activation. Each op owns its output buffer, so a run of a compiled
// program allocates nothing of the size of a batch.
//
// An op belongs to one place in one graph. A batch is either a matrix with one
// row for each image (or several consecutive rows), or a tensor of images in
// lanes, see [kernel.Images]. It is compiled for a fixed number of rows, and a
// run computes the first [Rows].Live of them. Other inputs are parameters.
//
// In the formulas, mean_B is the mean over the live rows.
package op
