package trainer

import (
	"math"
	"slices"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// A rule moves the weights w of one parameter against its gradient g. Its state is
// moments of the size of w. Updates are counted from 1.
type rule struct {
	name    string
	moments []string
	move    func(c Config, u kernel.Update, update int, w []float32, g kernel.Gradient, moments [][]float32)
}

var rules = []rule{
	{"sgd", nil, func(_ Config, u kernel.Update, _ int, w []float32, g kernel.Gradient, _ [][]float32) {
		kernel.Descend(u, w, g)
	}},
	{"momentum", []string{"velocity"}, func(c Config, u kernel.Update, _ int, w []float32, g kernel.Gradient, m [][]float32) {
		kernel.Momentum(u, float32(c.Momentum), false, w, g, m[0])
	}},
	{"nesterov", []string{"velocity"}, func(c Config, u kernel.Update, _ int, w []float32, g kernel.Gradient, m [][]float32) {
		kernel.Momentum(u, float32(c.Momentum), true, w, g, m[0])
	}},
	{"rmsprop", []string{"square"}, func(c Config, u kernel.Update, _ int, w []float32, g kernel.Gradient, m [][]float32) {
		kernel.RMSProp(u, float32(c.Rho), float32(c.Epsilon), w, g, m[0])
	}},
	{"adam", []string{"first", "second"}, adam},
	{"adamw", []string{"first", "second"}, adam},
}

func adam(c Config, u kernel.Update, update int, w []float32, g kernel.Gradient, m [][]float32) {
	kernel.Adam(u, kernel.AdamMoments{
		Beta1: float32(c.Beta1), Beta2: float32(c.Beta2), Epsilon: float32(c.Epsilon),
		Correction1: float32(1 / (1 - math.Pow(c.Beta1, float64(update)))),
		Correction2: float32(1 / (1 - math.Pow(c.Beta2, float64(update)))),
	}, w, g, m[0], m[1])
}

func solverNames() (names []string) {
	for _, r := range rules {
		names = append(names, r.name)
	}
	return names
}

// ruleOf returns the rule of a configuration, which must be valid.
func ruleOf(c Config) rule {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.name == c.Solver })
	return rules[i]
}

// Solver moves parameters against their gradients.
type Solver struct {
	config  Config
	rates   map[string]float64 // as in Stage
	rule    rule
	moments map[string][][]float32 // by parameter
	steps   []kernel.Gradient      // of one update
}

// NewSolver makes the solver of a configuration, which must be valid, for the parameters
// with the given gradients. Its moments are zero. Rates are those of the stage.
func NewSolver(c Config, rates map[string]float64, gradients []graph.Gradient) *Solver {
	s := &Solver{config: c, rates: rates, rule: ruleOf(c), moments: make(map[string][][]float32)}
	for _, g := range gradients {
		moments := make([][]float32, len(s.rule.moments))
		for i := range moments {
			moments[i] = make([]float32, len(g.Parameter.Values()))
		}
		s.moments[g.Name] = moments
	}
	return s
}

// Step moves the parameters by one update with a learning rate. Updates are counted from
// 1. If there is a clip norm, gradients whose norm over all parameters is larger are
// scaled down to it (Pascanu 2013).
func (s *Solver) Step(rate float64, update int, gradients []graph.Gradient) {
	common := kernel.Update{Rate: float32(rate), Scale: 1}
	s.steps = s.steps[:0]
	for _, g := range gradients {
		s.steps = append(s.steps, g.Step())
	}
	if s.config.ClipNorm > 0 {
		var squares float64
		for i, g := range gradients {
			s.steps[i] = kernel.Gradient{Values: g.Values()}
			squares += kernel.SumSquares(s.steps[i].Values)
		}
		if norm := math.Sqrt(squares); norm > s.config.ClipNorm {
			common.Scale = float32(s.config.ClipNorm / norm)
		}
	}
	for i, g := range gradients {
		u := common
		if factor, ok := s.rates[g.Part]; ok {
			u.Rate *= float32(factor)
		}
		switch {
		case g.Role != graph.Weight:
		case s.config.Solver == "adamw":
			u.Decay = float32(s.config.WeightDecay)
		default:
			u.L2 = float32(s.config.WeightDecay)
		}
		s.rule.move(s.config, u, update, g.Parameter.Values(), s.steps[i], s.moments[g.Name])
	}
}

// traffic is the memory in bytes that a step of gradients moves, and that of the
// moments. The weights and their moments are read and written once. A gradient that is a
// product is computed in the cache, and another one is read once.
func (s *Solver) traffic(gradients []graph.Gradient) (moved, held int64) {
	for _, g := range gradients {
		size, moments := 4*int64(g.Size()), int64(len(s.rule.moments))
		moved, held = moved+2*(1+moments)*size, held+moments*size
		if !g.Deferred() || s.config.ClipNorm > 0 {
			moved += size
		}
	}
	return moved, held
}

// State lists the solver's moments by name, such as
// "solver/first/encoder/1/weights", without copies.
func (s *Solver) State() map[string][]float32 {
	state := make(map[string][]float32)
	for parameter, moments := range s.moments {
		for i, moment := range moments {
			state[solverPrefix+s.rule.moments[i]+"/"+parameter] = moment
		}
	}
	return state
}

// solverPrefix begins the names of a solver's state in a checkpoint.
const solverPrefix = "solver/"
