package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders/files"
	"gaetrain/trainer"
	"gaetrain/trainer/export"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/recipes"
)

type exportOptions struct {
	Run        string `toml:"run" group:"input" help:"Folder of the run"`
	Checkpoint string `toml:"checkpoint" group:"input" help:"Checkpoint whose weights are used: last or best"`
	DataDir    string `toml:"data-dir" group:"input" help:"Folder that is searched first for data sets"`
	To         string `toml:"to" group:"output" help:"Folder to write, which is created; none of its files may exist"`
	Output
}

func exportVerb() *cli.Command {
	defaults := exportOptions{Checkpoint: trainer.LastCheckpoint, Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "export",
		Usage: "write a model as ONNX and for PyTorch, with a model card",
		Description: `This verb writes the networks of a trained model to a folder, for programs other than gaetrain:
encoder.onnx, decoder.onnx and autoencoder.onnx, or classifier.onnx, or generator.onnx for a
generator without an encoder. model.py is a PyTorch module, and weights.safetensors has its
weights. README.md is a model card: data, figures, inputs and outputs, and how to call the model
from Python, JavaScript and Go. If detect has written detector.json in the run folder with the
scores mse or mahalanobis, detector.onnx computes these scores and their p-values. The training
images are read again for mahalanobis.

The inputs are pixels from 0 to 255, and the first dimension of all inputs and outputs is the
batch. The networks draw no random numbers: the encoder of a model with a posterior, such as vae,
computes means and log-variances. Conditional models also take the labels. A model with an
operation that has no form in ONNX is refused.

EXAMPLES:
   gaetrain export --run runs/dense-sample-1 --to exported
   gaetrain export --run runs/vae-sample-1 --checkpoint best --to vae`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			model, log, err := openModel(c, &o, func(o *exportOptions) (*ModelOptions, Output) { return o.input(), o.Output })
			if err != nil {
				return err
			}
			return o.write(c, log, model)
		},
	}
}

func (o exportOptions) input() *ModelOptions {
	return &ModelOptions{Run: o.Run, Checkpoint: o.Checkpoint, DataDir: o.DataDir}
}

// write writes the files of the model, and prints their names.
func (o exportOptions) write(c *cli.Context, log *console, model *trainer.Trained) error {
	if o.To == "" {
		return fmt.Errorf("%w: no folder to write; hint: --to exported", errUsage)
	}
	about := export.Context{Checkpoint: o.Checkpoint}
	final, err := (&trainer.Run{Dir: o.Run}).Final()
	switch {
	case err == nil:
		about.Final = &final
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if about.Recipe, err = recipes.Find(model.Name); err != nil {
		return err
	}
	if about.Detector, err = o.detector(c.Context, log, model); err != nil {
		return err
	}
	list, err := export.Files(c.Context, model, about)
	if err != nil {
		return err
	}
	var to []files.File
	for _, f := range list {
		to = append(to, files.File{Path: filepath.Join(o.To, f.Name), Fill: f.Fill})
	}
	if err := writeFolder(o.To, to); err != nil {
		return err
	}
	for i, f := range list {
		printf(c.App.Writer, "%s: %s\n", to[i].Path, f.About)
	}
	if about.Final == nil {
		printf(c.App.Writer, "the run is not finished, so the model card has no figures\n")
	}
	return nil
}

// detector returns what the run's detector.json says about normal items; nil: there is no
// such file, or it is of other weights, which is reported. The training images are read
// only for the distance of codes.
func (o exportOptions) detector(ctx context.Context, log *console, model *trainer.Trained) (*export.Detector, error) {
	run, saved := &trainer.Run{Dir: o.Run}, new(measure.Calibration)
	switch err := run.ReadSealed(detectorFile, saved); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	d := &export.Detector{Normal: make(map[string][]float64), Source: fmt.Sprintf("%d of %s", saved.Items, saved.Normal)}
	var names []string
	for _, name := range []string{measure.MSEScore, measure.MahalanobisScore} {
		if scores := saved.Scores[name]; scores != nil {
			d.Normal[name], names = scores, append(names, name)
		}
	}
	path := run.Path(detectorFile)
	if why := saved.Outdated(model, names, measure.ScoreOptions{Neighbours: saved.Neighbours, Draws: saved.Draws}); why != "" {
		log.note(fmt.Sprintf("detector.onnx is not written, because %s cannot be used: %s", path, why))
		return nil, nil
	}
	if len(names) == 0 {
		log.note(fmt.Sprintf("detector.onnx is not written, because %s has neither the score %s nor %s", path, measure.MSEScore, measure.MahalanobisScore))
		return nil, nil
	}
	if d.Normal[measure.MahalanobisScore] == nil {
		return d, nil
	}
	data, err := o.input().open(ctx, model, log)
	if err != nil {
		return nil, err
	}
	scorer, err := measure.NewScorer(ctx, model, data.Train, []string{measure.MahalanobisScore}, measure.ScoreOptions{Neighbours: 1})
	if err != nil {
		return nil, err
	}
	d.Mean, d.Whitening = scorer.Whitening()
	return d, nil
}

// writeFolder writes new files to a folder, which it makes if it is not there. After an
// error, nothing is left behind.
func writeFolder(dir string, list []files.File) error {
	for _, f := range list {
		if _, err := os.Lstat(f.Path); err == nil {
			return fmt.Errorf("%w: --to %s: %s exists; hint: choose another folder, or remove it first", errUsage, dir, f.Path)
		}
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%w: --to %s: it is a file; hint: name a folder", errUsage, dir)
	}
	made := os.Mkdir(dir, 0o755)
	if errors.Is(made, fs.ErrNotExist) {
		return fmt.Errorf("%w: --to %s: there is no folder %s; hint: create it first", errUsage, dir, filepath.Dir(dir))
	}
	if made != nil && !errors.Is(made, fs.ErrExist) {
		return written(made)
	}
	err := files.WriteNew(list...)
	if err != nil && made == nil {
		os.Remove(dir) // only if it is empty
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %w; hint: another process has written it, so choose another --to", errUsage, err)
	}
	return written(err)
}
