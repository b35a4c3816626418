package graph

import (
	"fmt"
	"math"
	"slices"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// Reconstruction is the reconstruction term of an objective: what tells the
// reconstruction x̂ from the target x, summed over pixels and averaged over
// images.
type Reconstruction string

// The reconstruction terms.
const (
	// CrossEntropy is the negative log-likelihood in nats of a Bernoulli
	// decoder: the last layer gives logits, their sigmoid is x̂.
	CrossEntropy Reconstruction = "cross-entropy"
	// SquaredError is Σ(x̂−x)², up to constants the negative log-likelihood
	// of a Gaussian decoder.
	SquaredError Reconstruction = "squared-error"
	// GaussianLikelihood is the negative log-likelihood in nats of a decoder of
	// means x̂ and one variance V for all pixels, Σ_D (x̂−x)²/2V + ½ log 2πV.
	GaussianLikelihood Reconstruction = "gaussian"
)

var reconstructions = []Reconstruction{CrossEntropy, SquaredError, GaussianLikelihood}

// ParseReconstruction finds a reconstruction term by its name.
func ParseReconstruction(name string) (Reconstruction, error) {
	if r := Reconstruction(name); slices.Contains(reconstructions, r) {
		return r, nil
	}
	return "", fmt.Errorf("unknown loss %q; hint: one of %s, %s, %s", name, CrossEntropy, SquaredError, GaussianLikelihood)
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Reconstruction) UnmarshalText(text []byte) (err error) {
	*r, err = ParseReconstruction(string(text))
	return err
}

// LogNormaliser is what the reconstruction term of an image of so many values
// lacks to be −log p(x|z) of a decoder: nothing of Bernoulli pixels, D/2·log π of
// N(x̂, I/2), whose other part is the squared error.
func (r Reconstruction) LogNormaliser(values int) float64 {
	if r == SquaredError {
		return float64(values) / 2 * math.Log(math.Pi)
	}
	return 0
}

// output turns the last layer's values into the reconstruction x̂.
func (r Reconstruction) output(name string, rows *op.Rows, last *gorgonia.Node) (*gorgonia.Node, error) {
	if r == CrossEntropy {
		return op.Activate(name, rows, kernel.Sigmoid, last)
	}
	return last, nil
}

// likelihood is how the last layer's output is held against the target.
func (o Objective) likelihood(all *Parameters) (op.Likelihood, error) {
	switch o.Reconstruction {
	case CrossEntropy:
		return op.Bernoulli(), nil
	case SquaredError:
		return op.Squared(), nil
	}
	variance, err := o.variance(all)
	return op.GaussianOf(variance), err
}

// loss declares the reconstruction term of a network whose last layer is
// declared, and the inputs that it needs.
func (o Objective) loss(n *Network, all *Parameters, last *gorgonia.Node) (op.Loss, error) {
	columns := last.Shape()[1]
	n.Target = n.matrix("target", n.rows.Compiled, columns)
	if o.Emphasis == (kernel.PixelWeights{}) {
		likelihood, err := o.likelihood(all)
		if err != nil {
			return op.Loss{}, err
		}
		loss, err := likelihood.Loss("loss", n.rows, last, n.Target)
		o.settle(n, all, loss)
		return loss, err
	}
	n.Hit = n.matrix("hit", n.rows.Compiled, columns)
	if o.Reconstruction == CrossEntropy {
		return op.WeightedCrossEntropy("loss", n.rows, o.Emphasis, last, n.Target, n.Hit)
	}
	return op.WeightedSquaredError("loss", n.rows, o.Emphasis, last, n.Target, n.Hit)
}

// The first terms.
const (
	reconstruction = "reconstruction"
	classification = "classification"
	// Deception is what the model loses to a discriminator: the first term of a
	// generator, a penalty on the codes of an autoencoder.
	Deception = "deception"
	// Discrimination is what the discriminator loses to the model.
	Discrimination = "discrimination"
)

// Objective is what training minimises: loss = reconstruction + Σ weight·term.
// Of an architecture with a classifier, the first term is the classification.
type Objective struct {
	Reconstruction Reconstruction `json:"reconstruction,omitempty"`
	Variance       float64        `json:"variance,omitempty"` // of GaussianLikelihood; 0: learned
	Penalties      []Penalty      `json:"penalties,omitempty"`
	// Emphasis weighs the pixels of the reconstruction by whether corruption has
	// hit them; zero: all alike. The squared error per pixel is never weighted.
	Emphasis kernel.PixelWeights `json:"emphasis,omitzero"`
	// Samples is the number of codes that are drawn for each image; 0 counts as 1.
	Samples int   `json:"samples,omitempty"`
	Bound   Bound `json:"bound,omitempty"` // what they make of the loss
	// Contest is what a discriminator and the model play for, Smoothing what the
	// label of a real image lacks to 1 for the discriminator (Salimans 2016).
	Contest   Contest `json:"contest,omitempty"`
	Smoothing float64 `json:"smoothing,omitempty"`
}

// validate reports why the objective makes no sense on an architecture with a
// decoder, wrapping ErrArchitecture.
func (o Objective) validate(a Architecture) error {
	if a.Code == Prior {
		_, err := o.contest()
		return err
	}
	if _, err := ParseReconstruction(string(o.Reconstruction)); err != nil {
		return err
	}
	if o.Reconstruction == GaussianLikelihood && o.Emphasis != (kernel.PixelWeights{}) {
		return fmt.Errorf("%w: a Gaussian likelihood with pixels weighted; hint: the loss %s", ErrArchitecture, SquaredError)
	}
	if o.Variance < 0 || o.Variance-o.Variance != 0 {
		return fmt.Errorf("%w: a variance of %g; hint: above 0, or 0 for a learned one", ErrArchitecture, o.Variance)
	}
	return o.validateSamples(a)
}

// Unit is the unit of a figure: a term of the loss, mse, or a measure, which
// has none.
func (o Objective) Unit(name string) string {
	switch {
	case name == "mse":
		return "squared error per pixel"
	case name == Divergence, name == Gap, name == FreeBits, name == Capacity, name == classification, name == reconstruction && o.Reconstruction != SquaredError:
		return "nats per image"
	case name == Sparsity:
		return "nats"
	case name == reconstruction:
		return "squared error per image"
	}
	return ""
}
