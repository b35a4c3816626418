package trainer

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"gaetrain/graph"
)

// reference is a solver in float64 with the equations of the papers.
type reference struct {
	Config
	first, second []float64
}

func (r *reference) step(rate float64, update int, decays bool, scale float64, w []float64, g []float32) {
	if r.first == nil {
		r.first, r.second = make([]float64, len(w)), make([]float64, len(w))
	}
	for i := range w {
		gradient, decay := scale*float64(g[i]), 0.0
		switch {
		case decays && r.Solver == "adamw":
			decay = r.WeightDecay
		case decays:
			gradient += r.WeightDecay * w[i]
		}
		w[i] -= rate * decay * w[i]
		switch r.Solver {
		case "sgd":
			w[i] -= rate * gradient
		case "momentum":
			r.first[i] = r.Momentum*r.first[i] + gradient
			w[i] -= rate * r.first[i]
		case "nesterov":
			r.first[i] = r.Momentum*r.first[i] + gradient
			w[i] -= rate * (gradient + r.Momentum*r.first[i])
		case "rmsprop":
			r.first[i] = r.Rho*r.first[i] + (1-r.Rho)*gradient*gradient
			w[i] -= rate * gradient / (math.Sqrt(r.first[i]) + r.Epsilon)
		case "adam", "adamw":
			r.first[i] = r.Beta1*r.first[i] + (1-r.Beta1)*gradient
			r.second[i] = r.Beta2*r.second[i] + (1-r.Beta2)*gradient*gradient
			first := r.first[i] / (1 - math.Pow(r.Beta1, float64(update)))
			second := r.second[i] / (1 - math.Pow(r.Beta2, float64(update)))
			w[i] -= rate * first / (math.Sqrt(second) + r.Epsilon)
		}
	}
}

// TestSolvers compares each solver with its reference on the gradients of real steps,
// with each option alone and with all options together.
func TestSolvers(t *testing.T) {
	variants := map[string]func(*setup){
		"plain":   func(*setup) {},
		"decay":   func(c *setup) { c.WeightDecay = 0.1 },
		"clip":    func(c *setup) { c.ClipNorm = 0.5 },
		"no clip": func(c *setup) { c.ClipNorm = 1e6 },
		"all":     func(c *setup) { c.WeightDecay, c.ClipNorm, c.Schedule, c.Warmup = 0.05, 0.5, "cosine", 0.5 },
	}
	for _, solver := range solverNames() {
		for name, change := range variants {
			t.Run(solver+"/"+name, func(t *testing.T) {
				c := small()
				c.Solver, c.Schedule, c.LearningRate = solver, "constant", 1e-2
				change(&c)
				compareSolver(t, c)
			})
		}
	}
}

func compareSolver(t *testing.T, c setup) {
	if err := c.Config.Validate(); err != nil {
		t.Fatal(err)
	}
	const updates = 9
	references, weights := make(map[string]*reference), make(map[string][]float64)
	update, clipped := 0, false
	check := func(l *Loop) {
		update++
		if update > updates {
			return
		}
		gradients, squares := l.Program.Gradients(), 0.0
		for _, g := range gradients {
			for _, v := range g.Values() {
				squares += float64(v) * float64(v)
			}
		}
		scale := 1.0
		if norm := math.Sqrt(squares); c.ClipNorm > 0 && norm > c.ClipNorm {
			scale, clipped = c.ClipNorm/norm, true
		}
		for _, g := range gradients {
			references[g.Name].step(l.Rate, update, g.Role == graph.Weight, scale, weights[g.Name], g.Values())
			for i, want := range weights[g.Name] {
				if got := float64(g.Parameter.Values()[i]); math.Abs(got-want) > 2e-4*math.Abs(want)+2e-5 {
					t.Fatalf("update %d: %s[%d] is %g, want %g", update, g.Name, i, got, want)
				}
			}
		}
	}
	start := Hook{Name: "start", Start: func(_ context.Context, l *Loop) error {
		for _, g := range l.Program.Gradients() {
			references[g.Name] = &reference{Config: c.Config}
			// At biases of zero, a decay would have no effect.
			for i := range g.Parameter.Values() {
				g.Parameter.Values()[i] += 0.3
				weights[g.Name] = append(weights[g.Name], float64(g.Parameter.Values()[i]))
			}
		}
		return nil
	}}
	trained(t, c, start, everyStep(check))
	if update < updates || clipped != (c.ClipNorm > 0 && c.ClipNorm < 1) {
		t.Errorf("%d updates, clipped: %t", update, clipped)
	}
}

