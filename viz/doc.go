// Package viz draws what an autoencoder learns: grids of images, filters, curves, animations, the expression graph and a
// self-contained report page.
//
// It draws from plain arrays and does not import the packages of training, data or graphs. The same input always gives the
// same bytes. All pictures have the same style (see style.go): a white ground, the Liberation Sans typeface, the same
// margins and colours after the palette of Okabe and Ito (2008), which is safe for colour-blind readers. Text and lines
// have a contrast of 4.5 or more.
package viz
