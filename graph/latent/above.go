package latent

import (
	"strconv"

	"gaetrain/graph/trace"
)

// Above writes a code that keeps the values above a bound and sets the others to 0. If
// magnitude is set, values below −bound are kept too.
func Above(n *trace.Network, bound float32, magnitude bool, x *trace.Value) *trace.Value {
	x = n.Flat(code, x)
	number := strconv.FormatFloat(float64(bound), 'g', -1, 32)
	by, python := x, "torch.where(%s > "+number+", %s, 0.0)"
	if magnitude {
		by, python = n.Node(code, "Abs", x.Shape, nil, x), "torch.where(%s.abs() > "+number+", %s, 0.0)"
	}
	kept := n.Node(code, "Greater", x.Shape, nil, by, trace.Scalar(code+"/bound", bound))
	y := n.Node(code, "Where", x.Shape, nil, kept, x, trace.Scalar(code+"/zero", 0))
	return n.Python(y, python, x, x)
}
