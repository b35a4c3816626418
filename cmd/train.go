package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"slices"

	"github.com/urfave/cli/v2"

	"gaetrain/graph/kernel"
	"gaetrain/loaders"
	"gaetrain/loaders/memory"
	"gaetrain/trainer"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
	"gaetrain/trainer/tensorboard"
)

const configFlag = "config"

// trainFlags are the flags of train and config. The help shows the settings of
// the named model, with its defaults, or only those of all models.
func trainFlags(model string) []cli.Flag {
	o := trainDefaults()
	if r, err := listed(model); err == nil {
		o = recipeDefaults(r)
		o.Model = trainer.Defaults().Model
	}
	return slices.Concat(flags(&o.Config, &o.Continuation, &o.PreviewOptions, &o.Output), modelFlags(model), []cli.Flag{configFileFlag()})
}

// modelHelp is the paragraph about the settings of models in the help of a verb.
func modelHelp(verb, model string) string {
	if model == "" {
		return "This help shows the settings that all models share. Each model also has settings of its own.\n'gaetrain " + verb + " --model vae --help' shows the settings and the defaults of model vae.\n'gaetrain models' lists the models."
	}
	return "This help shows all settings that apply to model " + model + ", with the defaults of this model.\nWithout --model, it shows the settings that all models share."
}

func configFileFlag() cli.Flag {
	return &cli.StringFlag{
		Name: configFlag, Category: "output", EnvVars: []string{configVariable},
		Usage: "TOML `FILE` with settings, one per line, such as learning-rate = 0.002",
	}
}

func trainVerb(model string) *cli.Command {
	return &cli.Command{
		Name:  "train",
		Usage: "train a model and write pictures, curves and metrics to the run folder",
		Description: modelHelp("train", model) + `

Each flag is also an environment variable (--learning-rate is GAETRAIN_LEARNING_RATE) and a key
in a TOML file. Flags take precedence over the environment, the environment over the file, and
the file over the defaults of the model. A boolean flag takes its value with an equals sign:
--binarise means --binarise=true, and --binarise=false is the opposite. In the summary, ± is the
standard error of a mean over the images.

EXAMPLES:
   gaetrain train
   gaetrain train --dataset fashion-mnist --code 64 --epochs 20 --run runs/fashion
   gaetrain train --model vae --beta 4
   gaetrain train --resume --run runs/fashion                    # an interrupted run
   gaetrain train --resume --run runs/fashion --more-epochs 10   # a finished run`,
		Flags:  trainFlags(model),
		Action: train,
	}
}

func train(c *cli.Context) error {
	o, origins, err := resolve(c)
	if err != nil {
		return err
	}
	log := newLog(c.App.ErrWriter, o.Output)
	log.showPreview(o.PreviewOptions)
	return o.train(c.Context, c.App.Writer, log, origins)
}

// train trains the model to the end and prints the figures of the run.
func (o *trainOptions) train(ctx context.Context, w io.Writer, log *console, origins map[string]settings.Origin) error {
	ctx, cancel := timeLimited(ctx, o.Config)
	defer cancel()
	restore, err := resumeKernel(o.Config, log)
	if err != nil {
		return err
	}
	defer restore()
	if err := trainer.LoadFeatures(recipes.Find, o.model, o.Config); err != nil {
		return err
	}
	how := loaderOptions(log)
	how.Outline = o.forecast(log)
	data, err := openData(ctx, o.Config, how)
	if err != nil {
		return err
	}
	if err := o.Config.HoldOut(ctx, data); err != nil {
		return stopped(ctx, o.Run, err)
	}
	if err := o.settle(ctx, log, data, origins); err != nil {
		return stopped(ctx, o.Run, err)
	}
	experiment, err := trainer.NewExperiment(o.Config, o.recipe.Name, o.model, data)
	if err != nil {
		return err
	}
	if p, ok := o.model.(trainer.Perceptive); ok && p.Features() != nil {
		if other := p.Features().OtherData(data); other != "" {
			log.warn(other + ", so its features may not describe these images; hint: --perceptual takes a classifier of the same images")
		}
	}
	if data.Features != nil && experiment.Trained().Convolutions() > 0 {
		log.warn("convolutions combine neighbouring columns, whose order in a table usually has no meaning; hint: --model dense has none")
	}
	about := o.about(origins)
	var linear baseline
	about.PCA = linear.figures
	done, err := perform(ctx, experiment, settings.Record(origins, o.recorded()...), log, linear.hook(), pictures.Hook(about))
	if err != nil {
		return err
	}
	done.linear = linear.Baseline
	if why := done.linear.Why; why != "" {
		log.note(fmt.Sprintf("the model is not compared with PCA, because %s; hint: gaetrain pca --run %s", why, shellWord(done.Run.Dir)))
	}
	return done.print(w)
}

