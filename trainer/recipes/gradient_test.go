package recipes_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/trainer"
)

// inexact returns the parts of a setup whose gradients are not derivatives of the loss,
// and the reason. Their gradients are not compared with differences. The gradients of
// all other parts are compared.
func inexact(u *setup) (parts []string, why string) {
	has := func(name, value string) bool {
		f, ok := u.field(name)
		return ok && f.String() == value
	}
	switch {
	case has("gradient", "dreg"):
		return []string{"encoder", "decoder"}, "the doubly reparametrised gradient equals the gradient of the loss only on average"
	case u.name == "fsq" || u.name == "vqvae":
		return []string{"encoder"}, "gradients pass through the rounding of the code unchanged (straight-through), so they are not derivatives"
	}
	return nil, ""
}

// withoutStops are settings, by recipe, that remove terms whose gradient does not reach
// all parts of the model, and the reason.
var withoutStops = map[string]struct{ settings, why string }{
	"topk": {"dead-weight=0", "the term of dead units does not reach units that are not dead, see TestDeadUnitsLearn"},
}

// flat are tensors along which the loss does not change, by subject, and why.
var flat = map[string]struct{ tensor, why string }{
	"conv-batchnorm-dropout": {"encoder/3/bias", "the batch normalisation after the code subtracts it again"},
}

// checkGradients compares the gradients of every stage's training program with
// central differences of the loss, for several activations and reconstruction
// terms.
func checkGradients(t *testing.T, f *fixture) {
	seen := make(map[string]bool)
	for _, activation := range []string{"tanh", "relu"} {
		for _, loss := range []string{"cross-entropy", "squared-error", "gaussian"} {
			if (activation == "relu") != (loss == "squared-error") != (f.index%2 == 1) {
				continue // three of the six, and the other three for the next subject
			}
			u := f.small()
			for _, text := range []string{"loss=" + loss, "activation=" + activation} {
				if name, _, _ := strings.Cut(text, "="); has(&u, name) {
					u.set(text)
				}
			}
			if loss == "cross-entropy" && has(&u, "loss") && has(&u, "output-activation") {
				u.set("output-activation=sigmoid")
			}
			u.set(f.settings)
			if stop, ok := withoutStops[u.name]; ok {
				t.Logf("%s: %s", stop.settings, stop.why)
				u.set(stop.settings)
			}
			key, err := json.Marshal(u.settings())
			if err != nil {
				t.Fatal(err)
			}
			if seen[string(key)] { // the model has no such setting
				continue
			}
			seen[string(key)] = true
			t.Run(activation+"/"+loss, func(t *testing.T) {
				e, err := u.experiment(tinyData(u))
				if err != nil {
					t.Skip(err) // a combination that the model refuses, see TestRefused
				}
				parts, why := inexact(&u)
				if why != "" {
					t.Logf("not compared: %s: %s", strings.Join(parts, " and "), why)
				}
				for _, stage := range e.Stages {
					compareStage(t, f.name, stage, e, parts)
					if stage.Opponent != nil {
						compareOpponent(t, stage, e)
					}
				}
			})
		}
	}
}

func has(u *setup, name string) bool {
	_, ok := u.field(name)
	return ok
}

// compareStage compares the gradients of a stage's training program. The gradients of
// inexact parts only have to exist, and flat tensors are checked by checkFlat.
func compareStage(t *testing.T, subject string, stage trainer.Stage, e *trainer.Experiment, without []string) {
	const rows = 5
	move(e.Parameters)
	if variance, ok := e.Parameters.Get("decoder/variance"); ok { // otherwise most of the loss is a constant
		variance.Values()[0] = 0.05
	}
	program := training(t, stage, e.Parameters, rows)
	b := batch(t, stage, e.Parameters, program, e.Data.Train, rows)
	if f, ok := flat[subject]; ok {
		t.Logf("the gradient of %s is zero: %s", f.tensor, f.why)
		checkFlat(t, program, b, f.tensor)
		without = append(without, f.tensor)
	}
	for _, problem := range compareProgram(t, stage.Name, program, b, without) {
		t.Error(problem)
	}
}

