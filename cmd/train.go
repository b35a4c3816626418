package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

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
	return append(flags(clone(trainDefaults())), &cli.StringFlag{
		Name: configFlag, Category: "output", EnvVars: []string{configVariable},
		Usage: "TOML file with any of these settings, such as `FILE` with the line: learning-rate = 0.002",
	})
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
	ctx := c.Context
	if o.TimeLimit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.TimeLimit, fmt.Errorf("by the time limit of %s", o.TimeLimit))
		defer cancel()
	}
	data, err := trainer.OpenData(ctx, o.Config, loaderOptions(log))
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w; hint: no step was made yet, run it again", trainer.ErrStopped, context.Cause(ctx))
	}
	if err != nil {
		return err
	}
	experiment, err := trainer.NewExperiment(o.Config, data, recipe.Stages)
	if err != nil {
		return err
	}
	run, err := trainer.CreateRun(o.Run, experiment, trainer.Settings(o.Config, origins))
	if err != nil {
		return err
	}
	defer run.Close()
	if run.Warning != "" {
		log.warn(run.Warning)
	}
	about := pictures.About{Summary: recipe.Summary, Idea: recipe.Idea, Citation: recipe.Citation, Command: command(o.Config, origins)}
	loop, err := trainer.NewLoop(experiment, run, pictures.Hook(about), log.hook())
	if err != nil {
		return err
	}
	log.begin(loop)
	err = loop.Train(ctx)
	log.end()
	if err != nil {
		return err
	}
	return printRun(c.App.Writer, run)
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
	if first.Resume {
		if first.Run == "" {
			return first, nil, fmt.Errorf("%w: --resume without --run; hint: name the run folder to go on with", errUsage)
		}
		info, err := trainer.ReadRunInfo(first.Run)
		if err == nil {
			return resolveResumed(c, info)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return first, nil, err
		}
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

// resolveResumed starts from the configuration of the run that goes on. What is
// told besides must be the same, or be changeable.
func resolveResumed(c *cli.Context, info trainer.RunInfo) (trainOptions, map[string]trainer.Origin, error) {
	o := trainDefaults()
	var err error
	if o.Config, err = trainer.ConfigOf(info); err != nil {
		return o, nil, err
	}
	before := o
	told, err := layers(c, &o, c.String(configFlag))
	if err != nil {
		return o, nil, err
	}
	old := trainer.Fields(&before.Config)
	for i, f := range trainer.Fields(&o.Config) {
		if !f.Equal(old[i]) && !slices.Contains(changeable, f.Name) {
			return o, nil, fmt.Errorf("%w: %s is %s, but the run in %s was started with %s; hint: leave it out, or begin another --run",
				trainer.ErrConfiguration, f.Name, f, o.Run, old[i])
		}
	}
	origins := make(map[string]trainer.Origin)
	for _, f := range old {
		origins[f.Name] = info.Configuration[f.Name].Origin
		if origin, ok := told[f.Name]; ok {
			origins[f.Name] = origin
		}
	}
	return o, origins, o.Validate()
}

// command is the command line that repeats a run.
func command(c trainer.Config, origins map[string]trainer.Origin) string {
	words := []string{"gaetrain train"}
	for _, f := range trainer.Fields(&c) {
		switch origin := origins[f.Name]; {
		case origin == "" || origin == trainer.FromDefault || origin == trainer.FromRecipe:
		case f.Name == "run" || f.Name == "resume" || f.Name == "data-dir" || f.Name == "time-limit":
		default:
			words = append(words, "--"+f.Name+" "+f.String())
		}
	}
	return strings.Join(words, " ")
}
