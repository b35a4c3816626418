package recipes

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/layer"
	"gaetrain/graph/op"
	"gaetrain/trainer/settings"
)

// Penalties are optional terms of the loss of a deterministic code, in addition to
// the reconstruction term.
type Penalties struct {
	Sparsity         float64 `toml:"sparsity" group:"model" help:"Weight of the sparsity term Σ KL(ρ‖ρ̂) of the mean activations ρ̂ of a sigmoid code; 0 for none"`
	SparsityTarget   float64 `toml:"sparsity-target" group:"model" help:"Target ρ of the mean activation of each unit in the sparsity term, between 0 and 1"`
	SparsityMean     string  `toml:"sparsity-mean" group:"model" help:"Mean activation in training: batch, or running (past batches too; reports sparsity_momentum)"`
	SparsityMomentum float64 `toml:"sparsity-momentum" group:"model" help:"Momentum of the running mean activation, which evaluation always uses, from 0 to below 1"`
	L1               float64 `toml:"l1" group:"model" help:"Weight of the L1 norm Σ|h| of the code; 0 for none"`
	Contraction      float64 `toml:"contraction" group:"model" help:"Weight of Σ‖∂h/∂x‖² over the encoder's layers (x: input, h: output of a layer); 0 for none"`
}

func defaultPenalties() Penalties {
	return Penalties{SparsityTarget: 0.05, SparsityMean: "batch", SparsityMomentum: 0.9}
}

// Validate implements settings.Validator.
func (p *Penalties) Validate() error {
	if err := settings.Numbers(
		settings.Number{OK: p.Sparsity >= 0 && settings.Finite(p.Sparsity), Name: "sparsity", Value: p.Sparsity, Hint: "0 for none, or more"},
		settings.Number{OK: p.SparsityTarget > 0 && p.SparsityTarget < 1, Name: "sparsity-target", Value: p.SparsityTarget, Hint: "between 0 and 1"},
		settings.Number{OK: p.SparsityMomentum >= 0 && p.SparsityMomentum < 1, Name: "sparsity-momentum", Value: p.SparsityMomentum, Hint: "from 0 to below 1"},
		settings.Number{OK: p.L1 >= 0 && settings.Finite(p.L1), Name: "l1", Value: p.L1, Hint: "0 for none, or more"},
		settings.Number{OK: p.Contraction >= 0 && settings.Finite(p.Contraction), Name: "contraction", Value: p.Contraction, Hint: "0 for none, or more"},
	); err != nil {
		return err
	}
	return settings.Choice("sparsity-mean", p.SparsityMean, "running", "batch")
}

// Ineffective implements settings.Ineffective.
func (p *Penalties) Ineffective() (without []settings.Without) {
	if p.Sparsity > 0 {
		return nil
	}
	for _, name := range []string{"sparsity-target", "sparsity-mean", "sparsity-momentum"} {
		without = append(without, settings.Without{Name: name, Why: "without a sparsity term; hint: --sparsity 1"})
	}
	return without
}

// Terms declares the penalties of a code (z: B×L), the output of an encoder.
func (p *Penalties) Terms(s *graph.Scope, encoder *layer.Stack, z graph.Value) (terms []graph.Term) {
	if p.Sparsity > 0 {
		terms = append(terms, p.sparsity(s, encoder, z).Times(p.Sparsity))
	}
	if p.L1 > 0 {
		terms = append(terms, s.Term("l1", func(rows *op.Rows, z op.Node, _ ...op.Node) (op.Loss, error) {
			return op.L1("l1", rows, z)
		}, z).Times(p.L1))
	}
	if p.Contraction > 0 {
		terms = append(terms, contraction(s, encoder).Times(p.Contraction))
	}
	return terms
}

