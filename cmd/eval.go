package cmd

import (
	"context"
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
	Corruption corruptions `toml:"corruption" group:"input" help:"Corruptions of the images, separated by commas, such as none,masking:0.1 (default: as in training)"`
	NLL        int         `toml:"nll" group:"likelihood" help:"Number of posterior samples per image that estimate −log p(x); 0 for no estimate"`
	Posterior  bool        `toml:"posterior" group:"likelihood" help:"Measure how much the codes of all images together differ from the prior"`
	Factors    bool        `toml:"factors" group:"factors" help:"Measure how the codes relate to the known factors of the images"`
	Judge      string      `toml:"judge" group:"input" help:"Run folder of a classifier of the same images that classifies the reconstructions, see finetune"`
	JSON       bool        `toml:"json" group:"output" help:"Print JSON instead of a table"`
	Output
}

// evaluated is the JSON object that eval prints.
type evaluated struct {
	Run        string `json:"run"`
	Checkpoint string `json:"checkpoint"`
	Epoch      int    `json:"epoch"`
	Dataset    string `json:"dataset"`
	Split      string `json:"split"`
	Images     int    `json:"images"`
	Objective  string `json:"objective,omitempty"` // of the stage that trained the weights, see trainer.Stage
	measure.Evaluation
	Features []trainer.FeatureError `json:"features,omitempty"` // of rows of numbers, the largest error first
}

const evalHelp = `This verb prints every term of the loss, the squared error per pixel and measures of the code,
averaged over the images of the split. ± is the standard error of such an average. jacobian_norm
is the mean of ‖∂code/∂image‖² over 1,000 images, stratified by class. It is exact for codes of
up to 32 values. For longer codes, it is estimated from 32 random directions per image, which
take as long as 32 values. jacobian_norm_error is the standard error of the estimate. ssim is the
mean structural similarity of an image and its reconstruction in windows of 11×11 pixels (Wang
2004), for images of at least that size. gradient_energy is the sum of the squared differences of
neighbouring pixels in the reconstructions, divided by that in the images. It is 1 for equal
images, below 1 for blurred ones and above 1 for noise. With --judge, judged_accuracy is the
share of reconstructions that a classifier assigns to the class of the image, and
judged_accuracy_of_images is the same for the images themselves. Use another classifier than
the one of --perceptual, whose features the model was trained to reproduce.
--corruption measures the model on corrupted images, once for each corruption. The reconstruction
is always compared with the clean image, and all pixels have the same weight. For rows of numbers
(array:FILE), a second table lists the errors of the features, the largest first: mse of the
scaled values, and rmse, the root mean squared error, in the unit of the feature.

--nll K estimates the negative log-likelihood of each image by importance sampling: −log of the
mean of p(x|z)·p(z)/q(z|x) over K samples z of the posterior. The model must have a Gaussian
code. The mean over images is in expectation an upper bound, which decreases as K grows. 5,000 is
a usual choice. ± is the standard error over images, which does not include this bias. A 95 %
interval by 1,000 bootstrap samples of the images, and the means of both halves of the images
follow in parentheses. nll_bias estimates the bias by the jackknife: nll with half of the
samples, minus nll (Quenouille 1949, Nowozin 2018). If the posterior is a poor proposal
distribution, the bias is larger than this estimate. The effective_sample_size (Σw)²/Σw² of an
image is then small. Images with a size below 10 are counted. negative_elbo is the loss with beta
1 for the same samples. The cross-entropy assumes binary pixels, but grey pixels are not binary.
These figures can therefore only compare models with the same loss. The squared error is the
likelihood of a decoder N(x̂, I/2).

--posterior measures the codes of up to 10,000 images together. It prints the mean and the
variance of each value, which are 0 and 1 in the prior. moment_divergence is the KL divergence in
nats of a Gaussian with these means and covariances from the prior. It does not detect holes or
clusters. For a Gaussian code, --posterior also prints the kl of each value and the
mutual_information of image and code, estimated from one sample per image. The mutual information
is at most the logarithm of the number of images. An estimate near this limit only shows that the
mutual information is large.

--factors needs images with known factors, such as those of the data set factors. It measures the
codes of up to 10,000 images, which are the means of the posterior for a Gaussian code. All
figures are best at 1. mig is the mutual information gap (Chen 2018), sap the separated attribute
predictability (Kumar 2018), and modularity that of Ridgeway and Mozer (2018).
dci_disentanglement, dci_completeness and dci_informativeness are those of Eastwood and Williams
(2018), by a random forest for each factor, which is fitted to one half of the images.
factorvae_score is the accuracy of the vote of Kim and Mnih (2018). A second table has a line for
each factor, with the value of the code that has most information about it.

EXAMPLES:
   gaetrain eval --run runs/dense-sample-1
   gaetrain eval --run runs/dense-sample-1 --checkpoint best --split train --json
   gaetrain eval --run runs/denoising-sample-1 --corruption none,masking:0.25,gaussian:0.3
   gaetrain eval --run runs/conv-sample-1 --judge runs/judge
   gaetrain eval --run runs/vae-sample-1 --nll 5000
   gaetrain eval --run runs/vae-sample-1 --posterior
   gaetrain eval --run runs/vae-factors-1 --factors`

