package sweep

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func values(name string, texts ...string) (list []Value) {
	for _, text := range texts {
		list = append(list, Value{Name: name, Text: text})
	}
	return list
}

func axis(name string, texts ...string) Axis { return Axis{name, values(name, texts...)} }

func jobs(t *testing.T, p Plan) (list []string) {
	t.Helper()
	s, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Len() {
		list = append(list, s.Job(i).Name())
	}
	return list
}

func TestJobs(t *testing.T) {
	plan := Plan{
		List: [][]Value{values("model", "dense"), append(values("model", "vae"), values("beta", "4")...)},
		Grid: []Axis{axis("code", "2", "8"), axis("hidden", "", "16,4")},
	}
	want := []string{
		"model=dense_code=2_hidden=none_seed=1", "model=dense_code=2_hidden=16+4_seed=1", "model=dense_code=8_hidden=none_seed=1", "model=dense_code=8_hidden=16+4_seed=1",
		"model=vae_beta=4_code=2_hidden=none_seed=1", "model=vae_beta=4_code=2_hidden=16+4_seed=1", "model=vae_beta=4_code=8_hidden=none_seed=1", "model=vae_beta=4_code=8_hidden=16+4_seed=1",
	}
	got := jobs(t, plan)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	plan.Seeds = []uint64{1, 5}
	if more := jobs(t, plan); len(more) != 16 || cmp.Diff(got, more[:8]) != "" || more[8] != "model=dense_code=2_hidden=none_seed=5" {
		t.Errorf("with more seeds, the jobs are %q", more)
	}
	if alone := jobs(t, Plan{}); cmp.Diff([]string{"seed=1"}, alone) != "" {
		t.Errorf("an empty plan has the jobs %q", alone)
	}
	s, _ := New(plan)
	if j := s.Job(12); j.Value("beta") != "4" || j.Value("hidden") != "none" || j.Value("nothing") != "" || j.Combination != 4 || j.Seed != 5 || strings.Join(s.Varied, " ") != "model beta code hidden" {
		t.Errorf("%+v, varied %q", j, s.Varied)
	}
}

func TestNames(t *testing.T) {
	long := make([]Axis, 10)
	for i := range long {
		long[i] = axis(fmt.Sprintf("some-setting-%d", i), "0.0123")
	}
	long[9].Values = values("some-setting-9", "1", "2")
	list := jobs(t, Plan{Grid: long, Seeds: []uint64{1, 2}})
	list = append(list, jobs(t, Plan{Grid: []Axis{axis("dataset", "folder:/a b", "folder:/a-b", "a,b", "a+b", "1e+6", "1,6", "4.0", "4.00", "folder-/a b", "../..", "ä\n")}})...)
	seen := make(map[string]bool)
	for _, name := range list {
		if seen[name] || len(name) > 200 || strings.ContainsAny(name, "/, \n:") || !strings.Contains(name, "_seed=") {
			t.Errorf("name %q", name)
		}
		seen[name] = true
	}
}

func TestDraws(t *testing.T) {
	plan := Plan{Draws: 400, DrawSeed: 3, Random: []Range{
		{Name: "rate", Scale: Log, From: 1e-4, To: 1e-2}, {Name: "dropout", Scale: Uniform, From: 0, To: 0.5},
		{Name: "code", Scale: Integer, From: 2, To: 5}, {Name: "units", Scale: LogInteger, From: 1, To: 100}, {Name: "solver", Choices: values("solver", "adam", "sgd")},
	}}
	s, err := New(plan)
	if err != nil {
		t.Fatal(err)
	}
	counts := make(map[string]int)
	var rates, units []float64
	number := func(j Job, name string, low, high float64) float64 {
		v, err := strconv.ParseFloat(j.Value(name), 64)
		if err != nil || v < low || v > high {
			t.Errorf("%s is %s, want from %v to %v", name, j.Value(name), low, high)
		}
		return v
	}
	for i := range s.Len() {
		j := s.Job(i)
		rates, units = append(rates, number(j, "rate", 1e-4, 1e-2)), append(units, number(j, "units", 1, 100))
		number(j, "dropout", 0, 0.5)
		counts["code "+j.Value("code")]++
		counts["solver "+j.Value("solver")]++
		if digits := strings.Trim(strings.TrimLeft(j.Value("rate"), "0."), "e-"); len(digits) > 8 {
			t.Errorf("rate %s has more than four digits", j.Value("rate"))
		}
	}
	below := func(list []float64, limit float64) (n int) {
		for _, v := range list {
			if v < limit {
				n++
			}
		}
		return n
	}
	for what, share := range map[string]float64{
		"code 2": 0.25, "code 5": 0.25, "solver adam": 0.5, "solver sgd": 0.5,
	} {
		if got := float64(counts[what]) / 400; math.Abs(got-share) > 0.08 {
			t.Errorf("%s has the share %v, want %v", what, got, share)
		}
	}
	if n := below(rates, 1e-3); n < 160 || n > 240 {
		t.Errorf("%d of 400 rates are in the lower decade, want about half", n)
	}
	if n := below(units, 10); n < 150 || n > 250 {
		t.Errorf("%d of 400 numbers of units are below 10, want about half", n)
	}

	// More draws and other settings change no earlier draw. Another seed does.
	more := plan
	more.Draws, more.Random = 500, plan.Random[:2]
	m, err := New(more)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 400 {
		if m.draws[i][0] != s.draws[i][0] {
			t.Fatalf("draw %d is %v, but was %v", i, m.draws[i][0], s.draws[i][0])
		}
	}
	if got := s.Job(0).String(); got != "rate=0.001949 dropout=0.01425 code=2 units=2 solver=sgd seed=1" {
		t.Errorf("the first draw is %s", got)
	}
	more.DrawSeed = 4
	if other, err := New(more); err != nil || other.draws[0][0] == s.draws[0][0] {
		t.Errorf("another seed has the same draw, or %v", err)
	}

	few, err := New(Plan{Draws: 20, Random: []Range{{Name: "solver", Choices: values("solver", "adam", "sgd")}}})
	if err != nil || few.Len() != 2 || few.Repeated != 18 {
		t.Errorf("%+v, %v", few, err)
	}
}

