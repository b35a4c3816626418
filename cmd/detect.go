package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer/measure"
)

type detectOptions struct {
	RunOptions
	FileOptions
	Score       string  `toml:"score" group:"detection" help:"Scores, separated by commas, or all (default: mse; elbo or discriminator for some models)"`
	Neighbours  int     `toml:"neighbours" group:"detection" help:"Number k of the scores neighbours and combined: the k-th nearest training code counts"`
	Draws       int     `toml:"draws" group:"detection" help:"Number of posterior samples per item of --score likelihood"`
	Normal      string  `toml:"normal" group:"detection" help:"Normal items that set the threshold: validation (the default), test, image files or a data set"`
	FalseAlarms float64 `toml:"false-alarms" group:"detection" help:"Share of normal items that may be flagged, above 0 and below 1"`
	Anomalies   string  `toml:"anomalies" group:"detection" help:"Classes that are anomalies, by name or number (default: those that the run was not trained on)"`
	Draw        int     `toml:"draw" group:"output" help:"Number of items with the highest and with the lowest scores to draw, 0 for no pictures, at most 100"`
	Out         string  `toml:"out" group:"output" help:"Name of the files to write, without the ending"`
	Format      string  `toml:"format" group:"output" help:"Formats of the files to write, separated by commas: npy, csv, parquet"`
	JSON        bool    `toml:"json" group:"output" help:"Print JSON instead of tables"`
	Output
}

const detectHelp = `This verb computes scores of items, such as the error of their reconstruction. The higher the
score of an item is, the more it differs from what the model was trained on. The scores are:

   mse            squared error of the reconstruction, per pixel
   cross-entropy  cross-entropy of image and reconstruction, in nats. It is high for images with
                  many grey pixels, too
   ssim           1 − structural similarity of image and reconstruction, of images from 11×11
                  pixels
   pathway        distance of image and reconstruction in the layers of the encoder, relative to
                  the distances of training images (RaPP: Kim et al. 2020)
   elbo           loss of a variational model: the negative evidence lower bound if beta is 1
   likelihood     −log p(x), estimated from --draws samples, of models with a posterior
   mahalanobis    distance of the code from the mean of the training codes, in units of their
                  standard deviation in each direction
   neighbours     distance of the code from the k-th nearest training code
   combined       mean of the logarithms of pathway and neighbours, each standardised by training
                  images (Kriegel et al. 2011)
   discriminator  loss of the discriminator for a real example (gan: image, aae: code)

The threshold needs no labels and no anomalies. It comes from normal items that the model was
not trained on, by default the validation set. With --false-alarms 0.01, at most 1 % of new
normal items are flagged on average (conformal prediction: Vovk 2005). The p-value of an item is
the share of normal items that have at least its score. The output has the 95 % interval of the
share of false alarms for this number of normal items. The scores of the normal items are saved
in the run folder in detector.json. Later calls use them, until the weights change or --normal
is given.

Items of classes that the run was not trained on are anomalies (see --classes of train). The verb
then measures how well each score separates them from normal items: AUROC, average precision, F1
at the threshold and the false-positive rate at 95 % recall, with 95 % intervals by 1,000
bootstrap samples, and the observed shares of false alarms and of flagged anomalies (recall), by
class, with score intervals (Wilson 1927). The same figures of one half of the normal items
against the other half show what scores without information give (halves of normal items). The
intervals do not include how a model of another seed would differ. The pictures folder of the run
gets histograms of the scores, ROC and precision–recall curves, and the items with the highest
and the lowest scores beside their reconstructions. The .csv file has the score, the p-value and
1 or 0 for flagged of each item. A .parquet file (--format parquet) has the same columns with
types: integers, float64 and text. An .npy file (--format npy) has only the score, the p-value
and 1 or 0 of each of N items for each of S scores, as an N×3S array of float32.

`

