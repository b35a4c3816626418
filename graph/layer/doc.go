// Package layer holds the layers of models. A layer is a small value. It is
// written as text, see [Parse], placed after a given shape, and declared on a
// graph.Scope. A [Sequence] is a list of layers. A [Stack] is a placed
// sequence, whose parameters have names. [Mirror] derives a decoder from an
// encoder, and [Match] relates a decoder that is written as text to its
// encoder.
//
// Each layer has a file with its shapes, parameters, declaration, text form and
// mirror image.
package layer
