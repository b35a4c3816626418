package trainer

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/loaders"
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
		{"code", func(c *Config) { c.Code = 0 }},
		{"hidden", func(c *Config) { c.Hidden = []int{10, 0} }},
		{"hidden", func(c *Config) { c.Hidden = []int{-1} }},
		{"train-images", func(c *Config) { c.TrainImages = -1 }},
		{"test-images", func(c *Config) { c.TestImages = -1 }},
		{"validation", func(c *Config) { c.Validation = -1 }},
		{"sparsity", func(c *Config) { c.Sparsity = nan }},
		{"sparsity-target", func(c *Config) { c.SparsityTarget = 1 }},
		{"sparsity-momentum", func(c *Config) { c.SparsityMomentum = 1 }},
		{"sparsity-mean", func(c *Config) { c.SparsityMean = "median" }},
		{"l1", func(c *Config) { c.L1 = -1 }},
		{"top-k", func(c *Config) { c.TopK = c.Code + 1 }},
		{"contraction", func(c *Config) { c.Contraction = inf }},
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
		{"corrupted-weight", func(c *Config) { c.CorruptedWeight = -1 }},
		{"intact-weight", func(c *Config) { c.IntactWeight = inf }},
		{"reconstruction has no weight", func(c *Config) { c.CorruptedWeight, c.IntactWeight = 0, 0 }},
		{"nothing is corrupted", func(c *Config) { c.IntactWeight = 0.5 }},
		{"gaussian noise hits every pixel", func(c *Config) {
			c.CorruptedWeight, c.Corruption = 2, loaders.Corruption{Kind: loaders.Gaussian, Level: 0.3}
		}},
		{"output-activation", func(c *Config) { c.OutputActivation = kernel.ReLU }},
		{"kl-warmup", func(c *Config) { c.KLWarmup = -1 }},
		{"kl-warmup with beta 0", func(c *Config) { c.KLWarmup, c.Beta = 10, 0 }},
		{"free-bits", func(c *Config) { c.FreeBits = nan }},
		{"capacity", func(c *Config) { c.Capacity = inf }},
		{"capacity and free-bits", func(c *Config) { c.Capacity, c.FreeBits = 5, 0.5 }},
		{"capacity and kl-warmup", func(c *Config) { c.Capacity, c.KLWarmup = 5, 2 }},
		{"capacity and beta 4", func(c *Config) { c.Capacity, c.Beta = 5, 4 }},
		{"capacity-weight", func(c *Config) { c.CapacityWeight = 0 }},
		{"capacity-epochs without", func(c *Config) { c.CapacityEpochs = 3 }},
		{"samples", func(c *Config) { c.Samples = 0 }},
		{"samples", func(c *Config) { c.Samples = 1000 }},
		{"gradient", func(c *Config) { c.Gradient = "double" }},
		{"variance with the loss cross-entropy", func(c *Config) { c.Variance = 0.1 }},
		{"variance", func(c *Config) { c.Variance, c.Loss = -1, graph.GaussianLikelihood }},
		{"binarise", func(c *Config) { c.Binarise, c.Loss = true, graph.SquaredError }},
		{"step-at", func(c *Config) { c.StepAt = []int{0} }},
		{"step-at", func(c *Config) { c.StepAt = []int{4, 4} }},
	} {
		c := Defaults()
		test.change(&c)
		t.Run(test.key, func(t *testing.T) {
			fails(t, c.Validate(), ErrConfiguration, test.key, "hint: ")
			_, err := NewExperiment(c, dataset(), stages)
			fails(t, err, ErrConfiguration, test.key)
		})
	}
}

// TestNotDrawn refuses what is said of Gaussian codes where there are none.
func TestNotDrawn(t *testing.T) {
	for key, change := range map[string]func(*Config){
		"kl-warmup": func(c *Config) { c.KLWarmup = 1 },
		"free-bits": func(c *Config) { c.FreeBits = 1 },
		"capacity":  func(c *Config) { c.Capacity = 1 },
		"samples":   func(c *Config) { c.Samples = 2 },
		"gradient":  func(c *Config) { c.Gradient = "dreg" },
	} {
		c := small()
		change(&c)
		_, err := NewExperiment(c, dataset(), stages)
		fails(t, err, ErrConfiguration, key, "not drawn", "hint: ")
	}
}

func TestImpossibleModel(t *testing.T) {
	c := small()
	c.Code = math.MaxInt
	_, err := NewExperiment(c, dataset(), stages)
	fails(t, err, ErrConfiguration, "model small")
	fails(t, err, graph.ErrArchitecture)
}

