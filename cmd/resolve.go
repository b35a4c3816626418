package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

// trainOptions are the settings of train and config: those of the trainer and
// those of the model.
type trainOptions struct {
	trainer.Config
	Continuation
	PreviewOptions
	Output
	recipe trainer.Recipe
	model  trainer.Model // the model's own settings
}

// trainDefaults are the defaults without a recipe.
func trainDefaults() trainOptions {
	return trainOptions{Config: trainer.Defaults(), Output: Output{LogFormat: "text"}}
}

// recipeDefaults are the defaults of a recipe.
func recipeDefaults(r trainer.Recipe) trainOptions {
	o := trainDefaults()
	o.recipe, o.model = r, r.New()
	o.Model = r.Name
	if r.Defaults != nil {
		r.Defaults(&o.Config)
	}
	return o
}

// recorded are the structs that run.json holds.
func (o *trainOptions) recorded() []any { return []any{&o.Config, o.model} }

func (o *trainOptions) fields() []settings.Field {
	return settings.Fields(&o.Config, o.model, &o.Continuation, &o.PreviewOptions, &o.Output)
}

// check reports invalid values, and given values that have no effect.
func (o *trainOptions) check(given map[string]settings.Origin) error {
	if err := recordable(o.recorded()...); err != nil {
		return err
	}
	if err := o.Config.Validate(); err != nil {
		return err
	}
	if err := settings.Validate(o.model); err != nil {
		return err
	}
	if err := o.PreviewOptions.check(o.Config, o.Output); err != nil {
		return err
	}
	return settings.Check(given, o.recorded()...)
}

// recordable reports a text that run.json cannot hold. JSON holds only UTF-8, but a path
// can have other bytes.
func recordable(structs ...any) error {
	for _, f := range settings.Fields(structs...) {
		if text := f.String(); !utf8.ValidString(text) {
			return fmt.Errorf("%w: %s %q is not UTF-8, so run.json cannot hold it; hint: rename the file or the folder", errUsage, f.Name, text)
		}
	}
	return nil
}

// resolve finds the settings of a training run and the origins of their values.
// It finds the model first, because each model has settings of its own.
func resolve(c *cli.Context) (o trainOptions, origins map[string]settings.Origin, err error) {
	list, err := sources(c, c.String(configFlag))
	if err != nil {
		return o, nil, err
	}
	return resolveGiven(list, changeable)
}

// resolveGiven finds the settings of a training run from the values that were given. If the
// run is resumed, only the changeable settings may differ from those of the run.
func resolveGiven(list []given, changeable []string) (o trainOptions, origins map[string]settings.Origin, err error) {
	first := trainDefaults()
	if _, _, err := fill(settings.Fields(&first.Config, &first.Output), list); err != nil {
		return o, nil, err
	}
	if err := first.Output.validate(); err != nil {
		return o, nil, err
	}
	info, err := resumed(first.Config)
	if err != nil {
		return o, nil, err
	}
	if info != nil {
		return resolveResumed(list, first.Run, *info, changeable)
	}
	return resolveNew(list)
}

// resolveNew finds the settings of a run that is not resumed.
func resolveNew(list []given) (o trainOptions, origins map[string]settings.Origin, err error) {
	first := trainDefaults()
	if _, _, err := fill(settings.Fields(&first.Config, &first.Output), list); err != nil {
		return o, nil, err
	}
	recipe, err := listed(first.Model)
	if err != nil {
		return o, nil, err
	}
	o = recipeDefaults(recipe)
	base := o.Config
	given, rest, err := fill(o.fields(), list)
	if err != nil {
		return o, nil, err
	}
	if err := refuse(rest, o.fields(), o.Model); err != nil {
		return o, nil, err
	}
	if err := o.refuseMore(given); err != nil {
		return o, nil, err
	}
	return o, mergeOrigins(base, given), o.check(given)
}