// sparsity declares Σ_L KL(ρ ‖ ρ̂) in nats (Ng 2011), see op.Sparsity. In evaluation,
// ρ̂ is the running mean over training batches, which is a statistic. Its initial
// value is the target, where the term has no gradient. Training on the running mean
// reports the term in two parts: sparsity, and sparsity_momentum, which makes the
// gradient of the loss independent of the momentum.
func (p *Penalties) sparsity(s *graph.Scope, encoder *layer.Stack, z graph.Value) graph.Term {
	mean := s.Statistic(graph.Spec{
		Name: encoder.Last().Name() + "/mean_activation", Part: "encoder", Shape: []int{z.Size()}, Fill: graph.Constant(float32(p.SparsityTarget)),
	})
	sparsity := op.Sparsity{Target: p.SparsityTarget, Momentum: p.SparsityMomentum, Running: p.SparsityMean == "running", Mean: mean, Settled: !s.Training()}
	var declared op.SparsityLoss
	term := s.Term("sparsity", func(rows *op.Rows, z op.Node, _ ...op.Node) (loss op.Loss, err error) {
		declared, err = sparsity.Declare("sparsity", rows, z)
		s.After(declared.Advance)
		return declared.Loss, err
	}, z).In("nats")
	if !sparsity.Running || sparsity.Settled || s.Failed() {
		return term
	}
	return term.MadeOf(graph.NewTerm("sparsity", declared.Divergence).In("nats"), graph.NewTerm("sparsity_momentum", declared.Momentum).In("nats"))
}

// contraction declares Σ ‖∂y/∂x‖² per image over the layers of an encoder, where x and
// y are the input and the output of a layer (Rifai 2011).
func contraction(s *graph.Scope, encoder *layer.Stack) graph.Term {
	var outputs, weights []graph.Value
	var activations []kernel.Activation
	for depth := 1; depth <= encoder.Depth(); depth++ {
		l := encoder.Numbered(depth)
		outputs, weights = append(outputs, s.Kept(l.Name()+"/output")), append(weights, s.Kept(l.Name()+"/weights"))
		act, _ := layer.Fused(l)
		activations = append(activations, act)
	}
	more := append(outputs[1:len(outputs):len(outputs)], weights...)
	return s.Term("contraction", func(rows *op.Rows, first op.Node, more ...op.Node) (op.Loss, error) {
		nodes := append([]op.Node{first}, more...)
		layers := make([]op.Contracted, len(activations))
		for i, act := range activations {
			layers[i] = op.Contracted{Activation: act, Y: nodes[i], Weights: nodes[len(layers)+i]}
		}
		return op.Contraction("contraction", rows, layers...)
	}, outputs[0], more...)
}

// check returns an error for penalties that cannot be applied to an encoder. The code
// keeps its k largest values (0: all). Errors wrap graph.ErrArchitecture.
func (p *Penalties) check(encoder *layer.Stack, k int) error {
	impossible := func(term, format string, values ...any) error {
		return fmt.Errorf("%w: term %s: %s", graph.ErrArchitecture, term, fmt.Sprintf(format, values...))
	}
	last := encoder.Numbered(encoder.Depth())
	switch {
	case p.Sparsity > 0 && layer.OptionsOf(last).Activation != layer.Sigmoid:
		return impossible("sparsity", "it needs a code with values from 0 to 1, which %s units do not give; hint: --code-activation sigmoid, or --l1", layer.OptionsOf(last).Activation)
	case p.Sparsity > 0 && encoder.EndsWithDropout():
		return impossible("sparsity", "dropout of the code already determines which units are active")
	case p.Sparsity > 0 && k > 0:
		return impossible("sparsity", "top-k already determines which units are active")
	case p.Contraction > 0 && k > 0:
		return impossible("contraction", "top-k already determines which units are active")
	case p.Contraction == 0:
		return nil
	}
	for depth := 1; depth <= encoder.Depth(); depth++ {
		switch l := encoder.Numbered(depth); {
		case layer.IsConvolution(l):
			return impossible("contraction", "it is not implemented for %s, which is a convolution; hint: fully connected layers", l.Name())
		case layer.OptionsOf(l).Norm != layer.NoNorm:
			return impossible("contraction", "it is not implemented for %s, which is normalised; hint: --normalisation none", l.Name())
		case layer.OptionsOf(l).Activation == layer.LinearUnits:
			return impossible("contraction", "the Jacobian of %s is constant, because the layer is linear; hint: --weight-decay, or another activation", l.Name())
		case !layer.IsDense(l) || !fused(l):
			return impossible("contraction", "it is not implemented for %s; hint: fully connected layers with another activation", l.Name())
		}
	}
	return nil
}

func fused(l layer.Placed) bool {
	_, ok := layer.Fused(l)
	return ok
}
