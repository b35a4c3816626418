package cmd

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/loaders/files"
	"gaetrain/trainer"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
	"gaetrain/viz"
)

type reconstructOptions struct {
	RunOptions
	TreatmentOptions
	FileOptions
	Sort       string `toml:"sort" group:"output" help:"Order of the images in the table and the picture: index, or error (largest error first)"`
	Draw       int    `toml:"draw" group:"output" help:"Number of images to draw and to print, from 0 to 400; they are the first in the order of --sort"`
	Difference bool   `toml:"difference" group:"output" help:"Also draw the difference of each reconstruction and its image, with a colour scale"`
	Out        string `toml:"out" group:"output" help:"Name of the files to write, without the endings .csv and .png"`
	Output
}

// TreatmentOptions are the settings of verbs that measure reconstructions.
type TreatmentOptions struct {
	Corrupt bool `toml:"corrupt" group:"input" help:"Corrupt and binarise the images as in training"`
	Sample  bool `toml:"sample" group:"input" help:"Sample Gaussian codes from their posterior instead of using its mean"`
}

func reconstructVerb() *cli.Command {
	defaults := reconstructOptions{
		RunOptions: anyDefaults(), Sort: measure.ByIndex, Draw: 32, Out: "reconstructions", Output: Output{LogFormat: "text"},
	}
	return &cli.Command{
		Name:  "reconstruct",
		Usage: "reconstruct images, and write a table of the errors and a picture",
		Description: `This verb reconstructs the test images of a run, or images of your own. The .csv file has one
line per image: the index of the image in its data, the split, the label, the class and the path
(empty if there is none), the loss, and mse, which is the squared error per pixel. The .png file
shows the first images in the order of --sort, each with its class and its mse, and stdout lists
their errors. With --difference, it also shows each reconstruction minus its image, with a colour
scale. For rows of numbers (array:FILE), the .csv file also has two columns for each feature,
such as alcohol and alcohol_reconstructed, in the units of the data. Their loss and mse are those
of the scaled values.

` + fmt.Sprintf(ruleOfOut, "reconstructions-2.csv") + `

Images of the run's own data set are corrupted as in training, and Gaussian codes are sampled.
--corrupt=false and --sample=false switch this off. Other images are not corrupted, and Gaussian
codes are the means of their posteriors. --corrupt and --sample switch corruption and sampling
on. For a conditional model, the class of an image is the name of its sub-folder, or the value of
--class.

EXAMPLES:
   gaetrain reconstruct --run runs/dense-sample-1
   gaetrain reconstruct --run runs/dense-sample-1 --sort error --difference --out worst
   gaetrain reconstruct --run runs/dense-sample-1 --images photos/ --sort error
   gaetrain reconstruct --run runs/denoising-sample-1 --images photos/ --corrupt
   gaetrain reconstruct --run runs/cvae-sample-1 --images bags/ --class Bag`,
		Flags: withDefault(flags(clone(defaults)), "split", anySplit),
		Action: func(c *cli.Context) error {
			o := defaults
			model, log, err := openTrained(c, &o, func(o *reconstructOptions) (*RunOptions, Output) { return &o.RunOptions, o.Output })
			if err != nil {
				return err
			}
			if err := o.check(c); err != nil {
				return err
			}
			r := reconstruction{reconstructOptions: o, data: model.Info.Data}
			asInTraining, err := r.choose(c.Context, log, model)
			if err != nil {
				return err
			}
			if !wasGiven(c, "corrupt") {
				r.Corrupt = asInTraining
			}
			if !wasGiven(c, "sample") {
				r.Sample = asInTraining
			}
			if err := r.TreatmentOptions.check(c, model); err != nil {
				return err
			}
			if err := r.checkDifference(); err != nil {
				return err
			}
			return r.write(c, model.Treated(trainer.Treatment(r.TreatmentOptions)))
		},
	}
}

// settings are those of the measure.
func (o reconstructOptions) settings() measure.ReconstructOptions {
	return measure.ReconstructOptions{Order: o.Sort, Keep: o.Draw}
}

// check reports invalid options, and chooses the names of the files.
func (o *reconstructOptions) check(c *cli.Context) (err error) {
	if err := o.instead(c); err != nil {
		return err
	}
	if err := o.settings().Validate(); err != nil {
		return err
	}
	o.Out, err = freeOut(c, o.Out, ".csv", ".png")
	return err
}

// checkDifference returns an error if there is no picture that can show a difference.
func (r *reconstruction) checkDifference() error {
	switch {
	case r.Difference && r.Draw == 0:
		return fmt.Errorf("%w: difference has no effect with --draw 0, which draws no picture; hint: leave one of them out", errUsage)
	case r.Difference && !r.split.Shape.IsImage():
		return fmt.Errorf("%w: difference has no effect on rows of numbers, whose curves are drawn together; hint: leave it out", errUsage)
	}
	return nil
}

// check returns an error about an option that was given and has no effect on the model.
func (o TreatmentOptions) check(c *cli.Context, model *trainer.Trained) error {
	how := func(t trainer.Treatment) string { return model.Treated(t).Treatment() }
	switch plain := how(trainer.Treatment{}); {
	case wasGiven(c, "corrupt") && how(trainer.Treatment{Corrupt: true}) == plain:
		return fmt.Errorf("%w: corrupt has no effect on a model that was trained without corruption and binarisation; hint: leave it out", errUsage)
	case wasGiven(c, "sample") && how(trainer.Treatment{Sample: true}) == plain:
		return fmt.Errorf("%w: sample has no effect on a model without a posterior; hint: leave it out", errUsage)
	}
	return nil
}

