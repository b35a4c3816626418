package recipes_test

import (
	"strings"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// numbers is a table with a range of values.
func numbers(low, high float32) *loaders.Dataset {
	return &loaders.Dataset{
		Train:   loaders.Values(loaders.Shape{Channels: 1, Height: 1, Width: 2}, []float32{low, high}),
		Scaling: &loaders.Scaling{Kind: loaders.ScaleNone}, Range: loaders.Range{Low: low, High: high},
	}
}

// TestFit checks that the settings of every model fit the data.
func TestFit(t *testing.T) {
	images := numbers(-3, 4)
	images.Train.Shape = loaders.Shape{Channels: 1, Height: 2, Width: 1}
	unit := numbers(0, 1)
	unit.Train.Shape = images.Train.Shape
	for _, r := range recipes.List() {
		for _, data := range []*loaders.Dataset{numbers(-3, 4), numbers(0, 1), images} {
			m, c, origins := r.New(), trainer.Defaults(), make(map[string]settings.Origin)
			note, err := recipes.Fit(m, &c, data, origins)
			if err != nil {
				t.Errorf("%s: %v", r.Name, err)
				continue
			}
			loss, ok := settings.Named(settings.Fields(m), "loss")
			want := "squared-error"
			if _, posterior := m.(trainer.Posterior); posterior {
				want = "gaussian"
			}
			if ok && loss.String() != want {
				t.Errorf("%s, %v: loss %s, want %s", r.Name, data.Range, loss, want)
			}
			if f, ok := settings.Named(settings.Fields(m), "output-activation"); ok && f.String() != "linear" {
				t.Errorf("%s, %v: output-activation %s", r.Name, data.Range, f)
			}
			for name, origin := range origins {
				if origin != settings.FromData || !strings.Contains(note, "--"+name+" is ") {
					t.Errorf("%s: the origin of %s is %s, and the note is %q", r.Name, name, origin, note)
				}
			}
			if err := settings.Validate(m); err != nil {
				t.Errorf("%s: %v", r.Name, err)
			}
		}
		for _, data := range []*loaders.Dataset{unit, {Train: loaders.Pixels(images.Train.Shape, []uint8{1, 2})}} {
			m, c := r.New(), trainer.Defaults()
			before := list(m)
			if note, err := recipes.Fit(m, &c, data, nil); err != nil || note != "" || list(m) != before {
				t.Errorf("%s: images in [0, 1] change the settings: %q, %v", r.Name, note, err)
			}
		}
	}
}

func list(m trainer.Model) string {
	var text strings.Builder
	for _, f := range settings.Fields(m) {
		text.WriteString(f.Name + "=" + f.String() + "\n")
	}
	return text.String()
}

// TestFitRefuses checks that settings which need values from 0 to 1 are refused.
func TestFitRefuses(t *testing.T) {
	for _, test := range []struct {
		setting, value string
		data           *loaders.Dataset
		want           string // "": accepted
	}{
		{"loss", "cross-entropy", numbers(-1, 1), "hint: --loss squared-error"},
		{"loss", "cross-entropy", numbers(0, 1), ""},
		{"output-activation", "sigmoid", numbers(0, 1.5), "hint: --output-activation linear"},
		{"output-activation", "sigmoid", numbers(0, 1), ""},
		{"corruption", "salt-and-pepper:0.25", numbers(0, 2), "hint: masking:0.25 or gaussian"},
		{"corruption", "masking:0.25", numbers(0, 2), ""},
		{"binarise", "true", numbers(0, 2), "hint: --binarise=false"},
		{"binarise", "true", numbers(0, 1), ""},
	} {
		r, err := recipes.Find("dense")
		if err != nil {
			t.Fatal(err)
		}
		m, c := r.New(), trainer.Defaults()
		f, ok := settings.Named(settings.Fields(m, &c), test.setting)
		if !ok {
			t.Fatalf("no setting %s", test.setting)
		}
		if err := f.Set(test.value); err != nil {
			t.Fatal(err)
		}
		_, err = recipes.Fit(m, &c, test.data, map[string]settings.Origin{test.setting: settings.FromFlag})
		switch {
		case test.want == "" && (err != nil || f.String() != test.value):
			t.Errorf("%s %s with %v: %s, %v", test.setting, test.value, test.data.Range, f, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "the data have values from")):
			t.Errorf("%s %s with %v: %v, want %q", test.setting, test.value, test.data.Range, err, test.want)
		}
	}
}
