// Package graph declares models. A [Declaration] writes inputs, parameters,
// operations on values and the terms of a loss to a [Scope]. [Compile] turns it
// into a [Program]: a Gorgonia expression graph, compiled into a TapeMachine,
// that computes the requested outputs. Programs share their [Parameters] by
// reference.
//
// A batch has B rows, one for each image. The first error of a declaration
// stays in the scope, so a declaration reads like its equations, and Compile
// returns that error.
package graph