// forecast returns a function that reports the memory of training on image files, or
// returns an error if there is not enough, before the files are decoded.
func (o *trainOptions) forecast(log *console) func(loaders.Outline) error {
	return func(of loaders.Outline) error {
		m, err := trainer.Forecast(o.Config, o.recipe.Name, o.model, of)
		if err == nil && of.Final {
			log.memory(m)
		}
		return err
	}
}

// baseline is the comparison of a trained model with PCA, for the report and the summary.
type baseline struct{ measure.Baseline }

// hook computes the comparison at the end. It is the last that needs the training images, so
// their memory is free afterwards.
func (b *baseline) hook() trainer.Hook {
	return trainer.Hook{Name: "baseline", End: func(ctx context.Context, l *trainer.Loop) (err error) {
		if b.Baseline, err = measure.PCABaseline(ctx, l.Trained(), l.TrainImages(), l.Data.Test); err != nil {
			return err
		}
		l.Data.ReleaseTrain()
		memory.Trim()
		return nil
	}}
}

func (b *baseline) figures(context.Context) (components int, mse float64, err error) {
	return b.Components, b.MSE, nil
}

// timeLimited ends a context at the time limit of a configuration.
func timeLimited(ctx context.Context, c trainer.Config) (context.Context, context.CancelFunc) {
	if c.TimeLimit == 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, c.TimeLimit, fmt.Errorf("by the time limit of %s", c.TimeLimit))
}

// resumeKernel selects the kernel path that a resumed run began with, so that the
// run stays bit-identical. The environment variable takes precedence. A path that this
// processor lacks is not selected, and the trainer warns. The returned function
// selects the present path again.
func resumeKernel(c trainer.Config, log *console) (restore func(), err error) {
	present := kernel.Path()
	restore = func() { _ = kernel.Use(present) } // it was in use before
	if !c.Resume || os.Getenv(kernelVariable) != "" {
		return restore, nil
	}
	path, err := trainer.KernelOf(c.Run)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return restore, nil
	case err != nil:
		return restore, err
	case path != present && kernel.Use(path) == nil:
		log.log.Info(fmt.Sprintf("the run began with the kernel path %s and resumes with it; the present path is %s", path, present))
	}
	return restore, nil
}

// settle sets the values that depend on the data, unless the user has given them. run.json
// then holds the values that the run uses. Without a validation set, nothing can stop
// training early.
func (o *trainOptions) settle(ctx context.Context, log *console, data *loaders.Dataset, origins map[string]settings.Origin) error {
	if origins["background"] == "" && data.Background != "" {
		o.Background = data.Background
	}
	if _, given := origins["patience"]; o.Validation == 0 && !given {
		o.Patience = 0
	}
	if err := data.MeasureRange(ctx, o.Validation); err != nil {
		return err
	}
	note, err := recipes.Fit(o.model, &o.Config, data, origins)
	if err != nil {
		return err
	}
	if note != "" {
		log.note(note)
	}
	if data.ArePixels() || !recipes.NeedsUnit(o.model) {
		return nil
	}
	outside, err := data.Test.Outside(ctx)
	if outside > 0 {
		log.warn(data.Test.Shape.Words(fmt.Sprintf("%d of %d test images have values outside [0, 1], the range of the training images, so their cross-entropy is not a likelihood", outside, data.Test.Len())))
	}
	return err
}

