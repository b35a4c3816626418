package recipes_test

import (
	"context"
	"slices"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// TestClassifiers checks for every subject that a frozen encoder has the codes of the
// model, that the classifier learns the labels, and that layers thaw one by one.
func TestClassifiers(t *testing.T) {
	t.Parallel()
	for _, s := range subjects() {
		t.Run(s.name, func(t *testing.T) {
			u := s.small()
			d := tinyData(u)
			_, from := trained(t, u, d)
			model, err := trainer.OpenModel(recipeOf, from, trainer.LastCheckpoint)
			if err != nil {
				t.Fatal(err)
			}
			frozen, thawed := classifier(u, "encoder-lr-scale=0"), classifier(u, "encoder-lr-scale=1; thaw=true")
			if model.Conditional() || !model.HasEncoder() {
				_, err := newClassifier(frozen, from, d)
				refused(t, err, trainer.ErrConfiguration, "--model")
				return
			}
			if s.recipe.Name == "topk" && !isLayered(model) {
				_, err := newClassifier(frozen, from, d)
				refused(t, err, trainer.ErrConfiguration, "needs an encoder of separate layers")
				return
			}
			want, err := model.Encode(context.Background(), d.Test)
			if err != nil {
				t.Fatal(err)
			}
			if got := classified(t, frozen, from, d); !slices.Equal(got, want) {
				t.Error("a frozen encoder gives other codes than the model")
			}
			if got := classified(t, thawed, from, d); slices.Equal(got, want) {
				t.Error("a thawed encoder has not changed")
			}
		})
	}
}

func isLayered(m *trainer.Trained) bool {
	_, ok := m.Stage.Model.(trainer.Layered)
	return ok
}

// classifier is a classifier on the model of a setup.
func classifier(of setup, list string) setup {
	u := setup{of.Config, recipes.Classifier.New(), recipes.Classifier.Name}
	u.set("epochs=2; solver=adam; learning-rate=1e-2; patience=0; binarise=false; augment=none")
	u.set(list)
	return u
}

func newClassifier(u setup, from string, d *loaders.Dataset) (*trainer.Experiment, error) {
	o := trainer.LabelledDefaults()
	o.From = from
	return trainer.NewClassifier(recipeOf, u.Config, o, u.name, u.model.(trainer.Transfer), d)
}

// classified trains a classifier, checks its stages and that its loss falls, and returns
// the codes of its encoder.
func classified(t *testing.T, u setup, from string, d *loaders.Dataset) []float32 {
	t.Helper()
	e, err := newClassifier(u, from, d)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	labelled := trainer.LabelledDefaults()
	if err := trainIn(context.Background(), dir, e, settings.Record(nil, &u.Config, &labelled, u.model)); err != nil {
		t.Fatal(err)
	}
	model, err := trainer.OpenModel(recipeOf, dir, trainer.LastCheckpoint)
	if err != nil {
		t.Fatal(err)
	}
	thaw, _ := u.field("thaw")
	if want := map[string]int{"false": 1, "true": 1 + model.Depth()}[thaw.String()]; len(e.Stages) != want && isLayered(model) {
		t.Errorf("%d stages, want %d", len(e.Stages), want)
	}
	first, last := 0.0, 0.0
	for _, record := range records(t, dir) {
		if record.Split == "train" {
			if last = record.Loss; first == 0 {
				first = record.Loss
			}
		}
	}
	if problem := falling([]float64{first, last}, 0.001, true); problem != "" {
		t.Error(problem)
	}
	codes, err := model.Encode(context.Background(), d.Test)
	if err != nil {
		t.Fatal(err)
	}
	return codes
}

// TestClassifierSettings checks the help of the settings of a classifier, and the reasons
// with which invalid settings are refused.
func TestClassifierSettings(t *testing.T) {
	m := recipes.Classifier.New()
	for _, f := range settings.Fields(m) {
		checkHelp(t, f)
	}
	if err := settings.Validate(m); err != nil {
		t.Error(err)
	}
	for want, list := range map[string]string{
		"thaw has no effect with encoder-lr-scale 0":     "thaw=true; encoder-lr-scale=0",
		"encoder-lr-scale is -1":                         "encoder-lr-scale=-1",
		"classifier-hidden has a layer of 0 units; hint": "classifier-hidden=0",
	} {
		u := setup{trainer.Defaults(), recipes.Classifier.New(), recipes.Classifier.Name}
		u.set(list)
		refused(t, settings.Validate(u.model), trainer.ErrConfiguration, want)
	}
}