// checkFlat checks that the loss does not change along a tensor, and that its gradient is
// only a rounding error.
func checkFlat(t *testing.T, program *graph.Program, b graph.Batch, tensor string) {
	run(t, program, b)
	loss, all := lossOf(t, program, b), 0.0
	for _, g := range program.Gradients() {
		all = max(all, largest(g.Values()))
	}
	for _, g := range program.Gradients() {
		if g.Name != tensor {
			continue
		}
		if scale := largest(g.Values()); scale > 1e-5*all {
			t.Errorf("the gradient of %s is %g, want about 0", tensor, scale)
		}
		here, value := loss(), &g.Parameter.Values()[0]
		*value++
		if there := loss(); math.Abs(there-here) > 1e-5*math.Abs(here) {
			t.Errorf("the loss changes along %s, from %g to %g", tensor, here, there)
		}
		*value--
		return
	}
	t.Errorf("no tensor %s is trained", tensor)
}

// move changes parameters from their initial values, because biases start at zero, where
// gradients can be exceptional.
func move(p *graph.Parameters) {
	for _, parameter := range p.All() {
		if parameter.Role == graph.Statistic {
			continue
		}
		for i := range parameter.Values() {
			parameter.Values()[i] += 0.05 * float32(math.Sin(float64(7*i+len(parameter.Name))))
		}
	}
}

// compareOpponent compares the gradients of the program that trains the opponent
// of a stage, after the singular vectors of its weights have converged.
func compareOpponent(t *testing.T, stage trainer.Stage, e *trainer.Experiment) {
	const rows = 4
	model := training(t, stage, e.Parameters, rows)
	b := batch(t, stage, e.Parameters, model, e.Data.Train, rows)
	run(t, model, b)
	program := compile(t, e.Parameters, graph.Options{Batch: 2 * rows, Training: true}, stage.Opponent.Declare)
	both := against(stage, model, b)
	for range 300 {
		run(t, program, both)
		program.Advance()
	}
	for _, problem := range compareProgram(t, stage.Name+", opponent", program, both, nil) {
		t.Error(problem)
	}
}

// against is the batch of an opponent: real samples, then the samples that the program of
// the model has just made.
func against(stage trainer.Stage, model *graph.Program, b graph.Batch) graph.Batch {
	made, labels := model.Output(stage.Opponent.Made), b.Inputs[trainer.Labels]
	return graph.Batch{Rows: 2 * b.Rows, Key: b.Key, Inputs: map[string][]float32{
		trainer.Samples: slices.Concat(stage.Opponent.Examples(b, made), made),
		trainer.Labels:  slices.Concat(labels, labels),
	}}
}

// slopes are differences of the loss along one number of a tensor, by step, with
// bounds of their rounding errors.
type slopes []struct{ value, error float64 }

// agree reports whether a gradient equals one of the slopes, with a tolerance relative to
// scale. A kink between two points makes a large step wrong, and rounding a small one.
func (s slopes) agree(gradient, scale float64) bool {
	for _, slope := range s {
		if math.Abs(gradient-slope.value) <= 0.01*scale+slope.error {
			return true
		}
	}
	return false
}

// compareProgram compares the gradients of a program with differences, along the
// numbers of each tensor with the largest gradients and along some others. The
// comparison must be able to fail: for each tensor, a zero gradient and gradients that
// are a fifth too small or too large must not pass. It returns what is wrong.
func compareProgram(t *testing.T, name string, program *graph.Program, b graph.Batch, without []string) (problems []string) {
	problem := func(format string, values ...any) {
		problems = append(problems, name+": "+fmt.Sprintf(format, values...))
	}
	run(t, program, b)
	loss := lossOf(t, program, b)
	var gradients [][]float32
	for _, g := range program.Gradients() {
		gradients = append(gradients, slices.Clone(g.Values()))
	}
	if len(gradients) == 0 {
		problem("nothing is trained")
	}
	for at, g := range program.Gradients() {
		if slices.Contains(without, g.Name) {
			continue
		}
		gradient := gradients[at]
		scale := largest(gradient)
		if scale == 0 {
			problem("the gradient of %s is zero", g.Name)
			continue
		}
		if slices.Contains(without, g.Part) {
			continue
		}
		values := g.Parameter.Values()
		compared := make(map[int]slopes)
		for _, i := range chosen(gradient) {
			if compared[i] = differences(&values[i], float64(gradient[i]), scale, loss); len(compared[i]) == 0 {
				problem("gradients of %s up to %g are too small for float32 differences of a loss of %g", g.Name, scale, loss())
				break
			}
		}
		// wrong lists the numbers along which a multiple of the gradient differs.
		wrong := func(factor float64) (all []int) {
			for i, slopes := range compared {
				if !slopes.agree(factor*float64(gradient[i]), scale) {
					all = append(all, i)
				}
			}
			return all
		}
		for _, i := range wrong(1) {
			problem("the gradient of %s[%d] is %g, differences are %.6g (largest gradient %g)", g.Name, i, gradient[i], compared[i], scale)
		}
		for _, factor := range []float64{0, -1, 0.8, 1.2} {
			if len(wrong(factor)) == 0 {
				problem("%g times the gradient of %s would pass", factor, g.Name)
			}
		}
	}
	return problems
}