func detectVerb() *cli.Command {
	defaults := detectOptions{
		RunOptions: RunOptions{ModelOptions: modelDefaults(), wholeOthers: true}, Neighbours: 5, Draws: 64, FalseAlarms: 0.01, Draw: 16, Out: "scores", Format: "csv", Output: Output{LogFormat: "text"},
	}
	return &cli.Command{
		Name:  "detect",
		Usage: "score items by how unlike the training images they are, and flag anomalies",
		Description: detectHelp + fmt.Sprintf(ruleOfOut, "scores-2.csv") + `

EXAMPLES:
   gaetrain train --classes Bag --epochs 20 --batch-size 16 --run runs/bags
   gaetrain detect --run runs/bags
   gaetrain detect --run runs/bags --score all --false-alarms 0.05
   gaetrain detect --run runs/bags --images photos/ --format csv,parquet
   gaetrain detect --run runs/dense-sample-1 --anomalies Coat,Shirt
   gaetrain detect --run runs/dense-sample-1 --dataset folder:photos --limit 100`,
		Flags: withDefault(flags(clone(defaults)), "split", "test, or all if --dataset names other data"),
		Action: func(c *cli.Context) error {
			o := defaults
			model, log, err := openTrained(c, &o, func(o *detectOptions) (*RunOptions, Output) { return &o.RunOptions, o.Output })
			if err != nil {
				return err
			}
			d := detection{detectOptions: o, cli: c, log: log, model: model}
			if err := d.check(); err != nil {
				return err
			}
			for _, step := range []func() error{d.chooseItems, d.prepareScorer, d.calibrate, d.findAnomalies, d.detect} {
				if err := step(); err != nil {
					return err
				}
			}
			return d.report()
		},
	}
}

// check reports invalid options, and chooses the scores and the name of the file.
func (d *detection) check() (err error) {
	if err := d.instead(d.cli); err != nil {
		return err
	}
	switch {
	case !(d.FalseAlarms > 0 && d.FalseAlarms < 1):
		return fmt.Errorf("%w: false-alarms is %g; hint: a share above 0 and below 1, such as 0.01", errUsage, d.FalseAlarms)
	case d.Draw < 0 || d.Draw > 100:
		return fmt.Errorf("%w: draw is %d; hint: from 0 to 100 items", errUsage, d.Draw)
	case d.Neighbours < 1:
		return fmt.Errorf("%w: neighbours is %d; hint: 1 or more", errUsage, d.Neighbours)
	case d.Normal == "train":
		return fmt.Errorf("%w: normal is train, but the model was trained on these images, so their scores are too low; hint: --normal validation or test", errUsage)
	case d.Anomalies != "" && d.Images != "":
		return fmt.Errorf("%w: anomalies has no effect with --images, which have no labels; hint: --dataset folder:DIR has labels", errUsage)
	}
	if err := d.chooseScores(); err != nil {
		return err
	}
	for option, scores := range map[string][]string{"neighbours": {measure.NeighboursScore, measure.CombinedScore}, "draws": {measure.LikelihoodScore}} {
		if wasGiven(d.cli, option) && !slices.ContainsFunc(d.names, func(name string) bool { return slices.Contains(scores, name) }) {
			return fmt.Errorf("%w: %s has no effect without --score %s; hint: leave it out", errUsage, option, scores[0])
		}
	}
	if d.endings, err = formatEndings(d.Format); err != nil {
		return err
	}
	d.Out, err = freeOut(d.cli, d.Out, d.endings...)
	return err
}

// chooseScores sets the names of the scores.
func (d *detection) chooseScores() error {
	switch d.Score {
	case "":
		d.names = []string{measure.DefaultScore(d.model)}
	case "all":
		if d.names = measure.PossibleScores(d.model); len(d.names) == 0 {
			return measure.CanScore(d.model, measure.MSEScore)
		}
		return nil
	default:
		for name := range strings.SplitSeq(d.Score, ",") {
			if name = strings.TrimSpace(name); !slices.Contains(d.names, name) {
				d.names = append(d.names, name)
			}
		}
	}
	for _, name := range d.names {
		if err := measure.CanScore(d.model, name); err != nil {
			return err
		}
	}
	return nil
}

// title begins the titles of the pictures.
func (d *detection) title() string {
	text := fmt.Sprintf("%s after epoch %d", d.model.Config.Model, d.model.Epoch)
	if trained := d.model.Info.Data.Trained; len(trained) > 0 && len(trained) <= 3 {
		text += " trained on " + strings.Join(trained, ", ")
	}
	return text
}