// reconstruction is one call of the verb.
type reconstruction struct {
	reconstructOptions
	split   loaders.Split
	data    trainer.DataInfo // of the run
	of      string           // the origin of the images
	classes []string         // by label
}

// choose reads the images from files, or those of a data set. Only files need no data
// set. It reports whether the images are those of the run's own data set.
func (r *reconstruction) choose(ctx context.Context, log *console, model *trainer.Trained) (own bool, err error) {
	if r.Images != "" {
		r.split, err = r.FileOptions.open(ctx, log, model, r.Limit)
		r.of, r.Split, r.classes = r.Images, "", model.Info.Data.Classes
		return false, err
	}
	split, data, err := r.RunOptions.images(ctx, model, log)
	if err != nil {
		return false, err
	}
	r.split, r.of, r.classes = split, fmt.Sprintf("%s, %s", data.Name, r.Split), data.Classes
	return data.Name == model.Config.Dataset, nil
}

// write writes the table and the picture, and prints the errors of the images that are drawn.
func (r *reconstruction) write(c *cli.Context, model *trainer.Trained) error {
	how := r.settings()
	how.Values = !r.split.Shape.IsImage()
	all, err := measure.Reconstruct(c.Context, model, r.split, how)
	if err != nil {
		return err
	}
	list := []files.File{tableFile(c.Context, r.Out+".csv", r.table(all))}
	order := ""
	if r.Sort == measure.ByError {
		order = ", the largest errors first"
	}
	if r.Draw > 0 {
		title := fmt.Sprintf("%s after epoch %d, %s of %s%s", model.Config.Model, model.Epoch, r.words("images"), r.of, order)
		first := make([]int, all.Kept.Len())
		for i := range first {
			first[i] = all.Images[i].Index
		}
		picture := pictures.Reconstructions{
			Title: title, View: pictures.ViewOf(model), Pairs: all.Kept, Of: r.split.Select(first), Classes: r.classes, Difference: r.Difference,
		}.Image()
		list = append(list, files.File{Path: r.Out + ".png", Fill: func(w io.Writer) error { return viz.EncodePNG(files.Until(c.Context, w), picture) }})
	}
	if err := writeNew(list...); err != nil {
		return err
	}
	for _, image := range all.Images[:all.Kept.Len()] {
		name := strconv.Itoa(r.split.Position(image.Index))
		if r.split.Names != nil {
			name = r.split.Names[image.Index]
		}
		printf(c.App.Writer, "%s\t%.6f\n", name, image.MSE)
	}
	if !r.Quiet {
		r.summary(c.App.ErrWriter, len(all.Images), all.Kept.Len(), order, model.Treatment())
	}
	return nil
}

// summary reports the number of images in each file.
func (r *reconstruction) summary(w io.Writer, images, drawn int, order, how string) {
	if how != "" {
		how = ": " + how
	}
	printf(w, "%d %s of %s%s; errors in %s\n", images, r.words("images"), r.of, r.words(how), r.Out+".csv")
	switch word := r.data.ScaledWord(); {
	case r.data.Scaling.IsLinear():
		printf(w, "loss and mse are those of %s values; the columns of the features have the units of the data\n", word)
	case word != "":
		printf(w, "all values are those of %s rows, because the length of a row cannot be reconstructed\n", word)
	}
	if drawn > 0 && !r.split.Shape.IsImage() {
		drawn = min(drawn, pictures.MostPanels)
	}
	if drawn > 0 {
		printf(w, "%d of %d pairs in %s%s\n", drawn, images, r.Out+".png", order)
	}
}

// words returns a text about images in words that fit the data.
func (r *reconstruction) words(text string) string { return r.split.Shape.Words(text) }

// table has a row for each image. Rows of numbers also have their values, in the units of
// the data, each next to its reconstruction. The values are scaled back in place.
func (r *reconstruction) table(all measure.Reconstructions) loaders.Table {
	order := make([]int, len(all.Images))
	for i, image := range all.Images {
		order[i] = image.Index
	}
	columns := append(itemColumns(r.split.Select(order), r.Split, r.classes),
		loaders.Float64Column("loss", 8, func(row int) float64 { return all.Images[row].Loss }),
		loaders.Float64Column("mse", 8, func(row int) float64 { return all.Images[row].MSE }),
	)
	if all.Values.Len() == 0 {
		return loaders.Table{Rows: len(order), Columns: columns}
	}
	shape, digits := r.split.Shape, valueDigits(r.data)
	pair := [][]float32{r.data.Unscale(all.Values.Original, shape), r.data.Unscale(all.Values.Reconstruction, shape)}
	var taken []string
	for _, c := range columns {
		taken = append(taken, c.Name)
	}
	for i, name := range valueNames(r.data, shape.Size(), taken, "", "_reconstructed") {
		columns = append(columns, loaders.Float32Column(name, digits, func(row int) float32 { return pair[i%2][order[row]*shape.Size()+i/2] }))
	}
	return loaders.Table{Rows: len(order), Columns: columns}
}
