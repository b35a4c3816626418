package recipes_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gaetrain/trainer/settings"
)

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
