package cmd

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// renamed maps old names of settings to the present ones.
var renamed = map[string]string{
	"contest":   "adversarial-loss",
	"deception": "adversarial-weight",
	"averaging": "ema-decay",
}

func renamedError(where, now string) error {
	return fmt.Errorf("%w: %s was renamed; hint: %s", errUsage, where, now)
}

// owners lists the models that have a setting, in the order of the recipes.
func owners(name string) (models []string) { return slices.Clone(allOwners()[name]) }

// allOwners maps each setting of a model to the models that have it. It is made once,
// because the flags of a verb look up many names at each start.
var allOwners = sync.OnceValue(func() map[string][]string {
	models := make(map[string][]string)
	for _, r := range recipes.List() {
		for _, f := range settings.Fields(r.New()) {
			models[f.Name] = append(models[f.Name], r.Name)
		}
	}
	return models
})

// listed returns the recipe of a model that train accepts. The classifier also has a
// recipe, but finetune trains it.
func listed(model string) (trainer.Recipe, error) {
	if model == recipes.Classifier.Name {
		return trainer.Recipe{}, fmt.Errorf("%w: model %s is trained on the encoder of another model; hint: gaetrain finetune", trainer.ErrConfiguration, model)
	}
	recipe, err := recipes.Find(model)
	if err != nil {
		var names []string
		for _, r := range recipes.List() {
			names = append(names, r.Name)
		}
		return recipe, fmt.Errorf("%w: unknown model %q; hint: did you mean %s? The models are %s", trainer.ErrConfiguration, model, nearest(model, names), strings.Join(names, ", "))
	}
	return recipe, nil
}

// refuse returns an error about the first of the values that belong to no field. The
// model is empty if the verb trains no model. Such verbs ignore the variables of models,
// because every verb ignores the variables of other verbs.
func refuse(rest []given, fields []settings.Field, model string) error {
	for _, g := range rest {
		models := owners(g.name)
		switch {
		case len(models) > 0 && model != "":
			return fmt.Errorf("%w: %s is a setting of %s; model %s does not have it; hint: --model %s",
				errUsage, g.where, sorted(models), model, models[0])
		case len(models) > 0 && g.origin != settings.FromEnvironment:
			return fmt.Errorf("%w: %s is a setting of %s for gaetrain train; hint: leave it out", errUsage, g.where, sorted(models))
		case g.origin == settings.FromFile:
			return unknownKey(g, fields)
		}
	}
	return nil
}

func sorted(names []string) string {
	names = slices.Clone(names)
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// unknownKey is the error about a key in a file that is not a setting.
func unknownKey(g given, fields []settings.Field) error {
	var valid []string
	for _, f := range fields {
		valid = append(valid, f.Name)
	}
	if now, ok := renamed[g.name]; ok {
		return renamedError(g.where, now)
	}
	file := strings.TrimSuffix(g.where, ": "+g.name)
	return fmt.Errorf("%w: %s: unknown key %s; hint: did you mean %s?", errUsage, file, g.name, nearest(g.name, valid))
}

// modelFlags are the flags of the settings of all models. The help shows those of the
// named model. The others are hidden. They are parsed because a file can name another
// model, and to report which models have a setting.
func modelFlags(model string) (list []cli.Flag) {
	seen := make(map[string]bool)
	if r, err := listed(model); err == nil {
		list = flags(r.New())
		for _, f := range list {
			seen[flagName(f)] = true
		}
	}
	for _, f := range modelSettings() {
		if seen[f.Name] {
			continue
		}
		other := newFlag(f.Name, &cli.StringFlag{Name: f.Name})
		if f.IsBool() {
			other = newFlag(f.Name, &cli.BoolFlag{Name: f.Name})
		}
		other.hidden = true
		list = append(list, other)
	}
	return list
}

// modelSettings lists the settings of all models, each once.
var modelSettings = sync.OnceValue(func() (list []settings.Field) {
	seen := make(map[string]bool)
	for _, r := range recipes.List() {
		for _, f := range settings.Fields(r.New()) {
			if !seen[f.Name] {
				list = append(list, f)
			}
			seen[f.Name] = true
		}
	}
	return list
})

// namedModel returns the model that the arguments of the program or the environment
// name, for the help of train, config, bench and graph. It returns "" if they name no model. An
// unknown name is an error if the arguments request this help.
func namedModel(args []string) (string, error) {
	model := os.Getenv(settings.Variable("model"))
	help := false
	for i, arg := range args {
		if arg == "--" {
			break
		}
		name, value, assigned := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		switch strings.TrimPrefix(name, "-") {
		case arg: // no flag
		case "model":
			if assigned {
				model = value
			} else if i+1 < len(args) {
				model = args[i+1]
			}
		case "help", "h":
			help = true
		}
	}
	_, err := listed(model)
	switch {
	case err == nil:
		return model, nil
	case help && model != "" && len(args) > 1 && slices.Contains([]string{"train", "config", "bench", "graph"}, args[1]):
		return "", err
	}
	return "", nil
}
