package recipes_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"gaetrain/graph"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// checks are the checks that every subject must pass. A check that does not apply to a
// subject gives the reason by Skip or Log.
var checks = []struct {
	name string
	run  func(t *testing.T, f *fixture)
}{
	{"settings", checkSettings},
	{"every setting matters", checkEffects},
	{"round trip of settings", checkRoundTrip},
	{"round trip of layers", checkLayers},
	{"gradients", checkGradients},
	{"loss falls", checkLossFalls},
	{"partial batch", checkPartialBatch},
	{"same seed same bytes", checkSameSeed},
	{"save and load", checkSaveLoad},
	{"evaluation", checkEvaluation},
	{"codes", checkCodes},
	{"resume", checkResume},
}

// TestCompliance runs every check on every subject.
func TestCompliance(t *testing.T) {
	for i, s := range subjects() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, s, i)
			for _, check := range checks {
				t.Run(check.name, func(t *testing.T) { check.run(t, f) })
			}
		})
	}
}

// fixture is a subject and one run of it on tiny images, with which several checks
// compare other runs.
type fixture struct {
	subject
	index int // of the subject in subjects
	run   func() (*trainer.Experiment, string)
}

func newFixture(t *testing.T, s subject, index int) *fixture {
	return &fixture{s, index, sync.OnceValues(func() (*trainer.Experiment, string) {
		u := s.small()
		return trained(t, u, tinyData(u))
	})}
}

// TestCompleteness checks that each recipe has the texts that 'gaetrain models' and the
// report show.
func TestCompleteness(t *testing.T) {
	for _, r := range recipes.List() {
		if r.Name == "" || r.Summary == "" || r.Idea == "" || r.Citation == "" || r.BibTeX == "" || r.New == nil {
			t.Errorf("recipe %+v lacks a name, a summary, an idea, a citation, a BibTeX entry or a model", r)
		}
		found, err := recipes.Find(r.Name)
		if err != nil || found.Name != r.Name {
			t.Errorf("Find(%q) = %q, %v", r.Name, found.Name, err)
		}
	}
	_, err := recipes.Find("densse")
	refused(t, err, trainer.ErrConfiguration, "one of linear, dense")
}

// checkSettings checks that every setting of a model has help, and that the default
// values are valid and have an effect.
func checkSettings(t *testing.T, f *fixture) {
	u := f.plain()
	if err := settings.Validate(u.model); err != nil {
		t.Error(err)
	}
	if err := u.Config.Validate(); err != nil {
		t.Error(err)
	}
	for _, field := range settings.Fields(&u.Config, u.model) { // which panics if two settings have the same name
		if field.Help == "" || field.Group == "" {
			t.Errorf("setting %s has the help %q in the group %q", field.Name, field.Help, field.Group)
		}
		if old := field.String(); field.Set(old) != nil || field.String() != old {
			t.Errorf("setting %s is %q, which it does not accept", field.Name, old)
		}
	}
	for _, field := range settings.Fields(u.model) {
		checkHelp(t, field)
	}
	useless := settings.Useless(u.model)
	for _, w := range useless {
		if _, ok := u.field(w.Name); !ok && w.Name != "code" { // models without a Latent do not have it
			t.Errorf("setting %s has no effect %s, but the model has no setting of that name", w.Name, w.Why)
		}
	}
}

// checkHelp checks that the help of a setting exists, has a group and is one line of
// under 100 characters.
func checkHelp(t *testing.T, field settings.Field) {
	t.Helper()
	if n := utf8.RuneCountInString(field.Help); n == 0 || n >= 100 || field.Group == "" {
		t.Errorf("setting %s has the help %q (%d characters) in the group %q", field.Name, field.Help, n, field.Group)
	}
}

// fingerprint identifies a setup by the results of three training steps in each stage:
// losses, parameters, outputs, epochs and learning rates.
func fingerprint(t *testing.T, u setup) (string, error) {
	const rows = 6
	e, err := u.experiment(tinyData(u))
	if err != nil {
		return "", err
	}
	text := new(strings.Builder)
	for _, stage := range e.Stages {
		fmt.Fprintln(text, stage.Name, stage.Epochs, stage.Rates, stage.Corruption)
		program := training(t, stage, e.Parameters, rows)
		b := batch(t, stage, e.Parameters, program, e.Data.Train, rows)
		solver := trainer.NewSolver(u.Config, stage.Rates, program.Gradients())
		var opponent *graph.Program
		var second *trainer.Solver
		if stage.Opponent != nil {
			opponent = compile(t, e.Parameters, graph.Options{Batch: 2 * rows, Training: true}, stage.Opponent.Declare)
			second = trainer.NewSolver(u.Config, stage.Rates, opponent.Gradients())
		}
		for update := range 3 {
			program.At(0.25)
			run(t, program, b)
			fmt.Fprintln(text, program.Mean())
			if opponent != nil {
				run(t, opponent, against(stage, program, b))
				fmt.Fprintln(text, opponent.Mean())
				second.Step(0.01, update+1, opponent.Gradients())
				opponent.Advance()
			}
			solver.Step(0.01, update+1, program.Gradients())
			program.Advance()
		}
		whole := evaluation(t, stage, e.Parameters, rows)
		run(t, whole, batch(t, stage, e.Parameters, whole, e.Data.Train, rows))
		fmt.Fprintln(text, whole.Mean(), whole.Output(trainer.Code), whole.Output(trainer.Reconstruction))
	}
	fmt.Fprintf(text, "%x", e.Parameters.Digest())
	return text.String(), nil
}

