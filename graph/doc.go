// Package graph is what a model is declared with. A [Scope] takes the
// declaration: inputs, parameters, operations on values, terms of a loss. It
// becomes a [Program], a Gorgonia expression graph compiled into a TapeMachine
// that computes what was asked for. Programs share their [Parameters] by
// reference.
//
// A batch has B rows, one for each image. Errors stick to the scope, so that a
// declaration reads like its equations; the first one is what Compile returns.
package graph
