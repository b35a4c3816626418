package cmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

type reportOptions struct {
	Run     string `toml:"run" group:"input" help:"Folder of the run"`
	DataDir string `toml:"data-dir" group:"input" help:"Folder that is searched first for data sets"`
	Out     string `toml:"out" group:"output" help:"Page to write, such as page.html"`
	// TensorBoard is not the setting of train of this name, which is true or false.
	TensorBoard string `toml:"tensorboard" group:"output" help:"Folder for event files of TensorBoard, in a new folder with the name of the run; no page is written"`
	Output
}

func reportVerb() *cli.Command {
	defaults := reportOptions{Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "report",
		Usage: "write the page of a run again, with what later verbs have added",
		Description: `Training writes the page report.html into the run folder. This verb writes it again, from the
last checkpoint of a run that is finished or stopped. The new page also shows the pictures that
other verbs have drawn into the run folder since. The page is one file that needs no network: it
can be sent to others and opened in any web browser. If the data set of the run cannot be read,
the page leaves out what needs images of it, and says so.

Without --out, the report.html of the run folder is replaced. A file that --out names must not
exist.

With --tensorboard, the verb writes event files of the run for TensorBoard instead of the page:
the figures and the pictures of all epochs, the settings, and the codes for the projector. The
histograms of weights and codes are those of the last checkpoint alone, because a run folder has
no weights of earlier epochs. 'gaetrain train --tensorboard' writes histograms while it trains.

EXAMPLES:
   gaetrain report --run runs/dense-sample-1
   gaetrain report --run runs/dense-sample-1 --out dense.html
   gaetrain report --run runs/dense-sample-1 --tensorboard events   # tensorboard --logdir events`,
		Flags:  withDefault(flags(clone(defaults)), "out", "report.html in the run folder"),
		Action: func(c *cli.Context) error { return report(c, defaults) },
	}
}

// report is one call of the verb.
func report(c *cli.Context, o reportOptions) error {
	path, log, err := o.read(c)
	if err != nil {
		return err
	}
	model, err := trainer.OpenModel(recipes.Find, o.Run, trainer.LastCheckpoint)
	if err != nil {
		return err
	}
	if o.TensorBoard != "" {
		return o.writeEvents(c, model, log)
	}
	subject := pictures.Subject{Dir: o.Run, Model: model}
	if subject.About, err = aboutRun(model.Info); err != nil {
		return err
	}
	in := ModelOptions{Run: o.Run, DataDir: o.DataDir}
	data, err := in.open(c.Context, model, log)
	switch {
	case c.Context.Err() != nil:
		return err
	case errors.Is(err, loaders.ErrData) || errors.Is(err, loaders.ErrUnknown):
		note := fmt.Sprintf("the page shows nothing that needs the data set of the run: %v", err)
		log.warn(note)
		subject.Notes = append(subject.Notes, note)
	case err != nil:
		return err
	default:
		subject.Data = data.Dataset
		if changed := model.Info.DataChanged(data.Dataset); changed != "" {
			subject.Notes = append(subject.Notes, changed)
		}
		subject.PCA = func(ctx context.Context) (int, float64, error) {
			made, err := measure.PCABaseline(ctx, model, data.Train, data.Test)
			return made.Components, made.MSE, err
		}
	}
	if err := pictures.WriteReport(c.Context, path, subject); err != nil {
		return err
	}
	printf(c.App.Writer, "%s\n", path)
	return nil
}

// read reads the options, and returns the path of the page.
func (o *reportOptions) read(c *cli.Context) (path string, log *console, err error) {
	origins, err := layers(c, o, "")
	if err != nil {
		return "", nil, err
	}
	if err := o.takeEvents(c, origins); err != nil {
		return "", nil, err
	}
	if err := o.Output.validate(); err != nil {
		return "", nil, err
	}
	if o.Run == "" {
		return "", nil, fmt.Errorf("%w: no run; hint: gaetrain report --run runs/dense-sample-1", errUsage)
	}
	path = filepath.Join(o.Run, "report.html")
	if wasGiven(c, "out") {
		if path, err = freeOut(c, o.Out, ".html"); err != nil {
			return "", nil, err
		}
		path += ".html"
	}
	return path, newLog(c.App.ErrWriter, o.Output), nil
}

// aboutRun describes the model of a run, and has the command that repeats the run.
func aboutRun(info trainer.RunInfo) (pictures.About, error) {
	recipe, err := recipes.Find(info.Model)
	if err != nil {
		return pictures.About{}, err
	}
	origins := resumedOrigins(info, make(map[string]settings.Origin))
	if info.Encoder != nil {
		o := finetuneDefaults()
		err := info.Fill(o.recorded()...)
		return o.about(origins), err
	}
	o := recipeDefaults(recipe)
	err = info.Fill(o.recorded()...)
	return o.about(origins), err
}

// about describes the model of the options.
func (o *trainOptions) about(origins map[string]settings.Origin) pictures.About {
	return pictures.About{
		Summary: o.recipe.Summary, Idea: o.recipe.Idea, Citation: o.recipe.Citation, Command: command("train", origins, o.recorded()...),
	}
}

// about describes the classifier of the options.
func (o *finetuneOptions) about(origins map[string]settings.Origin) pictures.About {
	a := o.trainOptions.about(origins)
	a.Summary, a.Command = "a classifier on the encoder of "+o.From, command("finetune", origins, o.recorded()...)
	return a
}
