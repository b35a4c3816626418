package layer_test

import (
	"fmt"
	"log"

	"gaetrain/graph"
	"gaetrain/graph/layer"
)

// Parse reads layers from text. Options that the text does not set come from the
// arguments. A stack places the layers after images of a given shape, and Mirror
// derives a decoder from it.
func ExampleParse() {
	hidden := layer.Options{Activation: layer.ReLU, Initialiser: graph.HeUniform}
	code := layer.Options{Initialiser: graph.GlorotUniform} // linear
	layers, err := layer.Parse("conv:16,3,s2 conv:32,3,s2,batchnorm dense:8", hidden, code)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(layers)

	encoder, err := layer.NewStack("encoder", graph.Shape{Channels: 1, Height: 28, Width: 28}, layers)
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range encoder.Layers() {
		fmt.Printf("%s: %s to %s\n", l.Name(), l.In(), l.Out())
	}

	decoder, err := layer.Mirror(encoder, hidden, code, false, layer.ByTransposed)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(decoder)
	// Output:
	// conv:16,3,s2,p1,relu conv:32,3,s2,p1,relu,batchnorm dense:8,linear
	// encoder/1: 1×28×28 to 16×14×14
	// encoder/2: 16×14×14 to 32×7×7
	// encoder/3: 32×7×7 to 1×1×8
	// dense:1568,32x7x7,relu transposed:16,4,s2,p1,relu transposed:1,4,s2,p1,linear
}

// An error names the layer and its shapes.
func ExampleNewStack() {
	options := layer.Options{Initialiser: graph.HeUniform}
	layers := layer.Sequence{
		layer.Dense{Units: 18, Shape: graph.Shape{Channels: 2, Height: 3, Width: 3}, Options: options},
		layer.Pool{Window: layer.Extent{Height: 4, Width: 4}, Stride: layer.Extent{Height: 4, Width: 4}},
	}
	_, err := layer.NewStack("decoder", graph.Row(5), layers)
	fmt.Println(err)
	// Output:
	// impossible architecture: decoder/1: windows of 4 with stride 4 do not fit into 2×3×3
}