// TestSolverState copies the state of each solver to another solver.
func TestSolverState(t *testing.T) {
	for _, solver := range solverNames() {
		t.Run(solver, func(t *testing.T) {
			c := small()
			c.Solver = solver
			e := experiment(t, c)
			program, err := e.Final().training(e.Parameters, 4)
			if err != nil {
				t.Fatal(err)
			}
			defer program.Close()
			gradients := program.Gradients()
			first := NewSolver(c.Config, nil, gradients)
			moments := len(first.rule.moments)
			if got := len(first.State()); got != moments*len(gradients) {
				t.Fatalf("%d moments of %d parameters, want %d of each", got, len(gradients), moments)
			}
			for name, values := range first.State() {
				for i := range values {
					values[i] = float32(len(name) + i)
				}
			}
			second := NewSolver(c.Config, nil, gradients)
			for name, values := range second.State() {
				copy(values, first.State()[name])
			}
			for parameter, want := range first.moments {
				for i := range want {
					if !slices.Equal(second.moments[parameter][i], want[i]) {
						t.Errorf("moment %d of %s is not restored", i, parameter)
					}
				}
			}
		})
	}
}

func TestSchedules(t *testing.T) {
	c := Config{Optimiser: Optimiser{LearningRate: 2}, RateSchedule: RateSchedule{StepEpochs: 2, StepFactor: 0.1}}
	const perEpoch, epochs = 4, 10
	for _, test := range []struct {
		schedule string
		warmup   float64
		update   int
		want     float64
	}{
		{"constant", 0, 0, 2},
		{"constant", 0, 39, 2},
		{"constant", 1, 0, 0.5},
		{"constant", 1, 1, 1},
		{"constant", 1, 2, 1.5},
		{"constant", 1, 3, 2},
		{"constant", 1, 4, 2},
		{"constant", 0.5, 0, 1},
		{"constant", 0.5, 1, 2},
		{"constant", 0.1, 0, 2}, // shorter than a step
		{"step", 0, 0, 2},
		{"step", 0, 7, 2},
		{"step", 0, 8, 0.2},
		{"step", 0, 15, 0.2},
		{"step", 0, 16, 0.02},
		{"step", 0, 39, 0.0002},
		{"step", 4, 8, 0.2 * 9 / 16},
		{"cosine", 0, 0, 2},
		{"cosine", 0, 10, 1 + math.Sqrt2/2},
		{"cosine", 0, 20, 1},
		{"cosine", 0, 30, 1 - math.Sqrt2/2},
		{"cosine", 0, 39, 1 + math.Cos(math.Pi*39/40)},
		{"cosine", 0, 40, 0},
		{"cosine", 5, 10, (1 + math.Sqrt2/2) * 11 / 20},
		{"linear", 0, 0, 2},
		{"linear", 0, 10, 1.5},
		{"linear", 0, 39, 0.05},
		{"linear", 0, 40, 0},
		{"linear", 5, 10, 1.5 * 11 / 20},
	} {
		t.Run(fmt.Sprint(test.schedule, test.warmup, test.update), func(t *testing.T) {
			c.Schedule, c.Warmup = test.schedule, test.warmup
			if got := rate(c, test.update, perEpoch, epochs); math.Abs(got-test.want) > 1e-12 {
				t.Errorf("learning rate is %g, want %g", got, test.want)
			}
		})
	}
}

// TestDecayEpochs checks that the schedule linear keeps the learning rate until the
// decay epochs begin, and that a stage can have fewer epochs than those.
func TestDecayEpochs(t *testing.T) {
	c := Config{Optimiser: Optimiser{LearningRate: 2}, RateSchedule: RateSchedule{Schedule: "linear", DecayEpochs: 2.5}}
	for _, test := range []struct {
		update, epochs int
		want           float64
	}{{0, 10, 2}, {30, 10, 2}, {35, 10, 1}, {39, 10, 0.2}, {0, 2, 2}, {4, 2, 1}} {
		if got := rate(c, test.update, 4, test.epochs); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("learning rate of update %d of %d epochs is %g, want %g", test.update, test.epochs, got, test.want)
		}
	}
}

// TestStepAt drops the learning rate after epochs that are listed.
func TestStepAt(t *testing.T) {
	c := Config{Optimiser: Optimiser{LearningRate: 2}, RateSchedule: RateSchedule{Schedule: "step", StepEpochs: 2, StepFactor: 0.1, StepAt: []int{1, 4, 13}}}
	for update, want := range map[int]float64{0: 2, 3: 2, 4: 0.2, 15: 0.2, 16: 0.02, 51: 0.02, 52: 0.002, 400: 0.002} {
		if got := rate(c, update, 4, 121); math.Abs(got-want) > 1e-12 {
			t.Errorf("learning rate of update %d is %g, want %g", update, got, want)
		}
	}
}
