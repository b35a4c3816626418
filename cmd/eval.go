package cmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/measure"
)

type evalOptions struct {
	RunOptions
	Corruption corruptions `toml:"corruption" group:"input" help:"of the images, one or several: none,masking:0.1,masking:0.5 (default: as in training)"`
	NLL        int         `toml:"nll" group:"likelihood" help:"estimate −log p(image) by so many draws of the posterior; 0 for not at all"`
	Posterior  bool        `toml:"posterior" group:"likelihood" help:"measure how the codes of all images together differ from the prior"`
	JSON       bool        `toml:"json" group:"output" help:"print JSON instead of a table"`
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
	measure.Evaluation
}

func evalVerb() *cli.Command {
	defaults := evalOptions{RunOptions: runDefaults(), Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "eval",
		Usage: "measure a run on a whole split",
		Description: `Prints every term of the loss and the squared error per pixel, averaged over the images
of the split, and measures of the code. jacobian_norm is the mean of ‖∂code/∂image‖² over the
first 1,000 images: exact for codes of up to 32 values, of larger ones by random directions,
with a standard error below 1 %. With --corruption it does so for images corrupted in each of the ways that are
named; the error is always that against the clean images, and no pixel has more weight than
another.

--nll K estimates the negative log-likelihood of each image under a model with a Gaussian code, by
importance sampling: −log of the mean of p(x|z)·p(z)/q(z|x) over K draws z of its posterior. The
mean over images is an upper bound that falls as K grows, 5,000 being the custom; negative_elbo is
the loss with beta 1 by the same draws, above it. Few effective_draws of an image tell that its
posterior is a poor proposal and its figure too high. Grey pixels are no outcomes of a Bernoulli
variable: their figures compare models with one loss, not losses. The squared error is that of a
decoder N(x̂, I/2).

--posterior measures the codes of up to 10,000 images together, which samples of the prior stand
for: mean and variance of each value, 0 and 1 being the prior's; moment_divergence, in nats, of the
Gaussian with their moments from the prior, which sees no holes and no clusters; and, of a Gaussian
code, the kl of each value and the mutual_information of image and code: an estimate by one draw
an image, below the kl by what all codes together differ from the prior. It can be no more than the
logarithm of the number of images, and near that it tells nothing more.

EXAMPLES:
   gaetrain eval --run runs/dense-sample-1
   gaetrain eval --run runs/dense-sample-1 --checkpoint best --split train --json
   gaetrain eval --run runs/denoising-sample-1 --corruption none,masking:0.25,gaussian:0.3
   gaetrain eval --run runs/vae-sample-1 --nll 5000
   gaetrain eval --run runs/vae-sample-1 --posterior`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			model, split, data, err := openRun(c, &o, func(o *evalOptions) (*RunOptions, Output) { return &o.RunOptions, o.Output })
			if err != nil {
				return err
			}
			settings := measure.EvaluateOptions{Corruptions: o.Corruption, Draws: o.NLL, Posterior: o.Posterior}
			if o.NLL > 0 {
				settings.Progress = newLog(c.App.ErrWriter, o.Output).progress("images weighed", split.Len())
			}
			result := evaluated{Run: o.Run, Checkpoint: o.Checkpoint, Epoch: model.Epoch, Dataset: data.Name, Split: o.Split, Images: split.Len()}
			if result.Evaluation, err = measure.Evaluate(c.Context, model, split, settings); err != nil {
				return err
			}
			return result.print(c.App.Writer, o.JSON, model)
		},
	}
}

func (e evaluated) print(w io.Writer, asJSON bool, model *trainer.Model) error {
	if asJSON {
		return printJSON(w, e)
	}
	if err := table(w, e.rows(model)...); err != nil || e.Aggregate == nil {
		return err
	}
	fmt.Fprintln(w)
	_, each := aggregateRows(e.Aggregate)
	return table(w, each...)
}

// rows are the lines of a table: a figure each or, of several corruptions, one
// of those each with its figures behind.
func (e evaluated) rows(model *trainer.Model) [][]string {
	rows := [][]string{{"images", fmt.Sprintf("%d of %s, %s", e.Images, e.Dataset, e.Split)}, {"weights", fmt.Sprintf("%s, after epoch %d", e.Checkpoint, e.Epoch)}}
	if e.Figures != nil {
		if len(e.Terms) > 1 {
			rows = append(rows, []string{"loss", fmt.Sprintf("%.7g", e.Loss)})
		}
		for name, value := range e.All() {
			rows = append(rows, []string{name, strings.TrimSpace(fmt.Sprintf("%.7g %s", value, model.Unit(name)))})
		}
	}
	if e.Likelihood != nil {
		rows = append(rows, likelihoodRows(e.Likelihood)...)
	}
	if e.Aggregate != nil {
		together, _ := aggregateRows(e.Aggregate)
		rows = append(rows, together...)
	}
	for i, c := range e.Corruptions {
		names, values := []string{"corruption"}, []string{c.Corruption.String()}
		for name, value := range c.All() {
			names, values = append(names, name), append(values, fmt.Sprintf("%.7g", value))
		}
		if i == 0 {
			rows = append(rows, names)
		}
		rows = append(rows, values)
	}
	return rows
}

// corruptions is a list of them, with commas between.
type corruptions []loaders.Corruption

// String returns what UnmarshalText reads.
func (list corruptions) String() string {
	words := make([]string, len(list))
	for i, c := range list {
		words[i] = c.String()
	}
	return strings.Join(words, ",")
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (list *corruptions) UnmarshalText(text []byte) error {
	*list = nil
	for _, word := range strings.Split(string(text), ",") {
		c, err := loaders.ParseCorruption(strings.TrimSpace(word))
		if err != nil {
			return err
		}
		*list = append(*list, c)
	}
	return nil
}
