package cmd

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/urfave/cli/v2"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/viz"
)

type pcaOptions struct {
	RunOptions
	JSON bool `toml:"json" group:"output" help:"print JSON instead of a table"`
	Output
}

// compared is what pca prints as JSON and writes into the run folder.
type compared struct {
	Run        string `json:"run"`
	Checkpoint string `json:"checkpoint"`
	Epoch      int    `json:"epoch"`
	Dataset    string `json:"dataset"`
	Split      string `json:"split"`
	Images     int    `json:"images"`
	Code       int    `json:"code"`

	MSE          float64 `json:"mse"` // squared error per pixel
	PCAMSE       float64 `json:"pca_mse"`
	Gap          float64 `json:"gap"`       // of the model's mse above that of PCA, as a share of it
	Explained    float64 `json:"explained"` // share of the squared error around the mean that is not left
	PCAExplained float64 `json:"pca_explained"`

	Variance []float64 `json:"variance"`                  // by component: its share of that of the training images
	Cosines  []float64 `json:"cosines,omitempty"`         // by component, of a linear decoder's left singular vector to it
	Angles   []float64 `json:"angles,omitempty"`          // principal angles between the subspaces, degrees
	Singular []float64 `json:"singular_values,omitempty"` // of the linear decoder
}

func pcaVerb() *cli.Command {
	defaults := pcaOptions{RunOptions: runDefaults(), Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "pca",
		Usage: "compare a run with exact principal components of the same number",
		Description: `Finds the principal components of the images that the run was trained on, and measures
both on the images of the split. Where the decoder is linear, as that of the model linear,
it also tells the principal angles between the two subspaces and the cosines between the
components and the decoder's left singular vectors, in order. The figures are kept in
pca.json in the run folder, both sets of directions in pictures/components.png.

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
			if model.Stage.Architecture.Classifier != nil {
				return fmt.Errorf("%w: %s is a classifier; hint: pca compares reconstructions", errUsage, o.Run)
			}
			train, _ := data.Train.Holdout(model.Config.Validation)
			components, err := evaluate.NewPCA(evaluate.Pixels(train), model.Stage.Architecture.CodeSize())
			if err != nil {
				return fmt.Errorf("%w: %s: %w", errUsage, o.Run, err)
			}
			result := compared{Run: o.Run, Checkpoint: o.Checkpoint, Epoch: model.Epoch, Dataset: data.Name, Split: o.Split, Images: split.Len()}
			alignment, err := compare(c.Context, &result, model, components, split)
			if err != nil {
				return err
			}
			if err := drawComponents(o.Run, data.Name, components, alignment, split.Shape); err != nil {
				return err
			}
			if _, err := keep(o.Run, "pca.json", result); err != nil {
				return err
			}
			if o.JSON {
				return printJSON(c.App.Writer, result)
			}
			return printComparison(c.App.Writer, result)
		},
	}
}

// compare fills in the figures of a model and of the components; without a
// linear decoder there is no alignment.
func compare(ctx context.Context, result *compared, model *trainer.Model, p *evaluate.PCA, split loaders.Split) (*evaluate.Alignment, error) {
	figures, err := model.Evaluate(ctx, split)
	if err != nil {
		return nil, err
	}
	mean, left := p.Errors(evaluate.Pixels(split))
	result.Code, result.MSE, result.PCAMSE = len(p.Variance), figures.MSE, left
	result.Gap, result.Explained, result.PCAExplained = figures.MSE/left-1, 1-figures.MSE/mean, 1-left/mean
	result.Variance = floats.ScaleTo(make([]float64, len(p.Variance)), 1/p.Total, p.Variance)
	if !isLinear(model.Stage) {
		return nil, nil
	}
	decoder, err := linearDecoder(ctx, model)
	if err != nil {
		return nil, err
	}
	alignment, err := p.Align(decoder)
	if err != nil {
		return nil, err
	}
	result.Cosines, result.Angles, result.Singular = alignment.Cosines, alignment.Angles, alignment.Singular
	return alignment, nil
}

// isLinear reports whether the decoder is a linear map of the code.
func isLinear(s trainer.Stage) bool {
	if s.Architecture.Decodable() != nil {
		return false
	}
	for _, l := range s.Architecture.Decoder {
		if l.Activation != kernel.Linear {
			return false
		}
	}
	return s.Objective.Reconstruction == graph.SquaredError
}

// linearDecoder returns the matrix D×L of a decoder whose layers are linear: in
// column l what it adds to the image of the zero code for the l-th unit code.
func linearDecoder(ctx context.Context, model *trainer.Model) (*mat.Dense, error) {
	a := model.Stage.Architecture
	d, l := a.Input.Size(), a.CodeSize()
	codes := make([]float32, (l+1)*l)
	for i := range l {
		codes[(i+1)*l+i] = 1
	}
	images, err := model.Decode(ctx, codes, nil)
	if err != nil {
		return nil, err
	}
	w := mat.NewDense(d, l, nil)
	for i := range d {
		for j := range l {
			w.Set(i, j, float64(images[(j+1)*d+i])-float64(images[i]))
		}
	}
	return w, nil
}

// drawComponents draws both sets of directions into the run folder.
func drawComponents(run, data string, p *evaluate.PCA, a *evaluate.Alignment, shape loaders.Shape) error {
	images := func(vectors *mat.Dense) viz.Images {
		m := viz.Images{Channels: shape.Channels, Height: shape.Height, Width: shape.Width}
		for _, v := range mat.DenseCopyOf(vectors.T()).RawMatrix().Data {
			m.Pixels = append(m.Pixels, float32(v))
		}
		return m
	}
	rows := []viz.Row{{Label: "principal components", Images: images(p.Components)}}
	if a != nil {
		rows = append(rows, viz.Row{Label: "decoder's left singular vectors", Images: images(a.Vectors)})
	}
	title := fmt.Sprintf("%d components of %s", len(p.Variance), data)
	if err := viz.WritePNG(filepath.Join(run, "pictures", "components.png"), viz.FilterRows(title, 0, rows...)); err != nil {
		return fmt.Errorf("%w: %w; hint: is the disk full or the folder read-only?", trainer.ErrRun, err)
	}
	return nil
}

func printComparison(w io.Writer, r compared) error {
	percent := func(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }
	rows := [][]string{
		{"images", fmt.Sprintf("%d of %s, %s", r.Images, r.Dataset, r.Split)},
		{"weights", fmt.Sprintf("%s, after epoch %d", r.Checkpoint, r.Epoch)},
		{"mse", fmt.Sprintf("%.7g, of %d components %.7g: %+.2f %%", r.MSE, r.Code, r.PCAMSE, 100*r.Gap)},
		{"explained", fmt.Sprintf("%s, by components %s", percent(r.Explained), percent(r.PCAExplained))},
	}
	if err := table(w, rows...); err != nil {
		return err
	}
	rows = [][]string{{"\ncomponent", "variance"}}
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
