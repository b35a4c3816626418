package recipes

import (
	"slices"
	"testing"

	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

// TestIneffective checks the lists of settings that have no effect because of others.
func TestIneffective(t *testing.T) {
	for _, test := range []struct {
		model string
		given map[string]string
		want  []string // of the settings of activations, and of topk and aae
	}{
		{"dense", nil, nil},
		{"dense", map[string]string{"hidden": "none"}, []string{"activation"}},
		{"dense", map[string]string{"encoder": "dense:9 dense:3"}, nil},
		{"dense", map[string]string{"encoder": "dense:9,relu dense:3"}, nil}, // the mirror image of the first layer has the setting
		{"dense", map[string]string{"encoder": "dense:3,relu"}, []string{"activation", "code-activation"}},
		{"dense", map[string]string{"encoder": "dense:9,relu dense:3,tanh", "decoder": "dense:9,relu dense:784"}, []string{"activation", "code-activation"}},
		{"dense", map[string]string{"encoder": "dense:9,relu dense:3", "decoder": "dense:9 dense:784,sigmoid"}, []string{"output-activation"}},
		{"vae", map[string]string{"encoder": "dense:3"}, []string{"activation"}},
		{"topk", map[string]string{"dead-weight": "0"}, []string{"dead-after"}},
		{"aae", map[string]string{"discriminator-hidden": "none"}, []string{"discriminator-activation"}},
	} {
		recipe, err := Find(test.model)
		if err != nil {
			t.Fatal(err)
		}
		m := recipe.New()
		set(t, m, test.given)
		var got []string
		for _, w := range settings.Useless(m) {
			if slices.Contains([]string{"activation", "code-activation", "output-activation", "dead-after", "discriminator-activation"}, w.Name) {
				got = append(got, w.Name)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s with %v: %v have no effect, want %v", test.model, test.given, got, test.want)
		}
	}
}

// TestBounds checks that settings with unbounded time or memory are refused.
func TestBounds(t *testing.T) {
	for model, given := range map[string]map[string]string{
		"residual": {"blocks": "99999999999"},
		"fsq":      {"levels": "255,255,255,255,255,255,255,255,255"},
	} {
		recipe, err := Find(model)
		if err != nil {
			t.Fatal(err)
		}
		m := recipe.New()
		set(t, m, given)
		if err := settings.Validate(m); err == nil {
			t.Errorf("%s with %v is accepted", model, given)
		}
	}
}

func set(t *testing.T, m trainer.Model, given map[string]string) {
	t.Helper()
	for name, text := range given {
		f, ok := settings.Named(settings.Fields(m), name)
		if !ok {
			t.Fatalf("no setting %s", name)
		}
		if err := f.Set(text); err != nil {
			t.Fatal(err)
		}
	}
}
