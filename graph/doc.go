// Package graph declares autoencoders as Gorgonia expression graphs and
// compiles them into programs.
//
// An [Architecture] is pure data. An [Objective] says what is minimised.
// [Compile] declares both as a [Network], on an expression graph of its own,
// and makes a [Program] of it: a TapeMachine with its bound inputs and outputs.
// Programs of one [Architecture] share their [Parameters] by reference, so the
// training program's updates are at once what evaluation, encoder and decoder
// see.
//
// Shapes are given by letter: B is the batch, D the values of an image, L the
// size of the code.
package graph