// unusual is a configuration of which no value is the default.
func unusual(t *testing.T) Config {
	c := Defaults()
	for _, f := range Fields(&c) {
		var text string
		switch value := f.value.Interface().(type) {
		case string:
			text = "a \"b\" <c>, 'd' 0.5 true [1] 文"
		case bool:
			text = fmt.Sprint(!value)
		case int:
			text = fmt.Sprint(value + 17)
		case uint64:
			text = fmt.Sprint(uint64(math.MaxUint64))
		case float64:
			text = fmt.Sprint(value + 1.0/3)
		case time.Duration:
			text = (value + 90*time.Second + time.Nanosecond).String()
		case []int:
			text = "7, 11,13"
		case kernel.Activation:
			text = "selu"
		case graph.Initialiser:
			text = "lecun-normal"
		case graph.Upsampling:
			text = "nearest"
		case graph.Normalisation:
			text = "layer"
		case graph.Reconstruction:
			text = "squared-error"
		case graph.Contest:
			text = "least-squares"
		case loaders.Corruption:
			text = "masking:0.25"
		case loaders.Motion:
			text = "shift:2.5,rotate:10"
		default:
			t.Fatalf("%s: no unusual value of type %T is known", f.Name, value)
		}
		before := f.String()
		if err := f.Set(text); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		if f.String() == before {
			t.Errorf("%s: setting %q changed nothing", f.Name, text)
		}
	}
	return c
}

func TestFieldsRoundTrip(t *testing.T) {
	for name, c := range map[string]Config{"defaults": Defaults(), "unusual": unusual(t), "zero": {}} {
		t.Run(name, func(t *testing.T) {
			copied := Defaults()
			to := Fields(&copied)
			for i, f := range Fields(&c) {
				if name == "zero" && f.String() == "" && slices.Contains([]string{"initialiser", "loss", "upsampling", "contest"}, f.Name) {
					to[i].value.SetString("") // there is no such name
					continue
				}
				if err := to[i].Set(f.String()); err != nil {
					t.Errorf("%s: %v", f.Name, err)
				}
				if !f.Equal(to[i]) {
					t.Errorf("%s is %s, was %s", f.Name, to[i], f)
				}
			}
			if diff := cmp.Diff(c, copied, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFieldNames(t *testing.T) {
	c := Defaults()
	seen := make(map[string]bool)
	for _, f := range Fields(&c) {
		if seen[f.Name] || f.Group == "" || f.Help == "" || f.Name != strings.ToLower(f.Name) {
			t.Errorf("%+v is a second one of its name or lacks a group or help", f)
		}
		seen[f.Name] = true
		if want := "GAETRAIN_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")); f.Env != want {
			t.Errorf("%s is %s in the environment, want %s", f.Name, f.Env, want)
		}
	}
	if n := len(seen); n < 30 || !seen["learning-rate"] {
		t.Errorf("%d fields", n)
	}
}

func TestBadValues(t *testing.T) {
	for name, values := range map[string][]string{
		"code": {"", "x", "1.5", "1e3", "9223372036854775808"}, "seed": {"-1", "x", "18446744073709551616"},
		"learning-rate": {"", "fast"}, "resume": {"", "maybe"}, "time-limit": {"", "5", "5 parsecs"},
		"hidden": {"1,,2", "1;2", "1,a"}, "activation": {"", "ReLU"}, "initialiser": {"", "he"}, "loss": {"", "bce"}, "contest": {"", "chess"},
	} {
		c := Defaults()
		for _, f := range Fields(&c) {
			if f.Name != name {
				continue
			}
			for _, value := range values {
				before := f.String()
				if err := f.Set(value); err == nil || strings.Contains(err.Error(), "\n") || value != "" && !strings.Contains(err.Error(), value) {
					t.Errorf("setting %s to %q gives error %v", name, value, err)
				}
				if _, named := f.value.Addr().Interface().(encoding.TextUnmarshaler); !named && f.String() != before {
					t.Errorf("setting %s to %q changed it to %s", name, value, f)
				}
			}
		}
	}
}

func TestSettingsRoundTrip(t *testing.T) {
	none := Defaults()
	none.Hidden = []int{}
	for name, c := range map[string]Config{"defaults": Defaults(), "unusual": unusual(t), "no hidden layers": none} {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(RunInfo{Configuration: Settings(&c, map[string]Origin{"code": FromFlag})})
			if err != nil {
				t.Fatal(err)
			}
			var info RunInfo
			if err := json.Unmarshal(text, &info); err != nil {
				t.Fatal(err)
			}
			got, err := ConfigOf(info)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			if info.Configuration["code"].Origin != FromFlag || info.Configuration["epochs"].Origin != FromDefault {
				t.Errorf("origins are %+v", info.Configuration)
			}
		})
	}
	got, err := ConfigOf(RunInfo{})
	if diff := cmp.Diff(Defaults(), got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestBadSettings(t *testing.T) {
	for key, value := range map[string]string{
		"code": `"x"`, "epochs": `1.5`, "hidden": `{"a":1}`, "learning-rate": `[1]`, "activation": `"swish"`, "resume": `3`, "seed": `-1`,
	} {
		_, err := ConfigOf(RunInfo{Configuration: map[string]Setting{key: {Value: json.RawMessage(value)}}})
		fails(t, err, ErrRun, key, "run.json")
	}
}
