// Package viz draws what an autoencoder learns: grids of images, filters, loss curves, animations, the expression graph,
// and one self-contained report page.
//
// It draws from plain arrays and knows no trainer, no data set and no graph package. Every picture is a pure function of
// its input: the same input gives the same bytes. All pictures share one visual system (see style.go): a white ground,
// the Liberation Sans typeface, one set of margins and the colour-blind-safe palette of Okabe and Ito (2008).
package viz
