package cmd

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
	"gaetrain/trainer/tensorboard"
)

// takeEvents decides whether report writes event files. The environment variable is the
// setting of train, which names no folder.
func (o *reportOptions) takeEvents(c *cli.Context, origins map[string]settings.Origin) error {
	switch {
	case origins["tensorboard"] != settings.FromFlag:
		o.TensorBoard = ""
	case o.TensorBoard == "":
		return fmt.Errorf("%w: --tensorboard names no folder; hint: --tensorboard events", errUsage)
	case wasGiven(c, "out"):
		return fmt.Errorf("%w: out has no effect with --tensorboard, which writes no page; hint: leave one of them out", errUsage)
	}
	return nil
}

// writeEvents writes the event files of a run.
func (o *reportOptions) writeEvents(c *cli.Context, model *trainer.Trained, log *console) error {
	from := tensorboard.Source{Dir: o.Run, Model: model}
	in := ModelOptions{Run: o.Run, DataDir: o.DataDir}
	data, err := in.open(c.Context, model, log)
	switch {
	case err == nil:
		from.Test, from.Classes = data.Test, data.Classes
	case c.Context.Err() != nil || !errors.Is(err, loaders.ErrData) && !errors.Is(err, loaders.ErrUnknown):
		return err
	default:
		log.warn(fmt.Sprintf("the event files have no codes, because the data set of the run cannot be read: %v", err))
	}
	w, err := tensorboard.Export(c.Context, from, o.TensorBoard)
	if err != nil {
		return err
	}
	printf(c.App.Writer, "%s: figures of %d epochs, %d pictures, histograms of %d parameters, %d codes\n", w.Dir, w.Epochs, w.Pictures, w.Weights, w.Codes)
	return nil
}
