package recipes_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
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

// texts are values for settings whose text is not a simple choice.
var texts = map[string][]string{
	"corruption": {"masking:0.3"}, "normalisation": {"layer", "batch"}, "encoder": {"dense:7 dense:4", "dense:4"},
	"decoder": {"dense:9 dense:64", "dense:12,tanh dense:64", "dense:64,nobias"}, "upsampling": {"nearest"},
}

// bases are settings with which other settings have an effect or are valid.
var bases = []string{
	"", "corruption=masking:0.25", "code-activation=sigmoid", "hidden=9", "loss=squared-error", "loss=squared-error; code-activation=relu",
	"sparsity=0", "tied=false", "contraction=0", "sparsity=0; code-activation=linear", "capacity=1", "contraction=0; code-activation=linear",
	"loss=gaussian", "loss=gaussian; intact-weight=1", "loss=gaussian; output-activation=linear", "filters=4; hidden=9", "filters=4; hidden=9; threshold=0; initialiser=normal; tied=false", "filters=4; hidden=9; contraction=0; tied=false",
	"code-activation=sigmoid; sparsity=1", "threshold=0; code-activation=sigmoid; sparsity=1", "threshold=0; code-activation=sigmoid",
	"hidden=9; words=3", "prior-epochs=2", "hidden=9; contraction=0", "filters=none; hidden=9; code-activation=sigmoid; activation=sigmoid",
}

// checkEffects changes each setting of a model separately. With some base, another value
// must change the programs, the parameters or the schedule. With no base may it do so
// if the model reports that the setting has no effect.
func checkEffects(t *testing.T, f *fixture) {
	if f.settings != "" {
		t.Skip("a variant has the same settings as its recipe, which is checked")
	}
	start := f.small()
	open := make(map[string]string) // settings without an effect so far, and why
	for _, field := range settings.Fields(start.model) {
		open[field.Name] = "no other value is known"
	}
	for _, base := range bases {
		u := f.small()
		if len(open) == 0 || !u.try(base) {
			continue
		}
		want, err := fingerprint(t, u)
		if err != nil {
			continue
		}
		useless := settings.Useless(u.model)
		for _, field := range settings.Fields(u.model) {
			i := slices.IndexFunc(useless, func(w settings.Without) bool { return w.Name == field.Name })
			if _, ok := open[field.Name]; !ok && (i < 0 || base != "") {
				continue
			}
			for _, value := range others(u, field) {
				why := f.changes(t, base, field.Name, value, want)
				if i < 0 {
					open[field.Name] = why
				}
				if why == "" && i >= 0 {
					t.Errorf("setting %s has an effect (%s), but is reported to have none %s", field.Name, value, useless[i].Why)
				}
				if why == "" {
					f.requireWeight(t, base, field, value)
					delete(open, field.Name)
					break
				}
			}
		}
	}
	for name, why := range open {
		if reason, ok := elsewhere[name]; ok {
			t.Logf("setting %s is not changed: %s", name, reason)
			continue
		}
		if reason, ok := ineffective[f.name+" "+name]; ok {
			t.Logf("setting %s is not changed: %s", name, reason)
			continue
		}
		t.Errorf("setting %s has no effect: %s", name, why)
	}
}

// requireWeight checks that a number that is 0 by default is not only a switch: half of
// another value must also make a difference.
func (s subject) requireWeight(t *testing.T, base string, field settings.Field, value string) {
	number, err := strconv.ParseFloat(value, 64)
	u := s.small()
	if half := fmt.Sprint(number / 2); field.String() == "0" && err == nil && u.try(base+"; "+field.Name+"="+value) {
		other, _ := u.field(field.Name)
		if other.Set(half) != nil { // a whole number
			return
		}
		if err := other.Set(value); err != nil {
			t.Fatal(err)
		}
		want, err := fingerprint(t, u)
		if err != nil {
			t.Fatal(err)
		}
		if why := s.changes(t, base+"; "+field.Name+"="+value, field.Name, half, want); why != "" {
			t.Errorf("setting %s: %s makes no difference to %s: %s", field.Name, half, value, why)
		}
	}
}

