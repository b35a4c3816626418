package cmd

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/viz"
)

type reconstructOptions struct {
	RunOptions
	Images string `toml:"images" group:"input" help:"Image file, or folder of such files, to use instead of a data set"`
	Out    string `toml:"out" group:"output" help:"PNG file to write"`
	Output
}

func reconstructVerb() *cli.Command {
	defaults := reconstructOptions{RunOptions: runDefaults(), Out: "reconstructions.png", Output: Output{LogFormat: "text"}}
	defaults.Limit = 64
	return &cli.Command{
		Name:  "reconstruct",
		Usage: "draw images and their reconstructions",
		Description: `This verb prints the squared error per pixel of each image.

EXAMPLES:
   gaetrain reconstruct --run runs/dense-sample-1
   gaetrain reconstruct --run runs/dense-sample-1 --images photos/ --out pairs.png`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			model, split, data, err := openRun(c, &o, func(o *reconstructOptions) (*RunOptions, Output) { return &o.RunOptions, o.Output })
			if err != nil {
				return err
			}
			if err := checkOut(o.Out, ".png"); err != nil {
				return err
			}
			if !strings.HasSuffix(o.Out, ".png") {
				return fmt.Errorf("%w: --out %s; hint: the name must end with .png", errUsage, o.Out)
			}
			name, names := fmt.Sprintf("%s, %s", data.Name, o.Split), []string(nil)
			if o.Images != "" {
				if split, names, err = ownImages(c.Context, o.Images, model); err != nil {
					return err
				}
				name, split = o.Images, split.Limit(o.Limit)
			}
			pairs, err := model.Reconstruct(c.Context, split)
			if err != nil {
				return err
			}
			title := fmt.Sprintf("%s after epoch %d, images of %s", model.Config.Model, model.Epoch, name)
			if err := viz.WritePNG(c.Context, o.Out, pictures.Reconstructions(title, pairs)); err != nil {
				return fmt.Errorf("%w: %w; hint: --out names a file that can be written", trainer.ErrRun, err)
			}
			for i, e := range pairs.MSE {
				label := fmt.Sprint(i)
				if names != nil {
					label = names[i]
				}
				printf(c.App.Writer, "%s\t%.6f\n", label, e)
			}
			if !o.Quiet {
				printf(c.App.ErrWriter, "%d pairs in %s\n", split.Len(), o.Out)
			}
			return nil
		},
	}
}
