package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/recipes"
)

// trainOptions are what train and config can be told.
type trainOptions struct {
	trainer.Config
	Output
}

func trainDefaults() trainOptions {
	return trainOptions{trainer.Defaults(), Output{LogFormat: "text"}}
}

const configFlag = "config"

func trainFlags() []cli.Flag {
	return append(flags(clone(trainDefaults())), configFileFlag())
}

func configFileFlag() cli.Flag {
	return &cli.StringFlag{
		Name: configFlag, Category: "output", EnvVars: []string{configVariable},
		Usage: "TOML file with any of these settings, such as `FILE` with the line: learning-rate = 0.002",
	}
}

func trainVerb() *cli.Command {
	return &cli.Command{
		Name:  "train",
		Usage: "train a model; pictures, curves and figures go into the run folder",
		Description: `Every flag can also be set as GAETRAIN_… in the environment (--learning-rate is
GAETRAIN_LEARNING_RATE) or in a TOML file: flag > environment > file > recipe.

EXAMPLES:
   gaetrain train
   gaetrain train --dataset fashion-mnist --code 64 --epochs 20 --run runs/fashion
   gaetrain train --resume --run runs/fashion`,
		Flags:  trainFlags(),
		Action: train,
	}
}

func train(c *cli.Context) error {
	o, origins, err := resolve(c)
	if err != nil {
		return err
	}
	recipe, err := recipes.Find(o.Model)
	if err != nil {
		return err
	}
	log := newLog(c.App.ErrWriter, o.Output)
	ctx, cancel := timeLimited(c.Context, o.Config)
	defer cancel()
	data, err := openData(ctx, o.Config, log)
	if err != nil {
		return err
	}
	experiment, err := trainer.NewExperiment(o.Config, data, recipe.Stages)
	if err != nil {
		return err
	}
	about := pictures.About{Summary: recipe.Summary, Idea: recipe.Idea, Citation: recipe.Citation, Command: command("train", &o.Config, origins)}
	run, err := perform(ctx, experiment, trainer.Settings(&o.Config, origins), log, pictures.Hook(about))
	if err != nil {
		return err
	}
	return printRun(c.App.Writer, run)
}

// timeLimited ends a context when the time limit of a configuration is over.
func timeLimited(ctx context.Context, c trainer.Config) (context.Context, context.CancelFunc) {
	if c.TimeLimit == 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, c.TimeLimit, fmt.Errorf("by the time limit of %s", c.TimeLimit))
}

// openData reads the data set of a training run.
func openData(ctx context.Context, c trainer.Config, log *console) (*loaders.Dataset, error) {
	data, err := trainer.OpenData(ctx, c, loaderOptions(log))
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%w: %w; hint: no step was made yet, run it again", trainer.ErrStopped, context.Cause(ctx))
	}
	return data, err
}

// perform trains an experiment in its run folder to the end.
func perform(ctx context.Context, e *trainer.Experiment, settings map[string]trainer.Setting, log *console, hooks ...trainer.Hook) (*trainer.Run, error) {
	run, err := trainer.CreateRun(e.Config.Run, e, settings)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	if run.Warning != "" {
		log.warn(run.Warning)
	}
	loop, err := trainer.NewLoop(e, run, append(hooks, log.hook())...)
	if err != nil {
		return nil, err
	}
	log.begin(loop)
	defer log.end()
	return run, loop.Train(ctx)
}

// resolve finds the configuration of a training run and the origin of each of
// its values.
func resolve(c *cli.Context) (trainOptions, map[string]trainer.Origin, error) {
	first := trainDefaults()
	if _, err := layers(c, &first, c.String(configFlag)); err != nil {
		return first, nil, err
	}
	if err := first.Output.validate(); err != nil {
		return first, nil, err
	}
	if info, err := resumed(first.Config); info != nil || err != nil {
		if err != nil {
			return first, nil, err
		}
		o := trainDefaults()
		origins, err := resolveResumed(c, first.Run, *info, &o)
		if err != nil {
			return o, nil, err
		}
		return o, origins, o.Validate()
	}
	recipe, err := recipes.Find(first.Model)
	if err != nil {
		return first, nil, err
	}
	o := trainDefaults()
	o.Config = recipe.Configure()
	base := o.Config
	told, err := layers(c, &o, c.String(configFlag))
	if err != nil {
		return o, nil, err
	}
	return o, mergeOrigins(base, told), o.Validate()
}

// mergeOrigins adds the values that a recipe sets.
func mergeOrigins(recipe trainer.Config, told map[string]trainer.Origin) map[string]trainer.Origin {
	plain := trainer.Defaults()
	defaults := trainer.Fields(&plain)
	for i, f := range trainer.Fields(&recipe) {
		if _, ok := told[f.Name]; !ok && f.Name != "model" && !f.Equal(defaults[i]) {
			told[f.Name] = trainer.FromRecipe
		}
	}
	return told
}

// changeable are the values that may change when a run goes on.
var changeable = []string{"run", "resume", "epochs", "patience", "min-delta", "time-limit", "checkpoint-every", "pictures", "data-dir"}

// resumed reads the run that is to go on, if one is; where its folder is still
// empty there is none.
func resumed(c trainer.Config) (*trainer.RunInfo, error) {
	if !c.Resume {
		return nil, nil
	}
	if c.Run == "" {
		return nil, fmt.Errorf("%w: --resume without --run; hint: name the run folder to go on with", errUsage)
	}
	info, err := trainer.ReadRunInfo(c.Run)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return &info, err
}

// resolveResumed fills options from the run that goes on in a folder. What is told besides
// must be the same, or be changeable.
func resolveResumed[T any](c *cli.Context, run string, info trainer.RunInfo, options *T) (map[string]trainer.Origin, error) {
	if err := info.Fill(options); err != nil {
		return nil, err
	}
	told, err := layers(c, options, c.String(configFlag))
	if err != nil {
		return nil, err
	}
	if err := unchanged(run, info, options); err != nil {
		return nil, err
	}
	origins := make(map[string]trainer.Origin)
	for _, f := range trainer.Fields(options) {
		origins[f.Name] = info.Configuration[f.Name].Origin
		if origin, ok := told[f.Name]; ok {
			origins[f.Name] = origin
		}
	}
	return origins, nil
}

// unchanged reports an option that is not as the run in a folder was told, and
// may not change when it goes on.
func unchanged[T any](run string, info trainer.RunInfo, options *T) error {
	before := clone(*options)
	if err := info.Fill(before); err != nil {
		return err
	}
	old := trainer.Fields(before)
	for i, f := range trainer.Fields(options) {
		if _, kept := info.Configuration[f.Name]; kept && !f.Equal(old[i]) && !slices.Contains(changeable, f.Name) {
			return fmt.Errorf("%w: %s is %s, but the run in %s was started with %s; hint: leave it out, or begin another one",
				trainer.ErrConfiguration, f.Name, f, run, old[i])
		}
	}
	return nil
}

// command is the command line of a verb that repeats a run.
func command(verb string, options any, origins map[string]trainer.Origin) string {
	words := []string{"gaetrain " + verb}
	for _, f := range trainer.Fields(options) {
		switch origin := origins[f.Name]; {
		case origin == "" || origin == trainer.FromDefault || origin == trainer.FromRecipe:
		case f.Name == "run" || f.Name == "resume" || f.Name == "data-dir" || f.Name == "time-limit":
		default:
			words = append(words, "--"+f.Name+" "+f.String())
		}
	}
	return strings.Join(words, " ")
}