// openData reads the data set of a training run. If the run is resumed, its data are
// scaled as before.
func openData(ctx context.Context, c trainer.Config, how loaders.Options) (*loaders.Dataset, error) {
	if c.Resume {
		activeRun.Store(&trainedRun{dir: c.Run, discard: func() {}})
		if info, err := trainer.ReadRunInfo(c.Run); err == nil {
			how = info.Data.Reading(how, c.Dataset)
		}
	}
	data, err := trainer.OpenData(ctx, c, how)
	if err == nil {
		err = ctx.Err()
	}
	return data, stopped(ctx, c.Run, err)
}

// perform trains an experiment in its run folder to the end.
func perform(ctx context.Context, e *trainer.Experiment, configuration map[string]settings.Setting, log *console, hooks ...trainer.Hook) (finished, error) {
	log.memory(e.Memory)
	log.precision(e)
	if e.Config.TensorBoard {
		hooks = append(hooks, tensorboard.Hook())
	}
	run, err := trainer.CreateRun(e.Config.Run, e, configuration)
	if err != nil {
		return finished{}, err
	}
	defer run.Close()
	activeRun.Store(&trainedRun{run.Dir, func() { run.Close() }, log.stopping})
	defer activeRun.Store(nil)
	loop, err := trainer.NewLoop(ctx, e, run, trimmed(append(hooks, log.hook()))...)
	if err != nil {
		return finished{}, stopped(ctx, run.Dir, err)
	}
	if e.Config.TensorBoard {
		log.note(fmt.Sprintf("event files are written to %s; hint: tensorboard --logdir %s", run.Path(tensorboard.Folder), shellWord(run.Path(tensorboard.Folder))))
		if e.Config.Pictures == 0 {
			log.note("the event files have no pictures, because pictures is 0")
		}
	}
	log.begin(loop)
	defer log.end()
	return finished{Run: run, model: e.Trained()}, stopped(ctx, run.Dir, loop.Train(ctx))
}

// trimmed returns hooks that return memory to the system before the first step, and before
// the other hooks run at the end: what came before needed memory that is free afterwards.
func trimmed(hooks []trainer.Hook) []trainer.Hook {
	start := func(context.Context, *trainer.Loop) error {
		memory.Trim()
		collectOften()
		return nil
	}
	end := func(ctx context.Context, l *trainer.Loop) error {
		l.Free()
		return start(ctx, l)
	}
	return slices.Concat([]trainer.Hook{{Name: "trim", End: end}}, hooks, []trainer.Hook{{Name: "trim", Start: start}})
}

// collectOften lets the heap grow by about 1 MiB before the next collection, but by at least
// 1 %. A collection takes a millisecond, because images and weights need no scan.
func collectOften() {
	if os.Getenv("GOGC") != "" {
		return
	}
	heap := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(heap)
	debug.SetGCPercent(int(max(1, min(4, 100<<20/max(1, heap[0].Value.Uint64())))))
}

// errUnsaved is wrapped by the error about a run that was stopped before its
// first checkpoint.
var errUnsaved = errors.New("stopped")

// stopped returns the error about a run whose context ended outside a step of training.
// (A step saves a checkpoint when it is stopped.) If the folder has an earlier checkpoint,
// which --resume can continue, the error wraps trainer.ErrStopped. Otherwise it wraps
// errUnsaved. Errors with other causes are returned unchanged.
func stopped(ctx context.Context, dir string, err error) error {
	byContext := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Cause(ctx))
	if ctx.Err() == nil || !byContext || errors.Is(err, trainer.ErrStopped) {
		return err
	}
	if dir == "" || !trainer.HasCheckpoint(dir) {
		return fmt.Errorf("%w: %w; nothing was saved yet; hint: run the same command again", errUnsaved, context.Cause(ctx))
	}
	return fmt.Errorf("%w: %w; the checkpoint that was saved before is unchanged; hint: --resume --run %s continues", trainer.ErrStopped, context.Cause(ctx), shellWord(dir))
}
