package trainer

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"gaetrain/trainer/settings"
)

func TestValidate(t *testing.T) {
	if err := Defaults().Validate(); err != nil {
		t.Errorf("defaults: %v", err)
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, test := range []struct {
		key    string
		change func(*Config)
	}{
		{"train-images", func(c *Config) { c.TrainImages = -1 }},
		{"test-images", func(c *Config) { c.TestImages = -1 }},
		{"validation", func(c *Config) { c.Validation = -2 }},
		{"epochs", func(c *Config) { c.Epochs = -1 }},
		{"batch-size", func(c *Config) { c.BatchSize = 0 }},
		{"batch-size", func(c *Config) { c.BatchSize = -3 }},
		{"batch-size", func(c *Config) { c.BatchSize = math.MaxInt }},
		{"learning-rate", func(c *Config) { c.LearningRate = 0 }},
		{"learning-rate", func(c *Config) { c.LearningRate = -1 }},
		{"learning-rate", func(c *Config) { c.LearningRate = nan }},
		{"learning-rate", func(c *Config) { c.LearningRate = inf }},
		{"warmup", func(c *Config) { c.Warmup = -1 }},
		{"warmup", func(c *Config) { c.Warmup = nan }},
		{"step-epochs", func(c *Config) { c.StepEpochs = 0 }},
		{"step-factor", func(c *Config) { c.StepFactor = 0 }},
		{"step-factor", func(c *Config) { c.StepFactor = 1.5 }},
		{"step-factor", func(c *Config) { c.StepFactor = nan }},
		{"decay-epochs", func(c *Config) { c.DecayEpochs = -1 }},
		{"decay-epochs", func(c *Config) { c.DecayEpochs = nan }},
		{"step-at", func(c *Config) { c.StepAt = []int{0} }},
		{"step-at", func(c *Config) { c.StepAt = []int{4, 4} }},
		{"momentum", func(c *Config) { c.Momentum = 1 }},
		{"momentum", func(c *Config) { c.Momentum = -0.1 }},
		{"beta1", func(c *Config) { c.Beta1 = 1 }},
		{"beta1", func(c *Config) { c.Beta1 = nan }},
		{"beta2", func(c *Config) { c.Beta2 = 1 }},
		{"beta2", func(c *Config) { c.Beta2 = -1 }},
		{"rho", func(c *Config) { c.Rho = 1 }},
		{"epsilon", func(c *Config) { c.Epsilon = 0 }},
		{"epsilon", func(c *Config) { c.Epsilon = inf }},
		{"epsilon", func(c *Config) { c.Epsilon = 1e-60 }}, // zero as a float32
		{"weight-decay", func(c *Config) { c.WeightDecay = -1 }},
		{"weight-decay", func(c *Config) { c.WeightDecay = inf }},
		{"clip-norm", func(c *Config) { c.ClipNorm = -1 }},
		{"clip-norm", func(c *Config) { c.ClipNorm = nan }},
		{"patience", func(c *Config) { c.Patience = -1 }},
		{"min-delta", func(c *Config) { c.MinDelta = -1 }},
		{"time-limit", func(c *Config) { c.TimeLimit = -1 }},
		{"checkpoint-every", func(c *Config) { c.CheckpointEvery = -1 }},
		{"pictures", func(c *Config) { c.Pictures = -1 }},
		{"solver", func(c *Config) { c.Solver = "sdg" }},
		{"schedule", func(c *Config) { c.Schedule = "" }},
	} {
		c := Defaults()
		test.change(&c)
		t.Run(test.key, func(t *testing.T) {
			fails(t, c.Validate(), ErrConfiguration, test.key, "hint: ")
		})
	}
}

// TestBackground checks which data can have a background.
func TestBackground(t *testing.T) {
	c := Defaults()
	c.Background = "white"
	given := map[string]settings.Origin{"background": settings.FromFlag}
	fails(t, settings.Check(given, &c), ErrConfiguration, "background has no effect with data set sample", "hint: ")
	c.Dataset = "pairs:frames"
	if err := settings.Check(given, &c); err != nil {
		t.Error(err)
	}
	c.Background = "beige"
	fails(t, c.Validate(), ErrConfiguration, "beige", "hint: ")
}

// TestIneffective checks which settings the solvers and the schedules do not read.
func TestIneffective(t *testing.T) {
	for _, test := range []struct {
		solver, schedule string
		stepAt           []int
		want             string
	}{
		{"sgd", "constant", nil, "momentum beta1 beta2 rho epsilon step-epochs step-at step-factor decay-epochs"},
		{"momentum", "cosine", []int{3}, "beta1 beta2 rho epsilon step-epochs step-at step-factor decay-epochs"},
		{"nesterov", "step", nil, "beta1 beta2 rho epsilon decay-epochs"},
		{"rmsprop", "step", []int{3}, "momentum beta1 beta2 decay-epochs step-epochs"},
		{"adam", "step", nil, "momentum rho decay-epochs"},
		{"adamw", "linear", nil, "momentum rho step-epochs step-at step-factor"},
	} {
		c := Defaults()
		c.Solver, c.Schedule, c.StepAt = test.solver, test.schedule, test.stepAt
		var names []string
		origins := make(map[string]settings.Origin)
		for _, w := range settings.Useless(&c.Optimiser, &c.RateSchedule) {
			names = append(names, w.Name)
			origins[w.Name] = settings.FromFlag
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%s, %s, %v: %q have no effect, want %q", test.solver, test.schedule, test.stepAt, got, test.want)
		}
		fails(t, settings.Check(origins, &c.Optimiser, &c.RateSchedule), ErrConfiguration, names[0], "has no effect with ", "hint: ")
	}
}

// unusual is a configuration in which no value is the default.
func unusual(t *testing.T) Config {
	c := Defaults()
	for _, f := range settings.Fields(&c) {
		before, err := f.String(), error(nil)
		for _, text := range []string{"true", "23.25", "1h30m0.000000001s", "18446744073709551615", "17", "7, 11,13", "shift:3", "7MB", "a \"b\" <c>, 'd' 0.5 true [1] 文"} {
			if err = f.Set(text); err == nil && f.String() != before {
				break
			}
		}
		if err != nil || f.String() == before {
			t.Errorf("%s still has its default %s, error %v", f.Name, f, err)
		}
	}
	return c
}

func TestFieldNames(t *testing.T) {
	c := Defaults()
	fields := settings.Fields(&c)
	for _, f := range fields {
		if f.Group == "" || f.Help == "" || f.Name != strings.ToLower(f.Name) || utf8.RuneCountInString(f.Help) >= 100 {
			t.Errorf("%+v has no group or help, or its help has 100 characters or more", f)
		}
	}
	for _, name := range []string{"model", "epochs", "solver", "schedule", "dataset", "run"} {
		if _, ok := settings.Named(fields, name); !ok {
			t.Errorf("no setting %s", name)
		}
	}
}

// effective lists the settings that have an effect.
func effective(c *Config) (list []string) {
	for _, f := range settings.Effective(c) {
		list = append(list, f.Name+"="+f.String())
	}
	return list
}

func TestConfigRoundTrip(t *testing.T) {
	for name, c := range map[string]Config{"defaults": Defaults(), "unusual": unusual(t)} {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(RunInfo{Configuration: settings.Record(map[string]settings.Origin{"epochs": settings.FromFlag}, &c)})
			if err != nil {
				t.Fatal(err)
			}
			var info RunInfo
			if err := json.Unmarshal(text, &info); err != nil {
				t.Fatal(err)
			}
			info.Configuration["beta"] = settings.Setting{Value: json.RawMessage("4")} // of the model
			got, err := ConfigOf(info)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(effective(&c), effective(&got)); diff != "" {
				t.Error(diff)
			}
			if origin := info.Configuration["epochs"].Origin; origin != settings.FromFlag {
				t.Errorf("the origin of epochs is %s", origin)
			}
			fails(t, info.Fill(&got), ErrRun, "run.json", "beta", "hint: ")
		})
	}
	_, err := ConfigOf(RunInfo{})
	fails(t, err, ErrRun, "setting model is missing", "run.json")
}

func TestBadSettings(t *testing.T) {
	for key, value := range map[string]string{
		"epochs": `1.5`, "step-at": `{"a":1}`, "learning-rate": `[1]`, "resume": `3`, "seed": `-1`, "time-limit": `"x"`,
	} {
		c := Defaults()
		info := RunInfo{Configuration: settings.Record(nil, &c)}
		info.Configuration[key] = settings.Setting{Value: json.RawMessage(value)}
		_, err := ConfigOf(info)
		fails(t, err, ErrRun, key, "run.json")
	}
}

// TestSizes keeps the structs of settings small.
func TestSizes(t *testing.T) {
	c := Defaults()
	for _, s := range []any{&c.Training, &c.Optimiser, &c.RateSchedule, &c.Data, &c.Output} {
		if n := len(settings.Fields(s)); n < 4 || n > 25 {
			t.Errorf("%T has %d settings", s, n)
		}
	}
}
