package export

import "gaetrain/graph/trace"

// largestPixel is the value of a white pixel outside of the program. Inside, it is 1.
const largestPixel = 255

// scaled writes pixels from 0 to 1 for pixels from 0 to 255.
func scaled(n *trace.Network, x *trace.Value) *trace.Value {
	y := n.Node("pixels", "Div", x.Shape, nil, x, trace.Scalar("pixels/largest", largestPixel))
	return n.Python(y, "%s / 255", x)
}

// unscaled is the inverse of scaled.
func unscaled(n *trace.Network, x *trace.Value) *trace.Value {
	y := n.Node("pixels", "Mul", x.Shape, nil, x, trace.Scalar("pixels/largest", largestPixel))
	return n.Python(y, "%s * 255", x)
}

// units says what the values of images are outside of the program.
const units = "float32 pixels from 0 (black) to 255 (white), in the order channel, row, column"
