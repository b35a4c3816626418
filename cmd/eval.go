package cmd

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
)

type evalOptions struct {
	RunOptions
	JSON bool `toml:"json" group:"output" help:"print JSON instead of a table"`
	Output
}

// evaluated is what eval prints as JSON.
type evaluated struct {
	Run        string `json:"run"`
	Checkpoint string `json:"checkpoint"`
	Epoch      int    `json:"epoch"`
	Dataset    string `json:"dataset"`
	Split      string `json:"split"`
	Images     int    `json:"images"`
	trainer.Figures
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
				return printJSON(c.App.Writer, evaluated{o.Run, o.Checkpoint, model.Epoch, data.Name, o.Split, split.Len(), figures})
			}
			rows := [][]string{{"images", fmt.Sprintf("%d of %s, %s", split.Len(), data.Name, o.Split)}, {"weights", fmt.Sprintf("%s, after epoch %d", o.Checkpoint, model.Epoch)}}
			for name, value := range figures.All() {
				rows = append(rows, []string{name, strings.TrimSpace(fmt.Sprintf("%.7g %s", value, model.Stage.Objective.Unit(name)))})
			}
			return table(c.App.Writer, rows...)
		},
	}
}
