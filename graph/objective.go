package graph

import (
	"fmt"

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
)

// ParseReconstruction finds a reconstruction term by its name.
func ParseReconstruction(name string) (Reconstruction, error) {
	switch r := Reconstruction(name); r {
	case CrossEntropy, SquaredError:
		return r, nil
	}
	return "", fmt.Errorf("unknown loss %q; hint: one of %s, %s", name, CrossEntropy, SquaredError)
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Reconstruction) UnmarshalText(text []byte) (err error) {
	*r, err = ParseReconstruction(string(text))
	return err
}

// Unit is the unit of the term.
func (r Reconstruction) Unit() string {
	if r == CrossEntropy {
		return "nats per image"
	}
	return "squared error per image"
}

// output turns the last layer's values into the reconstruction x̂.
func (r Reconstruction) output(name string, rows *op.Rows, last *gorgonia.Node) (*gorgonia.Node, error) {
	if r == CrossEntropy {
		return op.Activate(name, rows, kernel.Sigmoid, last)
	}
	return last, nil
}

func (r Reconstruction) loss(name string, rows *op.Rows, last, target *gorgonia.Node) (op.Loss, error) {
	if r == CrossEntropy {
		return op.CrossEntropy(name, rows, last, target)
	}
	return op.SquaredError(name, rows, last, target)
}

// Objective is what training minimises:
// loss = reconstruction + Σ weight·term.
type Objective struct {
	Reconstruction Reconstruction `json:"reconstruction"`
}
