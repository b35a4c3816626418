// Package layer has the layers that models are made of: small values, one type
// each, that are written as text, placed behind a shape, and declared on a
// graph.Scope. A Sequence holds layers in order; a Stack is a sequence in its
// place, with the names of its parameters. A decoder is mirrored from an encoder
// by Mirror, or written as text and related to the encoder by Match.
//
// What a layer is stands in its file: its shapes, parameters, declaration, text
// and mirror image.
package layer