func evalVerb() *cli.Command {
	defaults := evalOptions{RunOptions: anyDefaults(), Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:        "eval",
		Usage:       "measure a run on a whole split",
		Description: evalHelp,
		Flags:       withDefault(flags(clone(defaults)), "split", anySplit),
		Action: func(c *cli.Context) error {
			o := defaults
			model, split, data, err := openRun(c, &o, func(o *evalOptions) (*RunOptions, Output) { return &o.RunOptions, o.Output })
			if err != nil {
				return err
			}
			settings := measure.EvaluateOptions{Corruptions: o.Corruption, Draws: o.NLL, Posterior: o.Posterior, Factors: o.Factors, Seed: model.Config.Seed}
			if o.Judge != "" {
				if settings.Judge, err = openJudge(o.Judge); err != nil {
					return err
				}
				if of := model.Info.Features; of != nil && of.Weights == settings.Judge.Digest() {
					newLog(c.App.ErrWriter, o.Output).warn("the judge is the classifier whose features the loss compares (perceptual), so its accuracy is biased; hint: --judge with another classifier")
				}
			}
			if o.NLL > 0 {
				settings.Progress = newLog(c.App.ErrWriter, o.Output).progress("images with an estimated likelihood", split.Len())
			}
			result := evaluated{Run: o.Run, Checkpoint: o.Checkpoint, Epoch: model.Epoch, Dataset: data.Name, Split: o.Split, Images: split.Len(), Objective: model.Stage.Objective}
			if result.Evaluation, err = measure.Evaluate(c.Context, model, split, settings); err != nil {
				return err
			}
			if result.Features, err = o.features(c.Context, model, split); err != nil {
				return err
			}
			return result.print(c.App.Writer, o.JSON, model)
		},
	}
}

// features measures the error of each feature of rows of numbers. It returns nil for images,
// and for models without reconstructions.
func (o evalOptions) features(ctx context.Context, model *trainer.Trained, split loaders.Split) ([]trainer.FeatureError, error) {
	if split.Shape.IsImage() || o.Corruption != nil || !model.HasEncoder() || model.IsClassifier() {
		return nil, nil
	}
	return model.FeatureErrors(ctx, split)
}

func (e evaluated) print(w io.Writer, asJSON bool, model *trainer.Trained) error {
	if asJSON {
		return printJSON(w, e)
	}
	if err := table(w, e.rows(model)...); err != nil {
		return err
	}
	if e.Aggregate != nil {
		printf(w, "\n")
		_, each := aggregateRows(e.Aggregate)
		if err := table(w, each...); err != nil {
			return err
		}
	}
	if e.Factored != nil {
		printf(w, "\n")
		if err := table(w, factorRows(e.Factored)...); err != nil {
			return err
		}
	}
	if e.Features == nil {
		return nil
	}
	printf(w, "\n")
	return table(w, featureRows(e.Features, model.Info.Data)...)
}

// featureRows are the lines of the table of the features with the largest errors.
func featureRows(all []trainer.FeatureError, data trainer.DataInfo) [][]string {
	const most = 30
	rows := [][]string{{"feature", strings.TrimSpace("mse " + data.ScaledWord()), "rmse in its unit"}}
	for _, e := range all[:min(most, len(all))] {
		rows = append(rows, []string{e.Name, fmt.Sprintf("%.5g", e.MSE), fmt.Sprintf("%.5g", e.RMSE)})
	}
	if more := len(all) - most; more > 0 {
		rows = append(rows, []string{fmt.Sprintf("and %d features with smaller errors; --json lists all", more)})
	}
	return rows
}

// spread returns the standard error of a figure over images, to follow the figure. It
// returns "" if the figure has none.
func spread(errors map[string]float64, name string) string {
	if e, ok := errors[name]; ok {
		return fmt.Sprintf(" ± %.2g", e)
	}
	return ""
}

// rows are the lines of a table: one line per figure or, with several corruptions, one
// line per corruption with all its figures.
func (e evaluated) rows(model *trainer.Trained) [][]string {
	shape := model.Shape()
	rows := [][]string{{shape.Words("images"), fmt.Sprintf("%d of %s, %s", e.Images, e.Dataset, e.Split)}, {"weights", fmt.Sprintf("%s, after epoch %d", e.Checkpoint, e.Epoch)}}
	if e.Objective != "" {
		rows = append(rows, []string{"stage", fmt.Sprintf("%s, %s", model.Stage.Name, e.Objective)})
	}
	if e.Figures != nil {
		if len(e.Terms) > 1 {
			rows = append(rows, []string{"loss", fmt.Sprintf("%.7g", e.Loss)})
		}
		for name, value := range e.All() {
			unit := model.Unit(name)
			if word := model.Info.Data.ScaledWord(); name == "mse" && word != "" {
				unit += " of the " + word + " data"
			}
			rows = append(rows, []string{name, strings.TrimSpace(fmt.Sprintf("%.7g%s %s", value, spread(e.StandardErrors, name), unit))})
		}
	}
	if e.Likelihood != nil {
		for _, row := range likelihoodRows(e.Likelihood) {
			rows = append(rows, []string{row[0], shape.Words(row[1])})
		}
	}
	if e.Aggregate != nil {
		together, _ := aggregateRows(e.Aggregate)
		rows = append(rows, together...)
	}
	if e.Factored != nil {
		rows = append(rows, factorFigures(e.Factored)...)
	}
	for i, c := range e.Corruptions {
		names, values := []string{"corruption"}, []string{c.Corruption.String()}
		for name, value := range c.All() {
			names, values = append(names, name), append(values, fmt.Sprintf("%.7g%s", value, spread(c.StandardErrors, name)))
		}
		if i == 0 {
			rows = append(rows, names)
		}
		rows = append(rows, values)
	}
	return rows
}

// corruptions is a list of corruptions, separated by commas.
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