func TestInvalidPlans(t *testing.T) {
	var wide, many []Axis
	for i := range 33 {
		wide = append(wide, axis(fmt.Sprintf("s%d", i), "1"))
	}
	for i := range 14 {
		many = append(many, axis(fmt.Sprintf("s%d", i), "1", "2"))
	}
	seeds := make([]uint64, 10)
	random := func(r Range) Plan { return Plan{Draws: 2, Random: []Range{r}} }
	for want, p := range map[string]Plan{
		"code is both in [[list]] and in [grid]; hint":                  {List: [][]Value{values("code", "1")}, Grid: []Axis{axis("code", "2")}},
		"code is both in [grid] and in [random]; hint":                  {Grid: []Axis{axis("code", "2")}, Random: []Range{{Name: "code", Scale: Uniform, To: 1}}, Draws: 1},
		"code is both in [settings] and in [grid]; hint":                {Settings: values("code", "1"), Grid: []Axis{axis("code", "2")}},
		"[grid] has the setting seed; hint: seeds = 3":                  {Grid: []Axis{axis("seed", "2")}},
		"[grid] has the setting run, which each job sets itself":        {Grid: []Axis{axis("run", "2")}},
		"[settings] has the setting resume, which each job":             {Settings: values("resume", "true")},
		"the sweep has seeds, and [settings] has seed; hint":            {Settings: values("seed", "1"), Seeds: []uint64{1}},
		"seeds lists 0 twice; hint":                                     {Seeds: seeds},
		"entry 1 of [[list]] has no settings":                           {List: [][]Value{nil}},
		"code in [grid] has no values":                                  {Grid: []Axis{axis("code")}},
		"jobs 0 and 2 have the same settings (code=1 seed=1)":           {Grid: []Axis{axis("code", "1", "2", "1")}},
		"draws in [random] is 0":                                        {Random: []Range{{Name: "code", Scale: Uniform, To: 1}}},
		"[random] has draws, but no settings":                           {Draws: 1},
		"the sweep varies 33 settings; hint: at most 32":                {Grid: wide},
		"the sweep has more than 10000 jobs":                            {Grid: many},
		"the sweep has more than 10000 jobs; hint: fewer":               {Draws: 10001, Random: []Range{{Name: "code", Scale: Uniform, To: 1}}},
		"code in [random]: unknown scale \"lin\"; hint: one of uniform": random(Range{Name: "code", Scale: "lin", To: 1}),
		"code in [random] is from 1 to 1; hint":                         random(Range{Name: "code", Scale: Uniform, From: 1, To: 1}),
		"code in [random] is from NaN to 1; hint":                       random(Range{Name: "code", Scale: Uniform, From: math.NaN(), To: 1}),
		"is from 0 with scale log; hint: from above 0":                  random(Range{Name: "code", Scale: Log, To: 1}),
		"with scale integer; hint: whole numbers":                       random(Range{Name: "code", Scale: Integer, To: 1.5}),
		"code in [random] has no values":                                random(Range{Name: "code", Choices: []Value{}}),
	} {
		if _, err := New(p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
