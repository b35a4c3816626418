package cmd

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"codeberg.org/sbinet/npyio"
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
	Out string `toml:"out" group:"output" help:"Files to write, without the endings .npy and .csv"`
	ScatterOptions
	Output
}

// ScatterOptions are the settings of pictures that show codes as points.
type ScatterOptions struct {
	Picture    bool    `toml:"picture" group:"picture" help:"Draw the codes as points, in the run folder"`
	Points     int     `toml:"points" group:"picture" help:"Number of codes to draw, of which each class has its share"`
	Perplexity float64 `toml:"perplexity" group:"picture" help:"Perplexity of t-SNE, the number of neighbours that stay close; 0 for 30, or for a quarter of the points if that is less"`
}

func encodeVerb() *cli.Command {
	defaults := encodeOptions{RunOptions: RunOptions{ModelOptions: modelDefaults()}, Out: "codes", ScatterOptions: ScatterOptions{Points: 2000}, Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "encode",
		Usage: "write the codes of images as .npy and .csv",
		Description: `The .npy file is an N×L array of float32 for NumPy. The .csv file has one line per image: its index,
its label, class and path where it has them, and the L values of its code. The images are the test
images of the run or, if --dataset names other data, all of these. With --picture, the codes of --points images
are drawn as points, coloured by class, in the pictures folder of the run. Codes of two values are
drawn as they are. Longer codes are reduced to two values by PCA and by t-SNE.

EXAMPLES:
   gaetrain encode --run runs/dense-sample-1 --out codes
   gaetrain encode --run runs/dense-sample-1 --split train --limit 1000
   gaetrain encode --run runs/dense-sample-1 --dataset folder:photos
   gaetrain encode --run runs/dense-sample-1 --picture --points 5000`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			model, split, data, err := openRun(c, &o, func(o *encodeOptions) (*RunOptions, Output) { return &o.RunOptions, o.Output })
			if err != nil {
				return err
			}
			if o.Picture {
				if err := o.embedding().Validate(split.Len()); err != nil {
					return err
				}
			}
			for _, ending := range []string{".npy", ".csv"} {
				if err := checkOut(o.Out, ending); err != nil {
					return err
				}
			}
			codes, err := measure.Codes(c.Context, model, split)
			if err != nil {
				return err
			}
			if err := writeCodes(c.Context, o.Out, codes, split, data.Classes); err != nil {
				return err
			}
			printf(c.App.Writer, "%d codes of %d values of %s, %s, in %s.npy and %s.csv\n", codes.Rows, codes.Columns, data.Name, o.Split, o.Out, o.Out)
			if !o.Picture {
				return nil
			}
			title := fmt.Sprintf("%s, %s", pictures.Heading(o.Run, model.Config.Model, data.Name), o.Split)
			return o.draw(c.Context, c.App.Writer, title, codes, split, data.Classes)
		},
	}
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
		how, x, y := "the codes themselves", "first value", "second value"
		switch e.Kind {
		case measure.PCAEmbedding:
			how, x, y = fmt.Sprintf("principal components (%.0f %% of the variance)", 100*e.Explained), "first component", "second component"
		case measure.TSNEEmbedding:
			how, x, y = "t-SNE", "", ""
		}
		path, err := pictures.Points{
			Title: fmt.Sprintf("%s: %d codes, %s", title, points, how), XLabel: x, YLabel: y, Places: e.Places, Labels: labels, Classes: classes,
		}.Draw(o.Run, e.Kind)
		if err != nil {
			return err
		}
		printf(w, "%d points in %s\n", points, path)
	}
	if last := all[len(all)-1]; last.Kind == measure.PCAEmbedding {
		printf(w, "no picture by t-SNE, which needs more images\n")
	}
	return nil
}

// writeCodes writes codes N×L to out.npy and out.csv.
func writeCodes(ctx context.Context, out string, codes evaluate.Matrix, split loaders.Split, classes []string) error {
	return writeTogether(
		npyFile(ctx, out+".npy", codes.Values, codes.Columns),
		files.File{Path: out + ".csv", Fill: func(w io.Writer) error { return writeCSV(files.Until(ctx, w), codes, split, classes) }},
	)
}

// npyFile is a file of a matrix N×columns of float32. Writing it stops when the
// context ends.
func npyFile(ctx context.Context, path string, values []float32, columns int) files.File {
	rows := make([][]float32, len(values)/columns)
	for i := range rows {
		rows[i] = values[i*columns : (i+1)*columns]
	}
	return files.File{Path: path, Fill: func(w io.Writer) error { return npyio.Write(files.Until(ctx, w), rows) }}
}

// writeTogether writes files of one result, all of them or none.
func writeTogether(list ...files.File) error {
	if err := files.WriteAll(list...); err != nil {
		return fmt.Errorf("%w: %w; hint: is the disk full or the folder read-only?", trainer.ErrRun, err)
	}
	return nil
}

// writeCSV writes a line of names, then index, label, class and path (empty where
// there are none) and values of each code.
func writeCSV(w io.Writer, codes evaluate.Matrix, split loaders.Split, classes []string) error {
	lines := csv.NewWriter(w)
	record := []string{"index", "label", "class", "path"}
	for i := range codes.Columns {
		record = append(record, fmt.Sprintf("code_%d", i))
	}
	if err := lines.Write(record); err != nil {
		return err
	}
	for i := range codes.Rows {
		record = append(record[:0], strconv.Itoa(i), "", "", "")
		if split.Labels != nil {
			record[1], record[2] = strconv.Itoa(int(split.Labels[i])), classes[split.Labels[i]]
		}
		if split.Names != nil {
			record[3] = split.Names[i]
		}
		for _, v := range codes.Row(i) {
			record = append(record, strconv.FormatFloat(float64(v), 'g', -1, 32))
		}
		if err := lines.Write(record); err != nil {
			return err
		}
	}
	lines.Flush()
	return lines.Error()
}