// mergeOrigins adds the origins of the values that a recipe changes.
func mergeOrigins(recipe trainer.Config, given map[string]settings.Origin) map[string]settings.Origin {
	plain := trainer.Defaults()
	defaults := settings.Fields(&plain)
	for i, f := range settings.Fields(&recipe) {
		if _, ok := given[f.Name]; !ok && f.Name != "model" && !f.Equal(defaults[i]) {
			given[f.Name] = settings.FromRecipe
		}
	}
	return given
}

// changeable are the settings that may change when a run is resumed.
var changeable = append([]string{
	"epochs", "patience", "min-delta", "learning-rate", "clip-norm", "schedule", "warmup", "step-epochs", "step-at", "step-factor", "decay-epochs",
}, trainer.Harmless...)

// resumed reads the run that is to be resumed. It returns nil if there is none,
// or if its folder is still empty.
func resumed(c trainer.Config) (*trainer.RunInfo, error) {
	if !c.Resume {
		return nil, nil
	}
	if c.Run == "" {
		return nil, fmt.Errorf("%w: --resume needs --run; hint: name the folder of the run", errUsage)
	}
	info, err := trainer.ReadRunInfo(c.Run)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return &info, err
}

// resolveResumed finds the settings of a run that is resumed in a folder.
func resolveResumed(list []given, run string, info trainer.RunInfo, changeable []string) (o trainOptions, origins map[string]settings.Origin, err error) {
	config, err := trainer.ConfigOf(info)
	if err != nil {
		return o, nil, err
	}
	recipe, err := listed(config.Model)
	if err != nil {
		return o, nil, fmt.Errorf("%w: the run in %s has model %s, which train cannot resume; hint: gaetrain finetune resumes classifiers", trainer.ErrConfiguration, run, config.Model)
	}
	o = recipeDefaults(recipe)
	if err := info.Fill(o.recorded()...); err != nil {
		return o, nil, err
	}
	given, rest, err := refill(o.fields(), list, run, info, changeable)
	if err != nil {
		return o, nil, err
	}
	if err := refuse(rest, o.fields(), o.Model); err != nil {
		return o, nil, err
	}
	if err := o.extend(config.Epochs, given); err != nil {
		return o, nil, err
	}
	return o, resumedOrigins(info, given), o.check(given)
}

// refill sets the fields of a resumed run to the values that were given. They
// must be those of the run, except for the changeable ones.
func refill(fields []settings.Field, list []given, run string, info trainer.RunInfo, changeable []string) (map[string]settings.Origin, []given, error) {
	before := texts(fields)
	given, rest, err := fill(fields, list)
	if err == nil {
		err = unchanged(fields, before, run, info, changeable)
	}
	return given, rest, err
}

// texts lists the values of fields by name.
func texts(fields []settings.Field) map[string]string {
	list := make(map[string]string)
	for _, f := range fields {
		list[f.Name] = f.String()
	}
	return list
}

// unchanged reports a field whose value differs from the value of the run in the folder,
// unless it is one of the changeable settings.
func unchanged(fields []settings.Field, before map[string]string, run string, info trainer.RunInfo, changeable []string) error {
	for _, f := range fields {
		if f.Name == "validation" && f.String() == strconv.Itoa(trainer.AutomaticValidation) {
			continue // the trainer compares the number that the data decide
		}
		if _, kept := info.Configuration[f.Name]; kept && f.String() != before[f.Name] && !slices.Contains(changeable, f.Name) {
			return fmt.Errorf("%w: %s is %s, but the run in %s was started with %s; hint: leave it out, or start another run",
				trainer.ErrConfiguration, f.Name, shown(f.String()), run, shown(before[f.Name]))
		}
	}
	return nil
}

func shown(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// resumedOrigins adds the origins that the run has recorded to those of the given values.
func resumedOrigins(info trainer.RunInfo, given map[string]settings.Origin) map[string]settings.Origin {
	for name, setting := range info.Configuration {
		if _, ok := given[name]; !ok {
			given[name] = setting.Origin
		}
	}
	return given
}
