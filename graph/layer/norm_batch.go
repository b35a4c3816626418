package layer

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// BatchNorm normalises each unit over the images of a batch, or each channel
// over the images and pixels of a batch. Evaluation uses running statistics of
// the training batches (Ioffe & Szegedy 2015).
const BatchNorm Norm = "batch"

type batchNorm struct{}

func (batchNorm) name() Norm { return BatchNorm }

func (batchNorm) check(*units) error { return nil }

func (batchNorm) declare(s *graph.Scope, u *units) func(kernel.Activation, graph.Value, graph.Value) graph.Value {
	if s.Training() && s.Batch()*u.places == 1 {
		s.Failf("batch normalisation of %s over a batch of one image; hint: a larger batch, or layer normalisation", u.at.Name)
	}
	gain := gain(s, u)
	statistic := func(name string, size int, start float32) []float32 {
		return s.Statistic(graph.Spec{Name: u.at.Name + "/" + name, Part: u.at.Part, Shape: []int{size}, Fill: graph.Constant(start)})
	}
	statistics := op.BatchStatistics{
		Mean:     statistic("running_mean", u.count, 0),
		Variance: statistic("running_variance", u.count, 1),
		Batches:  statistic("running_batches", 1, 0), // counted by both statistics
		Settled:  !s.Training(),
	}
	return func(act kernel.Activation, x, bias graph.Value) graph.Value {
		y := s.Apply(func(rows *op.Rows, x op.Node, more ...op.Node) (op.Node, error) {
			y, advance, err := op.BatchNormalise(u.at.Name, rows, act, statistics, x, more[0], second(more))
			if err == nil {
				s.After(advance)
			}
			return y, err
		}, x, append([]graph.Value{gain}, optional(bias)...)...)
		return s.Traced(y, func(n *trace.Network, in []*trace.Value) *trace.Value {
			return graph.Activated(n, u.at.Name, act, batchNorm{}.form(n, u, statistics, in[0], in[1], in[2]))
		}, x, gain, bias)
	}
}

// form writes the normalisation with the running statistics.
func (batchNorm) form(n *trace.Network, u *units, s op.BatchStatistics, x, gain, bias *trace.Value) *trace.Value {
	name := u.at.Name
	bias = orZeros(name, u, bias)
	mean := trace.Constant(name+"/running_mean", gain.Shape, s.Mean)
	variance := trace.Constant(name+"/running_variance", gain.Shape, s.Variance)
	y := n.Node(name, "BatchNormalization", x.Shape, trace.Attributes{trace.Float("epsilon", kernel.NormaliseEpsilon)}, x, gain, bias, mean, variance)
	dimensions := 1
	if len(x.Shape) == 3 {
		dimensions = 2
	}
	module := n.Module(name+"/norm", fmt.Sprintf("nn.BatchNorm%dd(%d)", dimensions, u.count),
		trace.StateOf("weight", gain), trace.StateOf("bias", bias), trace.StateOf("running_mean", mean), trace.StateOf("running_var", variance))
	return n.Python(y, module+"(%s)", x)
}

// orZeros returns the bias of units, or zeros.
func orZeros(name string, u *units, bias *trace.Value) *trace.Value {
	if bias != nil {
		return bias
	}
	return trace.Constant(name+"/bias", []int{u.count}, make([]float32, u.count))
}
