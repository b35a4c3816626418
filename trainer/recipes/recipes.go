// Package recipes has the models, one file each: the settings of a model, its
// network as a few declarations, its stages, its defaults, its idea and its paper. Code
// that several models share is in a file named after what it is.
package recipes

import (
	"fmt"
	"strings"

	"gaetrain/trainer"
)

// list has the recipes, simple models first.
var list = []trainer.Recipe{
	linearRecipe, denseRecipe, tiedRecipe, denoisingRecipe, maskedRecipe, stackedRecipe, convRecipe, residualRecipe,
	sparseRecipe, topkRecipe, contractiveRecipe, zerobiasRecipe, synchronyRecipe,
	vaeRecipe, btcvaeRecipe, factorvaeRecipe, cvaeRecipe, m2Recipe, iwaeRecipe, fsqRecipe, vqvaeRecipe, ganRecipe, cganRecipe, aaeRecipe,
}

// List returns every recipe.
func List() []trainer.Recipe { return list }

// Find returns the recipe of a model. It also finds the recipe of classifiers, which
// List does not contain. Errors wrap trainer.ErrConfiguration.
func Find(model string) (trainer.Recipe, error) {
	if model == Classifier.Name {
		return Classifier, nil
	}
	names := make([]string, len(list))
	for i, r := range list {
		if r.Name == model {
			return r, nil
		}
		names[i] = r.Name
	}
	return trainer.Recipe{}, fmt.Errorf("%w: unknown model %q; hint: one of %s", trainer.ErrConfiguration, model, strings.Join(names, ", "))
}
