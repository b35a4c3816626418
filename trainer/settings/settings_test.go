package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// colour is a value that reads itself from text.
type colour int

func (c colour) String() string { return [...]string{"red", "green"}[c] }

func (c *colour) UnmarshalText(text []byte) error {
	for i, name := range []string{"red", "green"} {
		if name == string(text) {
			*c = colour(i)
			return nil
		}
	}
	*c = -1
	return fmt.Errorf("unknown colour %q", text)
}

type rates struct {
	Rate  float64 `toml:"rate" group:"training" help:"Rate"`
	Solve string  `toml:"solver"`
}

func (r rates) Validate() error {
	return errors.Join(Numbers(Number{Finite(r.Rate), "rate", r.Rate, "a number"}), Choice("solver", r.Solve, "sgd", "adam"))
}

func (r rates) Ineffective() []Without {
	if r.Solve == "sgd" {
		return []Without{{"rate", "with solver sgd; hint: --solver adam"}}
	}
	return nil
}

// Sizes embeds a struct whose type is not exported.
type Sizes struct {
	Widths []int `toml:"widths"`
	rates
	Plain int // without a tag, so it is no setting
}

func (s Sizes) Validate() error { return Widths("widths", "units", s.Widths) }

func (s Sizes) Ineffective() []Without {
	if len(s.Widths) == 0 {
		return []Without{{"fast", "without widths; hint: --widths 8"}}
	}
	return nil
}

type others struct {
	Fast   bool          `toml:"fast"`
	Count  int           `toml:"count-all"`
	Seed   uint64        `toml:"seed"`
	Limit  time.Duration `toml:"limit"`
	Colour colour        `toml:"colour"`
}

func TestFields(t *testing.T) {
	s, o := Sizes{Widths: []int{8, 4}, rates: rates{Rate: 0.5}}, others{Limit: time.Minute}
	var got []string
	fields := Fields(&s, &o)
	for _, f := range fields {
		got = append(got, f.Name+"="+f.String())
	}
	want := []string{"widths=8,4", "rate=0.5", "solver=", "fast=false", "count-all=0", "seed=0", "limit=1m0s", "colour=red"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	count, ok := Named(fields, "count-all")
	if !ok || count.Env != "GAETRAIN_COUNT_ALL" || count.Get() != "0" || count.IsBool() {
		t.Errorf("%+v", count)
	}
	if _, ok := Named(fields, "plain"); ok {
		t.Error("a field without a tag is a setting")
	}
	if rate, _ := Named(fields, "rate"); rate.Group != "training" || rate.Help != "Rate" {
		t.Errorf("%+v", rate)
	}
}

func TestFieldsPanic(t *testing.T) {
	for name, structs := range map[string][]any{"setting rate": {new(Sizes), new(rates)}, "not a pointer": {rates{}}, "int": {new(int)}} {
		func() {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.Contains(r, name) {
					t.Errorf("panic %q, want %q in it", r, name)
				}
			}()
			Fields(structs...)
		}()
	}
}

func TestSet(t *testing.T) {
	for name, values := range map[string]struct{ good, bad []string }{
		"rate":      {[]string{"0.25", "1e-07", "-3"}, []string{"", "fast", "1,5"}},
		"fast":      {[]string{"true"}, []string{"", "maybe"}},
		"count-all": {[]string{"-17"}, []string{"", "1.5", "1e3", "9223372036854775808"}},
		"seed":      {[]string{fmt.Sprint(uint64(math.MaxUint64))}, []string{"-1", "18446744073709551616"}},
		"limit":     {[]string{"1h30m0s"}, []string{"", "5", "5 parsecs"}},
		"widths":    {[]string{"", "7,11"}, []string{"1,,2", "1;2", "1,a"}},
		"colour":    {[]string{"green"}, []string{"", "blue"}},
		"solver":    {[]string{"", "a \"b\" <c>, 文"}, nil},
	} {
		s, o := Sizes{Widths: []int{3}}, others{}
		f, _ := Named(Fields(&s, &o), name)
		for _, text := range values.good {
			if err := f.Set(text); err != nil || f.String() != text {
				t.Errorf("%s: after Set(%q) the value is %s, error %v", name, text, f, err)
			}
		}
		for _, text := range values.bad {
			before := f.String()
			if err := f.Set(text); err == nil || !strings.Contains(err.Error(), text) || f.String() != before {
				t.Errorf("%s: after Set(%q) the value is %s, error %v", name, text, f, err)
			}
		}
	}
	var s Sizes
	f, _ := Named(Fields(&s), "widths")
	if err := f.Set("none"); err != nil || s.Widths == nil || len(s.Widths) > 0 {
		t.Errorf("after Set(none) the value is %v, error %v", s.Widths, err)
	}
}

