package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/sweep"
)

// factorsOptions are the settings of study factors.
type factorsOptions struct {
	Out string `toml:"out" group:"output" help:"Folder of the study, with a run folder for each job (default: studies/ and the name of FILE)"`
	Output
}

func studyFactorsVerb() *cli.Command {
	defaults := factorsOptions{Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:      "factors",
		Usage:     "measure how codes relate to known factors, and how much the seed decides",
		ArgsUsage: fileUsage,
		Description: `FILE describes the models to train as the file of a sweep does ('gaetrain sweep --help'). Their
data must have known factors, such as those of the data set factors:

   seeds = 3
   [settings]
   dataset = "factors"
   code = 10
   epochs = 5
   [grid]
   model = ["vae"]
   beta = [1, 4, 16]

The verb trains each model with each seed and measures the codes of up to 10,000 test images, as
'gaetrain eval --factors' does, with the weights of the best epoch. It prints each measure with
its mean and standard deviation over the seeds. A second table divides the variance of each
measure over all runs: the share that is explained by the model, by the other settings of a
model, and by the seed. With few runs, model and settings explain a part of the variance by
chance; the last line of the table is the expectation of that part.

The folder --out gets one run folder per job, study.json, study.png and study.svg. The picture
has the mutual information gap of each run against its squared error. After an interruption, the
same command continues with the remaining jobs. 'gaetrain sweep FILE --out FOLDER --jobs 2'
trains the same jobs several at a time; the study then only measures them.

EXAMPLES:
   gaetrain study factors weights.toml
   gaetrain study factors weights.toml --out studies/long`,
		Flags: append(flags(clone(defaults)), configFileFlag()),
		Action: func(c *cli.Context) error {
			o := defaults
			return o.study(c)
		},
	}
}

func (o *factorsOptions) study(c *cli.Context) error {
	if _, err := layers(c, o, ""); err != nil {
		return err
	}
	if err := o.Output.validate(); err != nil {
		return err
	}
	if c.NArg() != 1 {
		return fmt.Errorf("%w: %d files; hint: gaetrain study factors weights.toml", errUsage, c.NArg())
	}
	file := c.Args().First()
	if o.Out == "" {
		o.Out = filepath.Join("studies", strings.TrimSuffix(filepath.Base(file), ".toml"))
	}
	s, err := openSweep(c, sweepOptions{Out: o.Out, Output: o.Output}, file)
	if err != nil {
		return err
	}
	if err := s.haveFactors(); err != nil {
		return err
	}
	log := newLog(c.App.ErrWriter, o.Output)
	study := factorStudy{Varied: s.Varied}
	for i := range s.Len() {
		if err := s.train(c.Context, io.Discard, log, i); err != nil {
			return interrupted(c.Context, err, i, s.Len())
		}
		done, err := s.factored(c.Context, i, log)
		if err != nil {
			return err
		}
		study.Outcomes = append(study.Outcomes, done)
	}
	study.summarise()
	if err := study.write(o.Out); err != nil {
		return err
	}
	return study.print(c.App.Writer, o.Out)
}

// haveFactors returns an error if the data of a job have no known factors, or if its model
// has no encoder, before anything is trained.
func (s *openedSweep) haveFactors() error {
	for i := range s.Combinations() {
		job := s.Job(i)
		o, _, err := resolveGiven(s.values(job), nil)
		if err != nil {
			return err
		}
		if !loaders.HasFactors(o.Dataset) {
			return fmt.Errorf("%w: no factors of the data set %s are known (job %d: %s); hint: dataset = \"factors\" in [settings]", errUsage, o.Dataset, i, job)
		}
		if _, ok := o.model.(trainer.Encoder); !ok {
			return fmt.Errorf("%w: model %s has no encoder (job %d: %s); hint: model = \"vae\"", errUsage, o.Model, i, job)
		}
	}
	return nil
}

// factorOutcome is a job with what its codes say about the factors.
type factorOutcome struct {
	Model       string            `json:"model"`
	Settings    map[string]string `json:"settings"` // that vary
	Seed        uint64            `json:"seed"`
	Folder      string            `json:"folder"`
	MSE         float64           `json:"mse"` // of the test images
	Seconds     float64           `json:"seconds"`
	Measured    measure.Factored  `json:"measured"`
	combination int
}

// factorFile is the file of a run folder with the measures of its codes.
const factorFile = "factors.json"

// measuredFactors is the content of factorFile.
type measuredFactors struct {
	Weights string           `json:"weights"` // Trained.Digest
	Factors measure.Factored `json:"factors"`
}

// factored measures the codes of a finished job, unless that has been done before.
func (s *openedSweep) factored(ctx context.Context, index int, log *console) (factorOutcome, error) {
	job := s.Job(index)
	result, err := sweep.Read(job, s.Out)
	if err != nil {
		return factorOutcome{}, err
	}
	done := factorOutcome{Seed: job.Seed, Folder: result.Folder, Settings: make(map[string]string), Seconds: result.Final.Seconds, combination: job.Combination}
	for _, v := range job.Values {
		done.Settings[v.Name] = job.Value(v.Name)
	}
	model, err := trainer.OpenSelected(recipes.Find, result.Folder)
	if err != nil {
		return done, err
	}
	figures, _ := result.At("test")
	done.Model, done.MSE = model.Config.Model, figures.MSE
	var stored measuredFactors
	run := trainer.Run{Dir: result.Folder}
	err = run.ReadSealed(factorFile, &stored)
	if err == nil && stored.Weights == model.Digest() {
		done.Measured = stored.Factors
		return done, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return done, err
	}
	data, err := trainer.OpenData(ctx, model.Config, model.Info.Data.Reading(loaderOptions(log), model.Config.Dataset))
	if err != nil {
		return done, err
	}
	measured, err := measure.MeasureFactors(ctx, model, data.Test, model.Config.Seed)
	if err != nil {
		return done, err
	}
	done.Measured = *measured
	return done, run.WriteSealed(factorFile, measuredFactors{model.Digest(), *measured})
}
