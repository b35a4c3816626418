package cmd

import (
	"fmt"
	"maps"
	"slices"

	"github.com/urfave/cli/v2"
)

type evalOptions struct {
	RunOptions
	JSON bool `toml:"json" group:"output" help:"print JSON instead of a table"`
	Output
}

func evalVerb() *cli.Command {
	defaults := evalOptions{RunOptions: runDefaults(), Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "eval",
		Usage: "measure a run on a whole split",
		Description: `Prints every term of the loss and the squared error per pixel, averaged over the images
of the split.

EXAMPLES:
   gaetrain eval --run runs/dense-sample-1
   gaetrain eval --run runs/dense-sample-1 --checkpoint best --split train --json`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			model, split, data, err := openRun(c, &o, func(o *evalOptions) (*RunOptions, Output) { return &o.RunOptions, o.Output })
			if err != nil {
				return err
			}
			figures, err := model.Evaluate(c.Context, split)
			if err != nil {
				return err
			}
			if o.JSON {
				return printJSON(c.App.Writer, map[string]any{
					"run": o.Run, "checkpoint": o.Checkpoint, "epoch": model.Epoch, "dataset": data.Name, "split": o.Split, "images": split.Len(),
					"loss": figures.Loss, "terms": figures.Terms, "mse": figures.MSE,
				})
			}
			rows := [][]string{{"images", fmt.Sprintf("%d of %s, %s", split.Len(), data.Name, o.Split)}, {"weights", fmt.Sprintf("%s, after epoch %d", o.Checkpoint, model.Epoch)}}
			for _, term := range slices.Sorted(maps.Keys(figures.Terms)) {
				rows = append(rows, []string{term, fmt.Sprintf("%.4f %s", figures.Terms[term], model.Stage.Objective.Unit(term))})
			}
			return table(c.App.Writer, append(rows, []string{"mse", fmt.Sprintf("%.6f per pixel", figures.MSE)})...)
		},
	}
}
