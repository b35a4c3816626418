package latent

import (
	"gaetrain/graph"
	"gaetrain/graph/op"
)

// Gaussian is the posterior N(μ, σ²) of the codes of a batch of images, with
// independent values.
type Gaussian struct {
	statistics graph.Value // B×2L, in each row L means, then L log-variances, which are clipped to ±10
}

// GaussianOf is the Gaussian whose means and log-variances are the rows of x
// (x: B×2L). They are the output "statistics" of the program.
func GaussianOf(s *graph.Scope, x graph.Value) Gaussian {
	x = s.Rows("code", x)
	s.Output(statistics, x)
	return Gaussian{x}
}

// Size is the number of values of a code, L.
func (g Gaussian) Size() int { return g.statistics.Size() / 2 }

// Statistics are the means and log-variances (B×2L).
func (g Gaussian) Statistics() graph.Value { return g.statistics }

// Mean declares μ (B×L).
func (g Gaussian) Mean(s *graph.Scope) graph.Value {
	return s.Apply(func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Node, error) {
		return op.FirstColumns(code, rows, g.Size(), x)
	}, g.statistics)
}

// Noise declares the input "noise" that K codes are drawn with for each image
// (B×KL).
func (g Gaussian) Noise(s *graph.Scope, samples int) graph.Value {
	return s.Input(noise, graph.Random, graph.Row(samples*g.Size()))
}

// Draw declares K codes z = μ + σ·ε for each image, so that gradients reach its
// statistics (Kingma & Welling 2014; BK×L, the codes of an image in rows that
// follow each other).
func (g Gaussian) Draw(s *graph.Scope, samples int) graph.Value {
	z := s.Apply(func(rows *op.Rows, x op.Node, more ...op.Node) (op.Node, error) {
		return op.Reparametrise(code, rows, x, more[0])
	}, g.statistics, g.Noise(s, samples))
	s.Output(code, z)
	return z
}

// Divergence declares the term "kl", KL(N(μ, σ²) ‖ N(0, I)) in nats per image.
func (g Gaussian) Divergence(s *graph.Scope) graph.Term {
	return s.Term("kl", func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Loss, error) {
		return op.GaussianDivergence("kl", rows, x)
	}, g.statistics).In("nats per image")
}

// FreeBits declares the term "free_bits": what the divergence of each value of
// the code lacks of so many nats, see op.FreeBits.
func (g Gaussian) FreeBits(s *graph.Scope, nats float64) graph.Term {
	return s.Term("free_bits", func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Loss, error) {
		return op.FreeBits("free_bits", rows, nats, x)
	}, g.statistics).In("nats per image")
}

// Capacity declares the term "capacity", |KL − C| with C rising to so many nats
// over some epochs of training, see op.Capacity.
func (g Gaussian) Capacity(s *graph.Scope, nats, epochs float64) graph.Term {
	c := s.Rising(nats, epochs)
	return s.Term("capacity", func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Loss, error) {
		return op.Capacity("capacity", rows, c, x)
	}, g.statistics).In("nats per image")
}
