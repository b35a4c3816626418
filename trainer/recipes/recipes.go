// Package recipes holds one file per model: its architecture, objective,
// stages, defaults and citation.
package recipes

import (
	"fmt"
	"strings"

	"gaetrain/graph"
	"gaetrain/trainer"
)

// Recipe is a model one can name.
type Recipe struct {
	Name     string
	Summary  string // one line
	Idea     string // a paragraph
	Citation string
	Defaults func(*trainer.Config) // what differs from trainer.Defaults; nil for nothing
	Stages   func(trainer.Config, graph.Shape) ([]trainer.Stage, error)
}

// all lists the recipes in the order in which one would learn them.
var all = []Recipe{linear, dense, tied, denoising, stacked, conv, sparse, contractive, zerobias, synchrony, vae, cvae, iwae, gan, cgan, aae}

// List returns every recipe.
func List() []Recipe { return all }

// Find returns the recipe of a model. Errors wrap trainer.ErrConfiguration.
func Find(model string) (Recipe, error) {
	names := make([]string, len(all))
	for i, r := range all {
		if r.Name == model {
			return r, nil
		}
		names[i] = r.Name
	}
	return Recipe{}, fmt.Errorf("%w: unknown model %q; hint: one of %s", trainer.ErrConfiguration, model, strings.Join(names, ", "))
}

// Configure returns the configuration of a model that was told nothing else.
func (r Recipe) Configure() trainer.Config {
	c := trainer.Defaults()
	c.Model = r.Name
	if r.Defaults != nil {
		r.Defaults(&c)
	}
	return c
}
