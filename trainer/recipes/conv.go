package recipes

import (
	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/trainer"
)

var conv = Recipe{
	Name:    "conv",
	Summary: "convolutional encoder and decoder: lower error at the same code size",
	Idea: `What tells one image from another is made of the same small patterns wherever they stand. A convolution looks for a pattern
at every place with one set of weights, so it needs few of them and learns from every place at once. A few strided convolutions
turn the image into a small map of many features, a fully connected layer turns that into the code, and the decoder goes back
through transposed convolutions.`,
	Citation: "J. Masci, U. Meier, D. Cireşan, J. Schmidhuber: Stacked Convolutional Auto-Encoders for Hierarchical Feature Extraction. ICANN 2011",
	Defaults: func(c *trainer.Config) {
		c.Filters, c.Hidden, c.Code = []int{32, 64}, nil, 64
		c.Activation, c.LearningRate, c.Warmup = kernel.ELU, 2e-3, 1
	},
	Stages: autoencoder,
}

// convolutional is the autoencoder of a configuration with filters or layers
// spelled out, whose decoder mirrors the encoder unless it is spelled out too.
func convolutional(c trainer.Config, image graph.Shape, hidden, code, output graph.Layer) (graph.Architecture, error) {
	a := graph.Architecture{Input: image}
	a.Encoder = encoder(c, hidden, code)
	var err error
	if c.Encoder != "" {
		if a.Encoder, err = graph.ParseLayers(c.Encoder, hidden, code); err != nil {
			return a, err
		}
	}
	if c.Decoder == "" {
		if a, err = a.Mirror(hidden, output, c.Tied, c.Upsampling); err != nil {
			return a, err
		}
		return a, a.Validate()
	}
	if a.Decoder, err = graph.ParseLayers(c.Decoder, hidden, output); err != nil {
		return a, err
	}
	if c.Loss == graph.CrossEntropy {
		a.Decoder[len(a.Decoder)-1].Activation = output.Activation
	}
	a.Tied = c.Tied
	return a, a.Validate()
}

// encoder lists convolutions and fully connected layers down to the code.
func encoder(c trainer.Config, hidden, code graph.Layer) []graph.Layer {
	var layers []graph.Layer
	for _, channels := range c.Filters {
		l, side := hidden, func(n int) graph.Extent { return graph.Extent{Height: n, Width: n} }
		l.Units = channels
		l.Filters = graph.Filters{Kernel: side(c.KernelSize), Stride: side(c.Stride), Padding: side((c.KernelSize - 1) / 2)}
		layers = append(layers, l)
	}
	for _, units := range c.Hidden {
		l := hidden
		l.Units = units
		layers = append(layers, l)
	}
	return append(layers, code)
}