func largest(values []float32) (scale float64) {
	for _, v := range values {
		scale = max(scale, math.Abs(float64(v)))
	}
	return scale
}

// chosen returns the indices of the numbers with the three largest magnitudes, and of
// three others.
func chosen(values []float32) []int {
	places := make([]int, len(values))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(i, j int) int {
		return -compareMagnitudes(values[i], values[j])
	})
	some := slices.Clone(places[:min(3, len(places))])
	random := rand.New(rand.NewPCG(1, uint64(len(values))))
	for range min(3, len(places)-len(some)) {
		some = append(some, random.IntN(len(values)))
	}
	return some
}

func compareMagnitudes(a, b float32) int {
	switch a, b := math.Abs(float64(a)), math.Abs(float64(b)); {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// differences returns slopes of a loss along a number, for steps whose rounding errors
// are small relative to scale. They are central differences and, for small steps, also
// one-sided differences, because one side has no kink. It stops at the first step whose
// slope agrees with the gradient.
func differences(value *float32, gradient, scale float64, loss func() float64) (all slopes) {
	old := *value
	here, middle := loss(), float64(old)
	for _, step := range []float32{1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4} {
		*value = old + step
		above, right := loss(), float64(*value)
		*value = old - step
		below, left := loss(), float64(*value)
		*value = old
		rounding := (math.Abs(above) + math.Abs(below)) * 0x1p-25 / float64(step)
		if rounding > 0.05*scale {
			break
		}
		add := func(value, error float64) { all = append(all, struct{ value, error float64 }{value, error}) }
		add((above-below)/(right-left), rounding)
		if step <= 3e-3 && 2*rounding < 0.05*scale {
			add((above-here)/(right-middle), 2*rounding)
			add((here-below)/(middle-left), 2*rounding)
		}
		if all.agree(gradient, scale) {
			break
		}
	}
	return all
}

// lossOf returns a function that runs a program and returns the loss that it minimises.
// If the loss is the sum of the reported terms, they are added in float64, image by
// image. Otherwise it is the sum of the program itself.
func lossOf(t *testing.T, program *graph.Program, b graph.Batch) func() float64 {
	sum := func() (mean float64) {
		for _, term := range program.Terms() {
			for _, image := range term.PerImage() {
				mean += term.Reported * float64(image) / float64(b.Rows)
			}
		}
		return mean
	}
	exact := math.Abs(sum()-program.Mean()) <= 1e-5*math.Abs(program.Mean())
	return func() float64 {
		run(t, program, b)
		if exact {
			return sum()
		}
		return program.Mean()
	}
}

// TestWrongGradients checks that compareProgram finds wrong gradients, such as the
// gradient of the straight-through estimator.
func TestWrongGradients(t *testing.T) {
	for name, part := range map[string]string{"fsq": "encoder", "topk": "decoder"} {
		u := find(name).small()
		if name == "topk" {
			u.set("dead-weight=10")
		}
		e := experiment(t, u, tinyData(u))
		if name == "topk" {
			silent, _ := e.Parameters.Get("code/silent_batches")
			for i := range silent.Values() {
				silent.Values()[i] = float32(i % 2 * 1000)
			}
		}
		move(e.Parameters)
		program := training(t, e.Final(), e.Parameters, 5)
		b := batch(t, e.Final(), e.Parameters, program, e.Data.Train, 5)
		problems := compareProgram(t, name, program, b, nil)
		if len(problems) == 0 || !strings.Contains(strings.Join(problems, "\n"), part+"/") {
			t.Errorf("wrong gradients of the %s of %s pass: %q", part, name, problems)
		}
	}
}