// checkRoundTrip writes settings as run.json does, reads them, and checks that they make
// the same model.
func checkRoundTrip(t *testing.T, f *fixture) {
	u := f.small()
	text, err := json.Marshal(u.settings())
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]settings.Setting
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	other := setup{trainer.Defaults(), f.recipe.New(), f.recipe.Name}
	if err := settings.Fill(recorded, &other.Config, other.model); err != nil {
		t.Fatal(err)
	}
	for _, field := range settings.Effective(&other.Config, other.model) {
		if was, _ := u.field(field.Name); !was.Equal(field) {
			t.Errorf("setting %s was %s and is read as %s", field.Name, was, field)
		}
	}
	want, err := fingerprint(t, u)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fingerprint(t, other); err != nil || got != want {
		t.Errorf("the settings that are read make another model: %v", err)
	}
	for name := range recorded {
		if _, ok := u.field(name); !ok {
			t.Errorf("%s is recorded, but is not a setting", name)
		}
	}
}

// checkLayers writes the layers of the encoder as text, and checks that this text as a
// setting makes the same model.
func checkLayers(t *testing.T, f *fixture) {
	u := f.small()
	e := experiment(t, u, tinyData(u))
	shaped, ok := u.model.(interface{ CodeShape() graph.Shape })
	if !ok {
		t.Skip("the model has no codes")
	}
	text := recipes.EncoderText(u.model, shaped.CodeShape().Size())
	if text == "" {
		t.Skip("the model has no setting for the text of its layers")
	}
	other := f.small()
	field, _ := other.field("encoder")
	if err := field.Set(text); err != nil {
		t.Fatal(err)
	}
	written, err := other.experiment(tinyData(other))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if e.Parameters.Digest() != written.Parameters.Digest() {
		t.Errorf("the layers %q have other parameters", text)
	}
	other = f.small()
	if field, _ := other.field("encoder"); field.Set(text+" dense:5") != nil {
		t.Fatal("text is not set")
	}
	if written, err := other.experiment(tinyData(other)); err == nil && e.Parameters.Digest() == written.Parameters.Digest() {
		t.Error("another text of layers makes the same model")
	}
}

// slow are subjects whose loss falls too little in three epochs of images of half the size.
var slow = []string{"conv-silu", "fsq-levels", "vqvae"}

func checkLossFalls(t *testing.T, f *fixture) {
	u := f.setup(medium, mediumOf, "batch-size=25; epochs=3; patience=0")
	adversarial := u.Beta1 == 0.5 // adversarial training needs small steps
	if adversarial {
		u.LearningRate, u.Epochs = 2*u.LearningRate, 6
	}
	d := halfData(t, u, 500, 100)
	if slices.Contains(slow, f.name) {
		d = data(t, u, 500, 100)
	}
	untrained := evaluated(t, experiment(t, u, d).Trained(), d.Test).Criterion()
	e, dir := trained(t, f.setup(medium, mediumOf, fmt.Sprintf("batch-size=25; patience=0; epochs=%d; learning-rate=%g", u.Epochs, u.LearningRate)), d)
	losses := []float64{untrained}
	for _, record := range records(t, dir) {
		if record.Split == "test" && record.Stage == e.Final().Name {
			losses = append(losses, record.Criterion())
		}
	}
	if len(losses) != u.Epochs+1 {
		t.Fatalf("test losses of %d epochs, want %d", len(losses)-1, u.Epochs)
	}
	// The loss of a model with an opponent does not fall in every epoch.
	if problem := falling(losses, 0.1, !adversarial); problem != "" {
		t.Error(problem)
	}
}

// falling returns what is wrong with losses. The last one must be a given share below
// the first. If required, each one must be below the previous one, with a tolerance of a
// hundredth of the fall so far.
func falling(losses []float64, share float64, each bool) string {
	first, last := losses[0], losses[len(losses)-1]
	if fall := first - last; !(fall >= share*math.Abs(first)) {
		return fmt.Sprintf("losses %v do not fall by %g %%", losses, 100*share)
	}
	for i := range losses[1:] {
		if each && !(losses[i+1] < losses[i]+0.01*(first-losses[i])) {
			return fmt.Sprintf("losses %v do not fall in epoch %d", losses, i+1)
		}
	}
	return ""
}

