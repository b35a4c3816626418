package cmd

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
)

type pcaOptions struct {
	RunOptions
	TreatmentOptions
	JSON bool `toml:"json" group:"output" help:"Print JSON instead of a table"`
	Output
}

// compared is the JSON object that pca prints and writes into the run folder.
type compared struct {
	Run        string `json:"run"`
	Checkpoint string `json:"checkpoint"`
	Epoch      int    `json:"epoch"`
	Dataset    string `json:"dataset"`
	Split      string `json:"split"`
	Images     int    `json:"images"`
	Treatment  string `json:"treatment,omitempty"` // of the images and codes
	measure.PCAFigures
}

func pcaVerb() *cli.Command {
	defaults := pcaOptions{RunOptions: runDefaults(), Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "pca",
		Usage: "compare a run with as many principal components as its code has values",
		Description: `This verb computes the exact principal components of the images that the run was trained on. It
compares the squared error of PCA with the squared error of the model on the images of the split.
Neither corrupts the images, and Gaussian codes are the means of their posteriors. With --corrupt
and --sample, the model treats images and codes as in training. For a linear decoder, such as the
decoder of model linear, the verb also prints the principal angles between the two subspaces, and
the cosines between the components and the decoder's left singular vectors in the same order. The
run folder gets the figures in pca.json, and both sets of directions in pictures/components.png.

EXAMPLES:
   gaetrain train --model linear --run runs/linear && gaetrain pca --run runs/linear
   gaetrain pca --run runs/dense-sample-1 --json`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			model, split, data, err := openRun(c, &o, func(o *pcaOptions) (*RunOptions, Output) { return &o.RunOptions, o.Output })
			if err != nil {
				return err
			}
			if err := model.CanEncode(); err != nil {
				return err
			}
			if model.IsClassifier() {
				return fmt.Errorf("%w: %s is a classifier; hint: pca compares reconstructions", errUsage, o.Run)
			}
			if err := o.TreatmentOptions.check(c, model); err != nil {
				return err
			}
			model = model.Treated(trainer.Treatment(o.TreatmentOptions))
			found, err := measure.ComparePCA(c.Context, model, data.Train, split)
			if errors.Is(err, evaluate.ErrInput) {
				return fmt.Errorf("%w: %s: %w", errUsage, o.Run, err)
			}
			if err != nil {
				return err
			}
			title := fmt.Sprintf("%d components of %s", found.Code, data.Name)
			if err := pictures.DrawComponents(o.Run, title, pictures.ViewOf(model), found.Components, found.Vectors, found.Variance); err != nil {
				return err
			}
			result := compared{
				Run: o.Run, Checkpoint: o.Checkpoint, Epoch: model.Epoch, Dataset: data.Name, Split: o.Split, Images: split.Len(), Treatment: model.Treatment(), PCAFigures: found.PCAFigures,
			}
			if _, err := keep(o.Run, "pca.json", result); err != nil {
				return err
			}
			if o.JSON {
				return printJSON(c.App.Writer, result)
			}
			return printComparison(c.App.Writer, result, model)
		},
	}
}

func printComparison(w io.Writer, r compared, model *trainer.Trained) error {
	side := "higher"
	if r.Gap < 0 {
		side = "lower"
	}
	rows := [][]string{
		{model.Shape().Words("images"), fmt.Sprintf("%d of %s, %s", r.Images, r.Dataset, r.Split)},
		{"weights", fmt.Sprintf("%s, after epoch %d", r.Checkpoint, r.Epoch)},
		{"mse", fmt.Sprintf("%.7g, %.2f %% %s than PCA with %d components (%.7g)", r.MSE, 100*math.Abs(r.Gap), side, r.Code, r.PCAMSE)},
		{"explained", fmt.Sprintf("%s of the variance, %s by PCA", percent(r.Explained), percent(r.PCAExplained))},
	}
	if r.Treatment != "" {
		rows = slices.Insert(rows, 1, []string{"model", model.Shape().Words(r.Treatment)})
	}
	if word := model.Info.Data.ScaledWord(); word != "" {
		rows = append(rows, []string{"values", word + ", for both errors"})
	}
	if err := table(w, rows...); err != nil {
		return err
	}
	printf(w, "\n")
	rows = [][]string{{"component", "variance"}}
	if r.Cosines != nil {
		rows[0] = append(rows[0], "singular value", "cosine", "principal angle")
	}
	for i, share := range r.Variance {
		row := []string{fmt.Sprint(i + 1), percent(share)}
		if r.Cosines != nil {
			row = append(row, fmt.Sprintf("%.4f", r.Singular[i]), fmt.Sprintf("%.5f", r.Cosines[i]), fmt.Sprintf("%.3f°", r.Angles[i]))
		}
		rows = append(rows, row)
	}
	return table(w, rows...)
}
