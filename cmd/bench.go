package cmd

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
)

func benchVerb() *cli.Command {
	return &cli.Command{
		Name:  "bench",
		Usage: "measure training steps of a model on this machine, as JSON",
		Description: `Takes the flags of train, and trains for a few seconds without a run folder. Reports the
median time of a whole step, images and floating-point operations a second, and the share of
the processor's peak of fused multiply-adds, which is measured in the same run.

EXAMPLES:
   gaetrain bench
   gaetrain bench --hidden 512 --code 64 --batch-size 512 --seconds 10`,
		Flags: append(trainFlags(), &cli.Float64Flag{Name: "seconds", Usage: "how long to measure", Value: 5}),
		Action: func(c *cli.Context) error {
			o, _, err := resolve(c)
			if err != nil {
				return err
			}
			duration := time.Duration(c.Float64("seconds") * float64(time.Second))
			if duration <= 0 || duration > time.Hour {
				return fmt.Errorf("%w: seconds is %v; hint: above 0, at most 3600", errUsage, c.Float64("seconds"))
			}
			recipe, err := recipes.Find(o.Model)
			if err != nil {
				return err
			}
			data, err := trainer.OpenData(c.Context, o.Config, loaderOptions(newLog(c.App.ErrWriter, o.Output)))
			if err != nil {
				return err
			}
			if o.BatchSize > data.Train.Len()-o.Validation {
				return fmt.Errorf("%w: batch-size is %d, there are %d training images", trainer.ErrConfiguration, o.BatchSize, data.Train.Len()-o.Validation)
			}
			experiment, err := trainer.NewExperiment(o.Config, data, recipe.Stages)
			if err != nil {
				return err
			}
			result, err := trainer.Bench(c.Context, experiment, duration)
			if err != nil {
				return err
			}
			return printJSON(c.App.Writer, result)
		},
	}
}
