package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/loaders/files"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
)

type encodeOptions struct {
	RunOptions
	FileOptions
	Out    string `toml:"out" group:"output" help:"Name of the files to write, without the endings"`
	Format string `toml:"format" group:"output" help:"Formats of the files to write, separated by commas: npy, csv, parquet"`
	ScatterOptions
	Output
}

// ScatterOptions are the settings of pictures that show codes as points.
type ScatterOptions struct {
	Picture    bool    `toml:"picture" group:"picture" help:"Draw the codes as points, in the run folder"`
	Points     int     `toml:"points" group:"picture" help:"Number of codes to draw, stratified by class"`
	Perplexity float64 `toml:"perplexity" group:"picture" help:"Perplexity of t-SNE, 1 or more; 0 for the smaller of 30 and a quarter of the points"`
}

func encodeVerb() *cli.Command {
	defaults := encodeOptions{RunOptions: RunOptions{ModelOptions: modelDefaults(), wholeOthers: true}, Out: "codes", Format: "npy,csv", ScatterOptions: ScatterOptions{Points: 2000}, Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "encode",
		Usage: "write the codes of images as .npy, .csv or .parquet",
		Description: `This verb writes the codes of N images, each with L values. The .npy file is an N×L array of
float32, which the verb decode can read. The .csv file has one line per image: the index of the
image in its data, the label, the class and the path (empty if there is none), and the values
code_0, code_1, … of the code. A .parquet file (--format parquet) has the same columns with
types: integers, float32 and text. By default, the images are the test images of the run. If
--dataset names other data, they are all its images. If --images names image files, they are
treated as the files of the run's data: resized, fitted and converted in the same way. With
--picture, the codes of --points images are drawn as points, coloured by class, in the pictures
folder of the run. Codes of two values are drawn as they are. Longer codes are reduced to two
values by PCA and by t-SNE. Images are neither corrupted nor binarised, so a code depends only on
its image. The grey value of a pixel is the mean of its samples in training with --binarise.

` + fmt.Sprintf(ruleOfOut, "codes-2.npy") + `

EXAMPLES:
   gaetrain encode --run runs/dense-sample-1 --out codes
   gaetrain encode --run runs/dense-sample-1 --split train --limit 1000
   gaetrain encode --run runs/dense-sample-1 --dataset folder:photos
   gaetrain encode --run runs/dense-sample-1 --images photos/ --format parquet
   gaetrain encode --run runs/dense-sample-1 --picture --points 5000`,
		Flags:  withDefault(flags(clone(defaults)), "split", "test, or all if --dataset names other data"),
		Action: func(c *cli.Context) error { return encode(c, defaults) },
	}
}

// encode is one call of the verb.
func encode(c *cli.Context, o encodeOptions) error {
	model, log, err := openTrained(c, &o, func(o *encodeOptions) (*RunOptions, Output) { return &o.RunOptions, o.Output })
	if err != nil {
		return err
	}
	if err := o.instead(c); err != nil {
		return err
	}
	endings, err := formatEndings(o.Format)
	if err != nil {
		return err
	}
	split, of, classes, err := o.choose(c.Context, log, model)
	if err != nil {
		return err
	}
	if o.Picture {
		if err := o.embedding().Validate(split.Len()); err != nil {
			return err
		}
	}
	if o.Out, err = freeOut(c, o.Out, endings...); err != nil {
		return err
	}
	if model.Config.Binarise {
		log.note("the codes are those of grey pixels, but the model was trained on pixels sampled as 0 or 1 (binarise); the grey value is their mean")
	}
	codes, err := measure.Codes(c.Context, model, split)
	if err != nil {
		return err
	}
	if err := o.write(c.Context, endings, codes, split, classes); err != nil {
		return err
	}
	printf(c.App.Writer, "%d codes of %d values of %s, in %s\n", codes.Rows, codes.Columns, of, fileNames(o.Out, endings))
	if !o.Picture {
		return nil
	}
	return o.draw(c.Context, c.App.Writer, pictures.Heading(o.Run, model.Config.Model, of), codes, split, classes)
}

// choose reads the images from files, or those of a data set. of is their origin.
func (o *encodeOptions) choose(ctx context.Context, log *console, model *trainer.Trained) (split loaders.Split, of string, classes []string, err error) {
	if o.Images != "" {
		split, err = o.FileOptions.open(ctx, log, model, o.Limit)
		return split, o.Images, model.Info.Data.Classes, err
	}
	split, data, err := o.RunOptions.images(ctx, model, log)
	if err != nil {
		return split, "", nil, err
	}
	return split, fmt.Sprintf("%s, %s", data.Name, o.Split), data.Classes, nil
}

func (o ScatterOptions) embedding() measure.EmbedOptions {
	return measure.EmbedOptions{Points: o.Points, Perplexity: o.Perplexity}
}

// draw draws the codes of a split into the run folder.
func (o encodeOptions) draw(ctx context.Context, w io.Writer, title string, codes evaluate.Matrix, split loaders.Split, classes []string) error {
	points := min(o.Points, codes.Rows)
	drawn, labels := codes.Select(split.Strata(points)), split.Stratified(points).Labels
	all, err := measure.Embed(ctx, drawn, o.embedding())
	if err != nil {
		return err
	}
	for _, e := range all {
		p := pictures.Points{XLabel: "first value of the code", YLabel: "second value of the code", Places: e.Places, Labels: labels, Classes: classes}
		how := "both values"
		switch e.Kind {
		case measure.PCAEmbedding:
			how = "principal components"
			p.XLabel, p.YLabel = pictures.ComponentLabels(e.Explained)
		case measure.TSNEEmbedding:
			how, p.XLabel, p.YLabel = "t-SNE", "", ""
			p.Note = "Neighbours are similar codes. The distances between clusters, and the sizes of clusters, have no meaning in t-SNE."
		}
		p.Title = fmt.Sprintf("%s: %d codes, %s", title, points, how)
		path, err := p.Draw(o.Run, e.Kind)
		if err != nil {
			return err
		}
		printf(w, "%d points in %s\n", points, path)
	}
	if last := all[len(all)-1]; last.Kind == measure.PCAEmbedding {
		printf(w, "no t-SNE picture, because t-SNE needs more points\n")
	}
	return nil
}

// write writes codes N×L in the formats: as an array, and as a table with the index, the
// label, the class and the path of each image.
func (o encodeOptions) write(ctx context.Context, endings []string, codes evaluate.Matrix, split loaders.Split, classes []string) error {
	columns := slices.Delete(itemColumns(split, "", classes), 1, 2) // without the split
	table := loaders.Table{Rows: codes.Rows, Columns: append(columns, codeColumns(codes.Values, codes.Columns)...)}
	return writeNew(formatFiles(ctx, o.Out, endings, table, func(path string) files.File {
		return npyFile(ctx, path, codes.Values, codes.Columns)
	})...)
}
