package pictures

import (
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	set "gaetrain/trainer/settings"
)

// TestMeanings checks that every figure that a run of any model records has a meaning.
func TestMeanings(t *testing.T) {
	for _, r := range recipes.List() {
		c := trainer.Defaults()
		if r.Defaults != nil {
			r.Defaults(&c)
		}
		c.BatchSize, c.Epochs, c.TrainImages, c.TestImages = 16, 1, 16, 16
		m := r.New()
		for name, value := range map[string]string{"hidden": "8", "code": "40", "pretrain-epochs": "1"} {
			if f, ok := set.Named(set.Fields(m), name); ok {
				if err := f.Set(value); err != nil {
					t.Fatal(err)
				}
			}
		}
		data, err := trainer.OpenData(t.Context(), c, loaders.Options{})
		if err != nil {
			t.Fatal(err)
		}
		e, err := trainer.NewExperiment(c, r.Name, m, data)
		if err != nil {
			t.Fatal(err)
		}
		run, err := trainer.CreateRun(t.TempDir(), e, set.Record(nil, &c, m))
		if err != nil {
			t.Fatal(err)
		}
		defer run.Close()
		l, err := trainer.NewLoop(t.Context(), e, run)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Train(t.Context()); err != nil {
			t.Fatal(err)
		}
		final, err := run.Final()
		if err != nil {
			t.Fatal(err)
		}
		for split, figures := range final.Last {
			for name := range figures.All() {
				if meanings[name].good == "" {
					t.Errorf("%s: there is no meaning for %s %s", r.Name, split, name)
				}
			}
		}
	}
}
