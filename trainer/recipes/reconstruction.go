package recipes

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

// Reconstruction has the settings of the reconstruction term.
type Reconstruction struct {
	Loss     lossName `toml:"loss" group:"model" help:"Reconstruction term: cross-entropy, squared-error or gaussian (negative log-likelihood in nats)"`
	Variance float64  `toml:"variance" group:"model" help:"Variance of a pixel with --loss gaussian, above 0; 0 for one learned variance of all pixels"`
}

// lossName names a likelihood.
type lossName string

// The reconstruction terms.
const (
	crossEntropy lossName = "cross-entropy"
	squaredError lossName = "squared-error"
	gaussian     lossName = "gaussian"
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *lossName) UnmarshalText(text []byte) error {
	names := []string{string(crossEntropy), string(squaredError), string(gaussian)}
	if !slices.Contains(names, string(text)) {
		return fmt.Errorf("unknown loss %q; hint: one of %s", text, strings.Join(names, ", "))
	}
	*l = lossName(text)
	return nil
}

// Likelihood implements trainer.Decoder.
func (r *Reconstruction) Likelihood() trainer.Likelihood { return r.likelihood() }

func (r *Reconstruction) likelihood() likelihood {
	switch r.Loss {
	case squaredError:
		return squared
	case gaussian:
		return normal(r.Variance)
	}
	return bernoulli
}

// Validate implements settings.Validator.
func (r *Reconstruction) Validate() error {
	if err := settings.Choice("loss", string(r.Loss), string(crossEntropy), string(squaredError), string(gaussian)); err != nil {
		return err
	}
	return settings.Numbers(settings.Number{OK: r.Variance >= 0 && settings.Finite(r.Variance), Name: "variance", Value: r.Variance, Hint: "above 0, or 0 for a learned variance"})
}

// Ineffective implements settings.Ineffective.
func (r *Reconstruction) Ineffective() []settings.Without {
	if r.Loss == gaussian {
		return nil
	}
	return []settings.Without{{Name: "variance", Why: fmt.Sprintf("with loss %s; hint: --loss gaussian", r.Loss)}}
}

// reconstruction names the term and the output.
const reconstruction = trainer.Reconstruction

// likelihood is the distribution of an image given the output of a decoder.
type likelihood struct {
	// declare declares its statistics. learn updates them from a term with the given
	// number of values per image; nil: there is nothing to update.
	declare       func(s *graph.Scope) (of op.Likelihood, learn func(term graph.Term, values int))
	activation    kernel.Activation // of the reconstruction
	logNormaliser float64           // for each value
	unit          string
}

// bernoulli is the likelihood of pixels that are 1 with the probability x̂, the
// sigmoid of the decoder's output. Its negative logarithm is the cross-entropy in
// nats.
var bernoulli = likelihood{fixed(op.Bernoulli()), kernel.Sigmoid, 0, "nats per image"}

// squared is the likelihood of a decoder N(x̂, I/2), whose negative logarithm is
// the squared error Σ(x̂−x)² and D/2·log π.
var squared = likelihood{fixed(op.Squared()), kernel.Linear, math.Log(math.Pi) / 2, "squared error per image"}

// normal is the likelihood of a decoder N(x̂, V·I) with one variance for all
// pixels, −log p = Σ_D (x̂−x)²/2V + ½ log 2πV. If V is 0, it is learned.
func normal(variance float64) likelihood {
	declare := learnVariance
	if variance > 0 {
		declare = fixed(op.GaussianOf([]float32{float32(variance)}))
	}
	return likelihood{declare, kernel.Linear, 0, "nats per image"}
}

func fixed(of op.Likelihood) func(*graph.Scope) (op.Likelihood, func(graph.Term, int)) {
	return func(*graph.Scope) (op.Likelihood, func(graph.Term, int)) { return of, nil }
}

// learnVariance declares a running mean of the squared error per pixel, V ← m·V +
// (1−m)·mean_B,D (x̂−x)²: for given predictions, that mean is the V with the highest
// likelihood, so no gradient is needed (Rybkin 2021, optimal σ-VAE). V is
// clipped to the bounds of a posterior's variances.
func learnVariance(s *graph.Scope) (op.Likelihood, func(graph.Term, int)) {
	const momentum = 0.9
	v := s.Statistic(graph.Spec{Name: "decoder/variance", Part: "decoder", Shape: []int{1}, Fill: graph.Constant(1)})
	return op.GaussianOf(v), func(term graph.Term, values int) {
		var sum float64
		squares := term.SquaredPerImage()
		for _, squared := range squares {
			sum += float64(squared)
		}
		mean := sum / float64(len(squares)) / float64(values)
		next := float64(momentum*float64(v[0])) + float64((1-momentum)*mean)
		v[0] = float32(min(max(next, math.Exp(-kernel.LogVarianceLimit)), math.Exp(kernel.LogVarianceLimit)))
	}
}

// Mean implements trainer.Likelihood.
func (l likelihood) Mean(s *graph.Scope, y graph.Value) graph.Value {
	if l.activation == kernel.Linear {
		return y
	}
	return s.Activate(reconstruction, l.activation, y)
}

// Term implements trainer.Likelihood.
func (l likelihood) Term(s *graph.Scope, y, target graph.Value) graph.Term {
	return l.term(s, y, target, func(of op.Likelihood) graph.Term {
		return s.Term(reconstruction, func(rows *op.Rows, y op.Node, more ...op.Node) (op.Loss, error) {
			return of.Loss("loss", rows, y, more[0])
		}, y, target)
	})
}

// term declares a term by declare. If the program outputs reconstructions, it also
// declares the reconstruction of each image, from the first of several codes.
func (l likelihood) term(s *graph.Scope, y, target graph.Value, declare func(op.Likelihood) graph.Term) graph.Term {
	if s.Wants(reconstruction) {
		s.Output(reconstruction, l.Mean(s, s.First(reconstruction, y)))
	}
	of, learn := l.declare(s)
	term := declare(of).In(l.unit)
	if learn != nil {
		s.After(func() { learn(term, target.Size()) })
	}
	return term
}

// LogNormaliser implements trainer.Likelihood.
func (l likelihood) LogNormaliser(values int) float64 { return float64(values) * l.logNormaliser }
