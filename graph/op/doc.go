// Package op holds the operations that gaetrain puts on a Gorgonia expression
// graph. Every op owns its output buffer, which lives as long as the op does,
// so that a step of a compiled program allocates nothing of the size of a
// batch; and every op fuses what belongs together.
//
// An op is made for one place in one graph. Its inputs are matrices with the
// batch along the rows, compiled for a fixed number of rows of which the first
// [Rows].Live are computed.
package op
