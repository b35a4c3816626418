package latent

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Gaussian is the posterior N(μ, σ²) of the codes of a batch of images. The
// values of a code are independent.
type Gaussian struct {
	statistics graph.Value // B×2L: in each row L means, then L log-variances, which are clipped to [−10, 10]
}

// GaussianOf returns the posterior with the means and log-variances in the rows
// of x (B×2L). They are the output "statistics".
func GaussianOf(s *graph.Scope, x graph.Value) Gaussian {
	x = s.Rows("code", x)
	s.Output(statistics, x)
	return Gaussian{x}
}

// Size is the number L of values in a code.
func (g Gaussian) Size() int { return g.statistics.Size() / 2 }

// Statistics returns the means and log-variances (B×2L).
func (g Gaussian) Statistics() graph.Value { return g.statistics }

// Mean declares the means μ (B×L).
func (g Gaussian) Mean(s *graph.Scope) graph.Value {
	y := s.Apply(func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Node, error) {
		return op.FirstColumns(code, rows, g.Size(), x)
	}, g.statistics)
	return s.Traced(y, func(n *trace.Network, in []*trace.Value) *trace.Value {
		return n.Columns("mean", n.Flat("mean", in[0]), 0, g.Size())
	}, g.statistics)
}

// LogVariances writes the log-variances, clipped to [−10, 10], from the form of the
// output "statistics".
func LogVariances(n *trace.Network, statistics *trace.Value) *trace.Value {
	const place = "log_variance"
	statistics = n.Flat(place, statistics)
	x := n.Columns(place, statistics, statistics.Shape[0]/2, statistics.Shape[0])
	limit := float32(kernel.LogVarianceLimit)
	y := n.Node(place, "Clip", x.Shape, nil, x, trace.Scalar(place+"/lowest", -limit), trace.Scalar(place+"/highest", limit))
	return n.Python(y, fmt.Sprintf("%%s.clamp(-%g, %g)", limit, limit), x)
}

// Noise declares the input "noise" (B×KL), standard normal numbers for K
// samples of each image.
func (g Gaussian) Noise(s *graph.Scope, samples int) graph.Value {
	return s.Input(noise, graph.Random, graph.Row(samples*g.Size()))
}

// Draw declares K samples z = μ + σ·ε of each image (BK×L, the samples of an
// image in consecutive rows), and the output "code". The reparametrisation
// passes gradients to μ and σ (Kingma & Welling 2014). If the posterior depends on
// each of several classes, all classes of an image have the same noise.
func (g Gaussian) Draw(s *graph.Scope, samples int) graph.Value {
	z := s.Apply(func(rows *op.Rows, x op.Node, more ...op.Node) (op.Node, error) {
		return op.Reparametrise(code, rows, x, more[0])
	}, g.statistics, s.Repeat(noise, g.Noise(s, samples), g.statistics))
	s.Output(code, z)
	return z
}

// Divergence declares the term "kl", KL(N(μ, σ²) ‖ N(0, I)) in nats per image.
func (g Gaussian) Divergence(s *graph.Scope) graph.Term {
	return s.Term("kl", func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Loss, error) {
		return op.GaussianDivergence("kl", rows, x)
	}, g.statistics).In("nats per image")
}

// Decomposed declares the divergence of codes z that Draw declared, in nats per image,
// with the weight β of the total correlation. Its parts are reported in its place:
// "mutual_information", "total_correlation" and "dimension_kl", see op.Decomposition.
func (g Gaussian) Decomposed(s *graph.Scope, z graph.Value, q kernel.AggregatePosterior, beta float64) graph.Term {
	var d op.Decomposition
	kl := s.Term("kl", func(rows *op.Rows, statistics op.Node, more ...op.Node) (of op.Loss, err error) {
		d, err = op.DecomposedDivergence("kl", rows, q, beta, more[0], statistics)
		return d.Loss, err
	}, g.statistics, z)
	part := func(name string, of op.Loss) graph.Term { return graph.NewTerm(name, of).In("nats per image") }
	return kl.MadeOf(part("mutual_information", d.MutualInformation), part("total_correlation", d.TotalCorrelation).Times(beta), part("dimension_kl", d.DimensionKL))
}

// FreeBits declares the term "free_bits", Σ_L max(0, λ − mean_B KL_l) with λ in
// nats, see op.FreeBits.
func (g Gaussian) FreeBits(s *graph.Scope, nats float64) graph.Term {
	return s.Term("free_bits", func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Loss, error) {
		return op.FreeBits("free_bits", rows, nats, x)
	}, g.statistics).In("nats per image")
}

// Capacity declares the term "capacity", |mean_B KL − C| in nats. C rises
// linearly from 0 over the given number of epochs, see op.Capacity.
func (g Gaussian) Capacity(s *graph.Scope, nats, epochs float64) graph.Term {
	c := s.Rising(nats, epochs)
	return s.Term("capacity", func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Loss, error) {
		return op.Capacity("capacity", rows, c, x)
	}, g.statistics).In("nats per image")
}
