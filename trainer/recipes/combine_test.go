package recipes_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"gaetrain/trainer"
)

// option is an option of an autoencoder of sigmoid units.
type option struct {
	name    string
	on, off string // settings
	// shows reports whether the trained model has the option.
	shows func(e *trainer.Experiment, figures trainer.Figures) bool
}

// options are independent of each other, except the two kinds of sparsity.
var options = []option{
	{"corruption", "corruption=masking:0.25", "corruption=none", func(e *trainer.Experiment, _ trainer.Figures) bool {
		return e.Final().Corruption == mask(0.25)
	}},
	{"sparsity", "sparsity=1; sparsity-mean=batch", "sparsity=0", term("sparsity")},
	{"running sparsity", "sparsity=1; sparsity-mean=running", "sparsity=0", term("sparsity")},
	{"l1", "l1=0.1", "l1=0", term("l1")},
	{"contraction", "contraction=0.1", "contraction=0", term("contraction")},
	{"tied", "tied=true", "tied=false", func(e *trainer.Experiment, _ trainer.Figures) bool {
		for _, p := range e.Parameters.All() {
			if strings.HasPrefix(p.Name, "decoder/") && strings.HasSuffix(p.Name, "/weights") {
				return false
			}
		}
		return true
	}},
	{"depth", "hidden=12,8", "hidden=12", func(e *trainer.Experiment, _ trainer.Figures) bool {
		_, ok := e.Parameters.Get("encoder/3/bias")
		return ok
	}},
}

// term reports whether a term of the loss is reported, and is not zero.
func term(name string) func(*trainer.Experiment, trainer.Figures) bool {
	return func(_ *trainer.Experiment, figures trainer.Figures) bool { return figures.Terms[name] > 0 }
}

// combined is the result of training with options.
type combined struct {
	e       *trainer.Experiment
	digest  [sha256.Size]byte
	losses  []float64 // of the last stage on the test images, by epoch
	figures trainer.Figures
}

// TestCombinations trains with every pair of options, in one stage and in several stages.
// The trained model must have both options, each of them must change the weights, and
// the loss must fall.
func TestCombinations(t *testing.T) {
	t.Parallel()
	for _, model := range []string{"dense", "stacked", "sparse", "contractive"} {
		done := make(map[string]combined)
		all := ""
		for _, o := range options {
			all += o.off + "; "
		}
		for i, first := range options {
			for _, second := range options[:i] {
				if first.off == second.off {
					continue // two kinds of one option
				}
				t.Run(fmt.Sprintf("%s/%s, %s", model, first.name, second.name), func(t *testing.T) {
					both := combine(t, done, model, all, first.on, second.on)
					for _, o := range []option{first, second} {
						if !o.shows(both.e, both.figures) {
							t.Errorf("%s does not show in %+v", o.name, both.figures)
						}
					}
					if problem := falling(both.losses, 0.01, false); problem != "" {
						t.Error(problem)
					}
					for _, pair := range [][2]option{{first, second}, {second, first}} {
						alone := combine(t, done, model, all, pair[0].on)
						if alone.digest == both.digest {
							t.Errorf("%s makes no difference", pair[1].name)
						}
						if pair[1].shows(alone.e, alone.figures) {
							t.Errorf("%s has an effect without being set", pair[1].name)
						}
					}
				})
			}
		}
	}
}

// combine trains a model with settings, unless that result exists already.
func combine(t *testing.T, done map[string]combined, model string, lists ...string) combined {
	t.Helper()
	u := find(model).small("activation=sigmoid; code-activation=sigmoid; code=4; learning-rate=0.02; warmup=0; epochs=3; sparsity-momentum=0.2")
	for _, list := range lists {
		u.set(list)
	}
	key, err := json.Marshal(u.settings())
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := done[string(key)]; ok {
		return c
	}
	d := tinyData(u)
	e, dir := trained(t, u, d)
	c := combined{e: e, digest: e.Parameters.Digest()}
	for _, record := range records(t, dir) {
		if record.Split == "test" && record.Stage == e.Final().Name {
			c.losses, c.figures = append(c.losses, record.Loss), record.Figures
		}
	}
	sum := 0.0
	for name, weight := range map[string]string{"sparsity": "sparsity", "l1": "l1", "contraction": "contraction"} {
		field, _ := u.field(weight)
		var w float64
		if _, err := fmt.Sscan(field.String(), &w); err != nil {
			t.Fatal(err)
		}
		sum += w * c.figures.Terms[name]
	}
	if want := c.figures.Terms["reconstruction"] + sum; math.Abs(c.figures.Loss-want) > 1e-6*want {
		t.Errorf("the loss %g is not the sum %g of the terms %v", c.figures.Loss, want, c.figures.Terms)
	}
	done[string(key)] = c
	return c
}