// ineffective are settings with only one valid value, and the reason.
var ineffective = map[string]string{
	"tied tied":             "the model is the one with tied weights, see TestRefused",
	"tied upsampling":       "tied convolutions need transposed convolutions in the decoder, see TestRefused",
	"iwae corrupted-weight": "importance weights are of whole images, see TestRefused",
	"iwae intact-weight":    "importance weights are of whole images, see TestRefused",
	"m2 corrupted-weight":   "classes are of whole images, see TestRefused",
	"m2 intact-weight":      "classes are of whole images, see TestRefused",
}

// elsewhere are settings that models of tiny images alone do not allow, and the test that checks them.
var elsewhere = map[string]string{
	"ssim":        "tiny images are smaller than its window, see TestSSIMIsRaised",
	"ssim-scales": "tiny images are smaller than its window, see TestSSIMIsRaised",

	"perceptual":        "it needs a classifier, see TestFeatureLoss",
	"perceptual-weight": "it needs a classifier, see TestFeatureLoss",
}

// try sets settings if the model has all of them and is valid afterwards.
func (u *setup) try(list string) bool {
	for text := range strings.SplitSeq(list, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(text), "=")
		if name == "" {
			continue
		}
		if field, ok := u.field(name); !ok || field.Set(value) != nil {
			return false
		}
	}
	return settings.Validate(u.model) == nil
}

// changes returns why a setting does not change the fingerprint of a base; "" if it
// changes it.
func (s subject) changes(t *testing.T, base, name, value, want string) string {
	u := s.small()
	u.try(base)
	field, _ := u.field(name)
	if err := errors.Join(field.Set(value), settings.Validate(u.model)); err != nil {
		return err.Error()
	}
	switch got, err := fingerprint(t, u); {
	case err != nil:
		return err.Error()
	case got == want:
		return value + " gives the same as the value before"
	}
	return ""
}

// others returns values of a setting that differ from the present one.
func others(u setup, field settings.Field) (values []string) {
	add := func(all ...any) {
		for _, v := range all {
			if text := fmt.Sprint(v); text != field.String() {
				values = append(values, text)
			}
		}
	}
	if all, ok := texts[field.Name]; ok {
		for _, text := range all {
			add(text)
		}
		return values
	}
	var number float64
	value := u.settings()[field.Name].Value
	switch {
	case field.IsBool():
		add(true, false)
	case json.Unmarshal(value, &number) == nil && number == math.Trunc(number) && !strings.ContainsAny(field.String(), ".e"):
		add(number+1, number-1, 1, 2, 0.5, 0.25)
	case json.Unmarshal(value, &number) == nil:
		add(number/2, 0.03, 2*number)
	case strings.HasPrefix(string(value), "["):
		var list []int
		if json.Unmarshal(value, &list) == nil {
			for i := range list {
				list[i]++
			}
			add(strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ","), "[]"), "4", "7,5")
		}
	default: // a choice: the error for an unknown value lists all values
		changed, _ := u.field(field.Name)
		old := field.String()
		err := changed.Set("nothing of the kind")
		if err == nil {
			err = settings.Validate(u.model)
			if changed.Set(old) != nil {
				panic(old)
			}
		}
		if err != nil {
			_, list, _ := strings.Cut(err.Error(), "one of ")
			for word := range strings.SplitSeq(list, ", ") {
				add(word)
			}
		}
	}
	return values
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

func checkLossFalls(t *testing.T, f *fixture) {
	u := f.setup(medium, mediumOf, "batch-size=25; epochs=3; patience=0")
	adversarial := u.Beta1 == 0.5 // adversarial training needs small steps
	if adversarial {
		u.LearningRate, u.Epochs = 2*u.LearningRate, 6
	}
	d := data(t, u, 500, 100)
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