func TestRecord(t *testing.T) {
	s := Sizes{Widths: nil, rates: rates{Rate: 1.0 / 3, Solve: `"0.5"`}}
	o := others{Fast: true, Count: -1, Seed: math.MaxUint64, Limit: time.Second + 1, Colour: 1}
	text, err := json.Marshal(Record(map[string]Origin{"rate": FromFlag}, &s, &o))
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]Setting
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	if recorded["rate"].Origin != FromFlag || recorded["seed"].Origin != FromDefault {
		t.Errorf("%+v", recorded)
	}
	if _, ok := recorded["fast"]; ok { // it has no effect without widths
		t.Error("a setting without an effect is recorded")
	}
	for _, f := range Effective(&s, &o) {
		if setting := recorded[f.Name]; setting.String() != f.String() {
			t.Errorf("%s is recorded as %s, want %s", f.Name, setting, f)
		}
	}
	if list := (Setting{Value: json.RawMessage("[\n 2,\n 3 ]")}); list.String() != "2,3" {
		t.Errorf("a list is %s", list)
	}
	s2, o2 := Sizes{Widths: []int{5}}, others{}
	if err := Fill(recorded, &s2, &o2); err != nil {
		t.Fatal(err)
	}
	s.Widths, o.Fast = []int{}, false
	if diff := cmp.Diff([]any{s.Widths, s.rates, o}, []any{s2.Widths, s2.rates, o2}); diff != "" {
		t.Error(diff)
	}

	s3 := Sizes{}
	var unknown *UnknownError
	if err := Fill(recorded, &s3); !errors.As(err, &unknown) || strings.Join(unknown.Names, " ") != "colour count-all limit seed" {
		t.Error(err)
	}
	if s3.Rate != s.Rate {
		t.Errorf("rate %v is not filled", s3.Rate)
	}
	if err := Fill(nil, &s3); err == nil || !strings.Contains(err.Error(), "setting widths is missing") {
		t.Error(err)
	}
	s2.Widths, recorded["widths"] = nil, Setting{Value: json.RawMessage("[5]")}
	if err := Fill(recorded, &s2, &o2); err == nil || !strings.Contains(err.Error(), "setting fast is missing") {
		t.Errorf("with widths, fast has an effect: error %v", err)
	}
	recorded["fast"] = Setting{Value: json.RawMessage("true")}
	for key, value := range map[string]string{"rate": `"x"`, "count-all": `1.5`, "widths": `{"a":1}`, "colour": `"blue"`, "seed": `-1`, "limit": `null`} {
		changed := maps.Clone(recorded)
		changed[key] = Setting{Value: json.RawMessage(value)}
		err := Fill(changed, &s2, &o2)
		if err == nil || errors.As(err, &unknown) || !strings.Contains(err.Error(), "key "+key) {
			t.Errorf("%s %s: error %v", key, value, err)
		}
	}
}

func TestCheck(t *testing.T) {
	s := Sizes{rates: rates{Solve: "sgd"}}
	if got := Useless(&s); len(got) != 2 || got[0].Name != "fast" || got[1].Name != "rate" {
		t.Errorf("useless: %+v", got)
	}
	for _, test := range []struct {
		origins map[string]Origin
		want    string
	}{
		{nil, ""},
		{map[string]Origin{"rate": FromRecipe, "fast": FromRun, "solver": FromFlag}, ""},
		{map[string]Origin{"rate": FromFlag}, "configuration: rate has no effect with solver sgd; hint: --solver adam"},
		{map[string]Origin{"rate": FromFile}, "configuration: rate (from the file) has no effect with solver sgd; hint: --solver adam"},
		{map[string]Origin{"fast": FromEnvironment, "rate": FromFlag}, "configuration: fast (from the environment) has no effect without widths; hint: --widths 8"},
	} {
		switch err := Check(test.origins, &s); {
		case test.want == "" && err != nil, test.want != "" && (!errors.Is(err, ErrConfiguration) || err.Error() != test.want):
			t.Errorf("%v: error %v, want %q", test.origins, err, test.want)
		}
	}
}

func TestValidate(t *testing.T) {
	good := Sizes{rates: rates{Solve: "adam"}}
	if err := Validate(&good, new(others)); err != nil {
		t.Error(err)
	}
	for want, s := range map[string]Sizes{
		"rate is NaN; hint: a number":                         {rates: rates{Rate: math.NaN(), Solve: "sgd"}},
		"rate is +Inf":                                        {rates: rates{Rate: math.Inf(1), Solve: "sgd"}},
		`unknown solver "adamm"; hint: one of sgd, adam`:      {rates: rates{Solve: "adamm"}},
		"widths has a layer of 0 units; hint: at least 1":     {Widths: []int{3, 0}, rates: rates{Solve: "sgd"}},
		"configuration: widths has a layer of -1 units; hint": {Widths: []int{-1}},
	} {
		if err := Validate(new(others), &s); !errors.Is(err, ErrConfiguration) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}

// TestOptional reads settings of an older run, which lack an optional one.
func TestOptional(t *testing.T) {
	type newer struct {
		Old int  `toml:"old"`
		New bool `toml:"new" optional:"true"`
	}
	s := newer{New: true}
	recorded := Record(nil, &newer{Old: 3})
	if len(recorded) != 2 {
		t.Errorf("recorded %v", recorded)
	}
	delete(recorded, "new")
	if err := Fill(recorded, &s); err != nil || s != (newer{3, true}) {
		t.Errorf("%+v, %v", s, err)
	}
	delete(recorded, "old")
	if err := Fill(recorded, &s); err == nil {
		t.Error("a setting that is not optional may be missing")
	}
}
