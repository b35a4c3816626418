package cmd

import (
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// benchOptions are the settings of bench in addition to those of train.
type benchOptions struct {
	Predict bool    `toml:"predict" group:"output" help:"Predict the time of a step with 1 to 64 cores, from work that one core does part by part"`
	Seconds float64 `toml:"seconds" group:"output" help:"Duration of the measurement in seconds, above 0 and at most 3600"`
}

const benchHelp = `

This verb takes the flags of train, and trains for a few seconds without a run folder. It reports
the median time of a step, and the images and floating-point operations per second. It also
reports the share of the processor's peak rate of fused multiply-adds, which it measures in the
same run.

A step cannot be faster than milliseconds_bound. That is the larger of two times: the operations
at the peak rate (arithmetic), and the memory that a step moves at the bandwidth (bandwidth).
Each operation is counted as if it read its inputs once and wrote its results once, and the
solver as if it read and wrote weights and moments once. The bandwidth is measured in the same
run, on an array as large as the working set of a step: weights, moments, inputs and buffers.

With --predict, the output also has the predicted time of a step with 1 to 64 cores, and what
the prediction assumes. The measured time stands beside it for numbers of cores that this machine
has.

EXAMPLES:
   gaetrain bench
   gaetrain bench --hidden 512 --code 64 --batch-size 512 --seconds 10
   gaetrain bench --model conv --predict`

func benchVerb(model string) *cli.Command {
	defaults := benchOptions{Seconds: 5}
	return &cli.Command{
		Name:        "bench",
		Usage:       "measure training steps of a model on this machine, as JSON",
		Description: modelHelp("bench", model) + benchHelp,
		Flags:       slices.Concat(withoutFlags(trainFlags(model), "preview"), flags(clone(defaults))),
		Action: func(c *cli.Context) error {
			own := defaults
			list, err := sources(c, "")
			if err != nil {
				return err
			}
			if _, _, err := fill(settings.Fields(&own), list); err != nil { // resolve reads the other settings
				return err
			}
			o, origins, err := resolve(c)
			if err != nil {
				return err
			}
			if !(own.Seconds > 0 && own.Seconds <= 3600) {
				return fmt.Errorf("%w: seconds is %v; hint: above 0, at most 3600", errUsage, own.Seconds)
			}
			if err := trainer.LoadFeatures(recipes.Find, o.model, o.Config); err != nil {
				return err
			}
			log := newLog(c.App.ErrWriter, o.Output)
			data, err := trainer.OpenData(c.Context, o.Config, loaderOptions(log))
			if err != nil {
				return err
			}
			if err := o.Config.HoldOut(c.Context, data); err != nil {
				return err
			}
			if err := o.settle(c.Context, log, data, origins); err != nil {
				return err
			}
			if o.BatchSize > data.Train.Len()-o.Validation {
				return fmt.Errorf("%w: batch-size is %d, but there are %d training images; hint: set a smaller --batch-size", trainer.ErrConfiguration, o.BatchSize, data.Train.Len()-o.Validation)
			}
			experiment, err := trainer.NewExperiment(o.Config, o.recipe.Name, o.model, data)
			if err != nil {
				return err
			}
			log.precision(experiment)
			result, err := trainer.Bench(c.Context, experiment, time.Duration(own.Seconds*float64(time.Second)), own.Predict)
			if err != nil {
				return err
			}
			return printJSON(c.App.Writer, result)
		},
	}
}