func TestFalling(t *testing.T) {
	for _, test := range []struct {
		losses []float64
		each   bool
		want   string
	}{
		{[]float64{0.5, 0.4, 0.3}, true, ""},
		{[]float64{-10, -20}, true, ""},
		{[]float64{0.5, 0.55, 0.3}, false, ""},
		{[]float64{0.5, 0.3, 0.301}, true, ""},
		{[]float64{0.5, 0.3, 0.31}, true, "in epoch 2"},
		{[]float64{0.5, 0.5, 0.3}, true, "in epoch 1"},
		{[]float64{0.5, 0.55, 0.3}, true, "in epoch 1"},
		{[]float64{0.9, 0.89}, true, "by 10 %"},
		{[]float64{1, 0.5, math.NaN()}, false, "by 10 %"},
		{[]float64{1, math.NaN(), 0.5}, true, "in epoch 1"},
	} {
		if got := falling(test.losses, 0.1, test.each); (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%v: %q, want %q", test.losses, got, test.want)
		}
	}
}

// checkPartialBatch compares two programs on the same images. One of them is compiled for
// a larger batch.
func checkPartialBatch(t *testing.T, f *fixture) {
	const compiled, rows = 16, 5
	e, _ := f.run()
	for _, stage := range e.Stages {
		large, exact := training(t, stage, e.Parameters, compiled), training(t, stage, e.Parameters, rows)
		b := batch(t, stage, e.Parameters, large, e.Data.Train, compiled)
		part := graph.Batch{Rows: rows, Key: b.Key, Inputs: make(map[string][]float32)}
		for name, values := range b.Inputs {
			part.Inputs[name] = values[:len(values)/compiled*rows]
		}
		run(t, large, b) // which leaves its values in memory
		b.Rows = rows    // of the memory of a whole batch
		for _, short := range []graph.Batch{part, b} {
			run(t, large, short)
			run(t, exact, part)
			if got, want := large.Mean(), exact.Mean(); math.Abs(got-want) > 1e-5*math.Abs(want) {
				t.Errorf("%s: the loss of a partial batch is %g, want %g", stage.Name, got, want)
			}
			for i, term := range large.Terms() {
				if len(term.PerImage()) != rows || !slices.Equal(term.PerImage(), exact.Terms()[i].PerImage()) {
					t.Errorf("%s: term %s of a partial batch is %v, want %v", stage.Name, term.Name, term.PerImage(), exact.Terms()[i].PerImage())
				}
			}
			for i, g := range large.Gradients() {
				want := exact.Gradients()[i].Values()
				for j, got := range g.Values() {
					if math.Abs(float64(got-want[j])) > 1e-5*(largest(want)+1e-6) {
						t.Errorf("%s: the gradient of %s[%d] of a partial batch is %g, want %g", stage.Name, g.Name, j, got, want[j])
						break
					}
				}
			}
		}
	}
}

func checkSameSeed(t *testing.T, f *fixture) {
	_, first := f.run()
	u := f.small()
	_, second := trained(t, u, tinyData(u))
	sameOutcome(t, second, first)
	u = f.small("seed=7")
	_, other := trained(t, u, tinyData(u))
	a, b := outcome(t, first), outcome(t, other)
	for name := range a {
		if a[name] == b[name] {
			t.Errorf("%s does not depend on the seed", name)
		}
	}
}

// TestThreads trains every subject with one thread and with two. It is not parallel,
// because the number of threads is that of the whole process.
func TestThreads(t *testing.T) {
	for _, s := range subjects() {
		t.Run(s.name, func(t *testing.T) {
			u := s.small()
			setThreads(t, 1)
			_, one := trained(t, u, tinyData(u))
			setThreads(t, 2)
			u = s.small()
			_, two := trained(t, u, tinyData(u))
			sameOutcome(t, two, one)
		})
	}
}

func checkSaveLoad(t *testing.T, f *fixture) {
	e, dir := f.run()
	model, err := trainer.OpenModel(recipeOf, dir, trainer.LastCheckpoint)
	if err != nil {
		t.Fatal(err)
	}
	if len(model.Parameters.All()) != len(e.Parameters.All()) || model.Parameters.Digest() == experiment(t, f.small(), e.Data).Parameters.Digest() {
		t.Errorf("%d parameters, want %d trained ones", len(model.Parameters.All()), len(e.Parameters.All()))
	}
	for _, p := range e.Parameters.All() {
		loaded, ok := model.Parameters.Get(p.Name)
		if !ok || !slices.Equal(loaded.Values(), p.Values()) {
			t.Errorf("%s differs from the saved value", p.Name)
		}
	}
	figures := evaluated(t, model, e.Data.Test)
	all := records(t, dir)
	if last := all[len(all)-1]; last.Split != "test" || last.Loss != figures.Loss || last.MSE != figures.MSE || last.Criterion() != figures.Criterion() {
		t.Errorf("the loaded model gives %+v, the run recorded %+v", figures, last)
	}
	if !model.HasEncoder() {
		return
	}
	got, err := model.Encode(context.Background(), e.Data.Test)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := e.Trained().Encode(context.Background(), e.Data.Test); err != nil || !slices.Equal(got, want) {
		t.Errorf("the loaded model gives other codes: %v", err)
	}
}
