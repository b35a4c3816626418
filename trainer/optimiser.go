package trainer

import (
	"slices"

	"gaetrain/trainer/settings"
)

// Optimiser holds the settings of the solver, which moves the weights against
// their gradients. The solver adamw decouples the weight decay; the others add it to
// the gradient.
type Optimiser struct {
	Solver       string  `toml:"solver" group:"optimiser" help:"Solver: sgd, momentum, nesterov, rmsprop, adam or adamw; the default depends on the model"`
	LearningRate float64 `toml:"learning-rate" group:"optimiser" help:"Learning rate before warm-up and schedule, above 0; the default depends on the model"`
	Momentum     float64 `toml:"momentum" group:"optimiser" help:"Momentum of the solvers momentum and nesterov, from 0 to below 1"`
	Beta1        float64 `toml:"beta1" group:"optimiser" help:"Decay of the first moment (adam, adamw), from 0 to below 1; the default depends on the model"`
	Beta2        float64 `toml:"beta2" group:"optimiser" help:"Decay of the second moment of the solvers adam and adamw, from 0 to below 1"`
	Rho          float64 `toml:"rho" group:"optimiser" help:"Decay of the mean square of the solver rmsprop, from 0 to below 1"`
	Epsilon      float64 `toml:"epsilon" group:"optimiser" help:"Number that the solvers adam, adamw and rmsprop add to the divisor, above 0"`
	WeightDecay  float64 `toml:"weight-decay" group:"optimiser" help:"Weight decay of all weights but biases, 0 or more; the default depends on the model"`
	ClipNorm     float64 `toml:"clip-norm" group:"optimiser" help:"Largest global norm of the gradients; 0 for no limit; the default depends on the model"`
}

// OptimiserDefaults returns the settings of the solver that a run has by default.
func OptimiserDefaults() Optimiser {
	return Optimiser{Solver: "adam", LearningRate: 1e-3, Momentum: 0.9, Beta1: 0.9, Beta2: 0.999, Rho: 0.9, Epsilon: 1e-8}
}

// Validate reports the first value that makes no sense, wrapping
// ErrConfiguration.
func (o Optimiser) Validate() error {
	if err := settings.Choice("solver", o.Solver, solverNames()...); err != nil {
		return err
	}
	decay := func(v float64) bool { return v >= 0 && v < 1 }
	return settings.Numbers(
		settings.Number{OK: o.LearningRate > 0 && settings.Finite(o.LearningRate), Name: "learning-rate", Value: o.LearningRate, Hint: "above 0"},
		settings.Number{OK: decay(o.Momentum), Name: "momentum", Value: o.Momentum, Hint: "from 0 to below 1"},
		settings.Number{OK: decay(o.Beta1), Name: "beta1", Value: o.Beta1, Hint: "from 0 to below 1"},
		settings.Number{OK: decay(o.Beta2), Name: "beta2", Value: o.Beta2, Hint: "from 0 to below 1"},
		settings.Number{OK: decay(o.Rho), Name: "rho", Value: o.Rho, Hint: "from 0 to below 1"},
		settings.Number{OK: float32(o.Epsilon) > 0 && settings.Finite(o.Epsilon), Name: "epsilon", Value: o.Epsilon, Hint: "above 0 after rounding to float32"},
		settings.Number{OK: o.WeightDecay >= 0 && settings.Finite(o.WeightDecay), Name: "weight-decay", Value: o.WeightDecay, Hint: "0 or more"},
		settings.Number{OK: o.ClipNorm >= 0 && settings.Finite(o.ClipNorm), Name: "clip-norm", Value: o.ClipNorm, Hint: "0 for no limit, or more"},
	)
}

// Ineffective lists the settings that the chosen solver does not read.
func (o Optimiser) Ineffective() (list []settings.Without) {
	for _, s := range []struct {
		name, hint string
		solvers    []string
	}{
		{"momentum", "--solver momentum or --solver nesterov uses it", []string{"momentum", "nesterov"}},
		{"beta1", "--solver adam or --solver adamw uses it", []string{"adam", "adamw"}},
		{"beta2", "--solver adam or --solver adamw uses it", []string{"adam", "adamw"}},
		{"rho", "--solver rmsprop uses it", []string{"rmsprop"}},
		{"epsilon", "--solver adam, adamw or rmsprop uses it", []string{"adam", "adamw", "rmsprop"}},
	} {
		if !slices.Contains(s.solvers, o.Solver) {
			list = append(list, settings.Without{Name: s.name, Why: "with solver " + o.Solver + "; hint: " + s.hint})
		}
	}
	return list
}
