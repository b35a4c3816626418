package export

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/trace"
	"gaetrain/trainer"
)

// Scores that a detector can have.
const (
	MSEScore         = "mse"         // squared error of the reconstruction, per value
	MahalanobisScore = "mahalanobis" // distance of the code from the mean of the training codes
)

// Detector is what the network of a detector needs to know about normal items.
type Detector struct {
	Normal map[string][]float64 // their scores by name, which choose the outputs of the network
	Source string               // of the normal items
	// Mean and Whitening are those of the training codes: the distance of a code z is the
	// norm of Whitening·(z − Mean) (L; L×L). nil without MahalanobisScore.
	Mean, Whitening []float64
}

// pValue is the ending of the name of the output with the p-values of a score.
const pValue = "_p_value"

// detector records the network of a detector: each score of an item, and its p-value.
func detector(t *trainer.Trained, d Detector) (Network, error) {
	encoder, ok := t.Stage.Model.(trainer.Encoder)
	if !ok {
		return Network{}, t.CanEncode()
	}
	var x *trace.Value // the values of the program
	in := graph.Ports{trainer.Input: func(n *trace.Network, v *trace.Value) *trace.Value {
		x = scalingOf(t).scaled(n, v)
		return x
	}}
	out, outputs := make(graph.Ports), []string(nil)
	add := func(output, score string, form func(n *trace.Network, v *trace.Value) *trace.Value) {
		if d.Normal[score] == nil {
			return
		}
		outputs = append(outputs, output)
		out[output] = func(n *trace.Network, v *trace.Value) *trace.Value {
			value := form(n, v)
			n.Output(score, value)
			n.Output(score+pValue, pValueOf(n, score, value, d.Normal[score]))
			return nil
		}
	}
	add(trainer.Reconstruction, MSEScore, func(n *trace.Network, y *trace.Value) *trace.Value { return meanSquare(n, x, y) })
	add(trainer.Code, MahalanobisScore, func(n *trace.Network, z *trace.Value) *trace.Value { return d.distance(n, z) })
	declare := func(s *graph.Scope) {
		z := encoder.Encode(s, images(s, t))
		s.Output(trainer.Code, z)
		if d.Normal[MSEScore] != nil {
			decode(s, t, z)
		}
	}
	if d.Normal[MSEScore] != nil && t.CanDecodeLabelled() != nil {
		declare = t.Stage.Model.Declare
	}
	n, err := graph.Trace(t.Parameters, "detector", in, out, outputs, declare)
	if err != nil {
		return Network{}, fmt.Errorf("model %s cannot be exported: detector: %w", t.Name, err)
	}
	return Network{n, "detector"}, nil
}

// meanSquare writes the mean of (x − y)² over the values of each item.
func meanSquare(n *trace.Network, x, y *trace.Value) *trace.Value {
	x, y = n.Flat(MSEScore, x), n.Flat(MSEScore, y)
	difference := n.Node(MSEScore, "Sub", x.Shape, nil, x, y)
	square := n.Node(MSEScore, "Mul", x.Shape, nil, difference, difference)
	mean := n.Node(MSEScore, "ReduceMean", nil, trace.Attributes{trace.Ints("axes", 1), trace.Int("keepdims", 0)}, square)
	return n.Python(mean, "(%s - %s).square().mean(1)", x, y)
}

// distance writes the norm of Whitening·(z − Mean).
func (d Detector) distance(n *trace.Network, z *trace.Value) *trace.Value {
	z = n.Flat(MahalanobisScore, z)
	size := len(d.Mean)
	mean := trace.Constant(MahalanobisScore+"/mean", []int{size}, floats(d.Mean))
	whitening := trace.Constant(MahalanobisScore+"/whitening", []int{size, size}, floats(d.Whitening))
	centred := n.Node(MahalanobisScore, "Sub", z.Shape, nil, z, mean)
	white := n.Node(MahalanobisScore, "Gemm", z.Shape, trace.Attributes{trace.Int("transB", 1)}, centred, whitening)
	norm := n.Node(MahalanobisScore, "ReduceL2", nil, trace.Attributes{trace.Ints("axes", 1), trace.Int("keepdims", 0)}, white)
	python := fmt.Sprintf("((%%s - %s) @ %s.T).norm(dim=1)", n.Buffer(mean.Name, mean.Constant), n.Buffer(whitening.Name, whitening.Constant))
	return n.Python(norm, python, z)
}

// pValueOf writes (1 + m)/(1 + N), where m of the N normal items have at least the score of
// an item.
func pValueOf(n *trace.Network, score string, value *trace.Value, normal []float64) *trace.Value {
	place, count := score+pValue, len(normal)
	all := trace.Constant(place+"/normal", []int{count}, floats(normal))
	column := n.Node(place, "Unsqueeze", []int{1}, nil, value, trace.Whole(place+"/axis", 1))
	above := n.Node(place, "Cast", []int{count}, trace.Attributes{trace.Int("to", float32Type)}, n.Node(place, "GreaterOrEqual", []int{count}, nil, all, column))
	sum := n.Node(place, "ReduceSum", nil, trace.Attributes{trace.Int("keepdims", 0)}, above, trace.Whole(place+"/axis", 1))
	p := n.Node(place, "Div", nil, nil, n.Node(place, "Add", nil, nil, sum, trace.Scalar(place+"/one", 1)), trace.Scalar(place+"/count", float32(count+1)))
	return n.Python(p, fmt.Sprintf("((%s >= %%s[:, None]).sum(1) + 1) / %d", n.Buffer(all.Name, all.Constant), count+1), value)
}

func floats(values []float64) []float32 {
	list := make([]float32, len(values))
	for i, v := range values {
		list[i] = float32(v)
	}
	return list
}
