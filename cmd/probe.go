package cmd

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/measure"
)

type probeOptions struct {
	RunOptions
	FitLimit   int     `toml:"fit-limit" group:"input" help:"Number of training images to fit the classifiers to, stratified by class; 0 for all"`
	L2         float64 `toml:"l2" group:"probe" help:"Weight λ of the penalty ½·λ·‖W‖² in the logistic regression, 0 or more; 1 is C = 1 in scikit-learn"`
	Neighbours int     `toml:"neighbours" group:"probe" help:"Number of nearest training images that vote for a class, 1 or more"`
	JSON       bool    `toml:"json" group:"output" help:"Print JSON instead of a table"`
	Output
}

const probeFile = "probe.json"

const probeHelp = `This verb fits two simple classifiers to the training images and their labels: a multinomial
logistic regression and a k-nearest-neighbour classifier. It prints their accuracies on the
images of --split, with three kinds of features: codes, pixels, and as many principal components
as a code has values. The run folder gets the figures in probe.json.

The logistic regression minimises Σ −log p(class|features) + ½·λ·‖W‖² over the images by L-BFGS.
It has converged when the norm of the gradient is at most 1e-4 of the norm at zero weights, in
whitened features. It stops after 500 iterations at the latest. If it has not converged by then,
a line of the output says so. With --l2 0 and linearly separable classes, there is no optimum.

The encoder of a conditional model, such as cvae, takes the label of an image as an input. The
accuracy of its codes then shows how much of the label is left in them, and a line says so.

EXAMPLES:
   gaetrain probe --run runs/dense-sample-1
   gaetrain probe --run runs/dense-sample-1 --fit-limit 1000 --neighbours 1`

func probeVerb() *cli.Command {
	defaults := probeOptions{RunOptions: runDefaults(), L2: 1, Neighbours: 5, Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:        "probe",
		Usage:       "measure how well the codes of a run predict the classes",
		Description: probeHelp,
		Flags:       flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			model, split, data, err := openRun(c, &o, func(o *probeOptions) (*RunOptions, Output) { return &o.RunOptions, o.Output })
			if err != nil {
				return err
			}
			fit := data.Train.Stratified(o.FitLimit)
			if err := o.validate(fit, split, data.Name); err != nil {
				return err
			}
			results, err := measure.Probe(c.Context, model, fit, split, measure.ProbeOptions{L2: o.L2, Neighbours: o.Neighbours})
			if err != nil {
				return err
			}
			figures := map[string]any{
				"checkpoint": o.Checkpoint, "epoch": model.Epoch, "dataset": data.Name, "fit_images": fit.Len(), "split": o.Split, "images": split.Len(),
				"l2": o.L2, "neighbours": o.Neighbours, "accuracy": results,
			}
			if model.Conditional() {
				figures["codes_of_labels"] = true
			}
			file, err := keep(o.Run, probeFile, figures)
			if err != nil {
				return err
			}
			if o.JSON {
				return printJSON(c.App.Writer, figures)
			}
			rows := [][]string{{"features", "values", "logistic regression", fmt.Sprintf("%d nearest neighbours", o.Neighbours)}}
			for _, r := range results {
				rows = append(rows, []string{split.Shape.Words(r.Features), fmt.Sprint(r.Values), fmt.Sprintf("%.4f", r.Logistic), fmt.Sprintf("%.4f", r.Neighbours)})
			}
			images := split.Shape.Words("images")
			printf(c.App.Writer, "accuracy on %d %s of %s, %s, of classifiers fitted to %d training %s\n\n", split.Len(), images, data.Name, o.Split, fit.Len(), images)
			if err := table(c.App.Writer, append(rows, []string{file})...); err != nil {
				return err
			}
			printf(c.App.Writer, "standard error of an accuracy on %d %s: at most %.2g\n", split.Len(), images, binomialError(0.5, split.Len()))
			printUnconverged(c.App.Writer, results)
			if model.Conditional() {
				printf(c.App.Writer, "codes: the encoder of model %s takes the label of each image as an input, also of the images of --split. The accuracy shows how much of the label is left in the code, not how well images predict it; hint: --model vae encodes images without labels\n", model.Config.Model)
			}
			return nil
		},
	}
}

// printUnconverged names the features whose logistic regression has not converged.
func printUnconverged(w io.Writer, results []measure.Probed) {
	for _, r := range results {
		if !r.Converged {
			printf(w, "logistic regression of %s: not converged after %d iterations, relative gradient norm %.2g (tolerance %.0g); hint: set a larger --l2\n",
				r.Features, r.Iterations, r.Gradient, evaluate.LogisticTolerance)
		}
	}
}

func (o probeOptions) validate(fit, split loaders.Split, name string) error {
	switch {
	case o.FitLimit < 0:
		return fmt.Errorf("%w: fit-limit is %d; hint: 0 for all, or more", errUsage, o.FitLimit)
	case fit.Labels == nil || split.Labels == nil:
		return fmt.Errorf("%w: %s has no labels; hint: a probe needs labelled images, or a table that the run was trained on with --label", loaders.ErrData, name)
	}
	return nil
}
