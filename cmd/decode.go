package cmd

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/loaders/files"
	"gaetrain/trainer"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
	"gaetrain/viz"
)

type decodeOptions struct {
	Run        string `toml:"run" group:"input" help:"Folder of the run"`
	Checkpoint string `toml:"checkpoint" group:"input" help:"Checkpoint whose weights are used: last or best"`
	Codes      string `toml:"codes" group:"input" help:"Codes to decode: an .npy file, or numbers such as '1.2,-0.3; 0,0' with a semicolon between codes"`
	Class      string `toml:"class" group:"input" help:"Classes for a conditional model, by name or number: one for all codes, or one per code with commas"`
	Out        string `toml:"out" group:"output" help:"Name of the files to write, without the endings .npy and .png"`
	Output
}

func decodeVerb() *cli.Command {
	defaults := decodeOptions{Checkpoint: trainer.LastCheckpoint, Out: "decoded", Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "decode",
		Usage: "decode codes of your own to images",
		Description: `This verb decodes codes with the decoder of a run. --codes names an .npy file of float32 or
float64 with one code per row (N×L), such as a file that encode writes. An array of one dimension
is one code. Alternatively, --codes lists the L values of a code, separated by commas. The .npy
file of the images is float32, N×H×W, or N×H×W×C for images of several channels. Pixels are 0 for
black and 1 for white. A model with linear outputs can exceed this range. The .png file shows the
first 400 images. Numbers (array:FILE) have the units of the data. Rows of a table are N×D, and a
.csv file has them with the names of the features.

` + fmt.Sprintf(ruleOfOut, "decoded-2.npy") + `
A model that is conditional on labels, such as cvae, also needs --class.

EXAMPLES:
   gaetrain decode --run runs/dense-sample-1 --codes codes.npy
   gaetrain decode --run runs/vae-2d --codes '1.2,-0.3; 0,0' --out two
   gaetrain decode --run runs/cvae-sample-1 --codes codes.npy --class Bag`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			model, _, err := openModel(c, &o, func(o *decodeOptions) (*ModelOptions, Output) {
				return &ModelOptions{Run: o.Run, Checkpoint: o.Checkpoint}, o.Output
			})
			if err != nil {
				return err
			}
			endings := []string{".npy", ".png"}
			if model.Shape().IsTable() {
				endings = append(endings, ".csv")
			}
			if o.Out, err = freeOut(c, o.Out, endings...); err != nil {
				return err
			}
			return o.decode(c.Context, c.App.Writer, newLog(c.App.ErrWriter, o.Output), model)
		},
	}
}

// decode decodes the codes, writes the images and prints the paths.
func (o decodeOptions) decode(ctx context.Context, w io.Writer, log *console, model *trainer.Trained) error {
	if err := model.CanDecodeLabelled(); err != nil {
		return err
	}
	codes, err := o.read(ctx, model)
	if err != nil {
		return err
	}
	count := len(codes) / model.CodeSize()
	labels, err := o.labels(model, count)
	if err != nil {
		return err
	}
	if off := model.Unquantised(codes); off > 0 {
		log.warn(fmt.Sprintf("%d of %d values are not levels of the quantised codes of model %s; they are decoded as they are, but the decoder was only trained on levels", off, len(codes), model.Name))
	}
	images, err := model.Decode(ctx, codes, labels)
	if err != nil {
		return err
	}
	drawn := pictures.Samples{
		Title: fmt.Sprintf("%s on %s after epoch %d: decoded codes", model.Config.Model, model.Info.Data.Name, model.Epoch),
		View:  pictures.ViewOf(model), Pixels: images, Labels: labels, Classes: model.Info.Data.Classes,
	}
	shape := model.Shape()
	picture, shown := drawn.Image()
	values := model.Info.Data.Unscale(slices.Clone(images), shape)
	list := []files.File{
		imagesFile(ctx, o.Out+".npy", values, shape),
		{Path: o.Out + ".png", Fill: func(w io.Writer) error { return viz.EncodePNG(files.Until(ctx, w), picture) }},
	}
	if shape.IsTable() {
		list = append(list, valuesFile(ctx, o.Out+".csv", model.Info.Data, shape, values))
	}
	if err := writeNew(list...); err != nil {
		return err
	}
	printf(w, "%s of %s, %s %s in %s\n", many(count, "code"), many(model.CodeSize(), "value"), shape.Words("images"), imagesShape(count, shape), o.Out+".npy")
	if shape.IsTable() {
		printf(w, "the same rows with the names of the features in %s\n", o.Out+".csv")
	}
	printf(w, "%d of %s in %s\n", shown, many(count, shape.Words("image")), o.Out+".png")
	return nil
}

// read reads the codes N×L of --codes from numbers or from a file.
func (o decodeOptions) read(ctx context.Context, model *trainer.Trained) ([]float32, error) {
	text, size := strings.TrimSpace(o.Codes), model.CodeSize()
	if text == "" {
		return nil, fmt.Errorf("%w: no codes; hint: --codes codes.npy, or --codes with the %d values of a code, separated by commas", errUsage, size)
	}
	switch ending := strings.ToLower(filepath.Ext(text)); {
	case ending == ".csv" || ending == ".parquet":
		return nil, fmt.Errorf("%w: --codes %s is not an .npy file; hint: encode also writes an .npy file, and so does numpy.save('codes.npy', array)", errUsage, text)
	case ending != ".npy" && files.Taken(text, "") == "":
		return parseCodes(text, size)
	}
	codes, dims, err := loaders.Floats(ctx, text)
	if err != nil {
		return nil, err
	}
	switch len(dims) {
	case 1: // one code
		dims = []int{1, dims[0]}
	case 2:
	default:
		return nil, fmt.Errorf("%w: %s has %d dimensions, but codes have 2; hint: codes.reshape(len(codes), -1)", loaders.ErrData, text, len(dims))
	}
	return codes, checkSize(text, len(codes)/dims[0], size)
}

// parseCodes reads codes that are separated by semicolons. Each must have size values.
func parseCodes(text string, size int) (codes []float32, err error) {
	for row, code := range strings.Split(strings.TrimRight(text, "; "), ";") {
		values := strings.Split(code, ",")
		for _, value := range values {
			v, err := strconv.ParseFloat(strings.TrimSpace(value), 32)
			if err != nil || v-v != 0 {
				return nil, fmt.Errorf("%w: --codes: %q in code %d is not a finite number; hint: an .npy file, or numbers such as 1.2,-0.3", errUsage, strings.TrimSpace(value), row)
			}
			codes = append(codes, float32(v))
		}
		if err := checkSize(fmt.Sprintf("--codes: code %d", row), len(values), size); err != nil {
			return nil, err
		}
	}
	return codes, nil
}

func checkSize(what string, got, want int) error {
	if got == want {
		return nil
	}
	return fmt.Errorf("%w: %s has %d values, but a code of the model has %d; hint: gaetrain encode writes codes of the right size", errUsage, what, got, want)
}

// labels are the classes of the images; nil for a model that is not conditional.
func (o decodeOptions) labels(model *trainer.Trained, count int) ([]loaders.Label, error) {
	switch {
	case o.Class == "" && !model.Conditional():
		return nil, nil
	case o.Class == "":
		return nil, fmt.Errorf("%w: model %s decodes codes together with a class; hint: --class %s", errUsage, model.Name, shellWord(model.Info.Data.Classes[0]))
	}
	class, err := measure.ClassNumber(model, o.Class)
	names := strings.Split(o.Class, ",")
	if err == nil || len(names) == 1 {
		return slices.Repeat([]loaders.Label{class}, count), err
	}
	if len(names) != count {
		return nil, fmt.Errorf("%w: --class has %d classes for %d codes; hint: one class for all codes, or one for each code", errUsage, len(names), count)
	}
	labels := make([]loaders.Label, count)
	for i, name := range names {
		if labels[i], err = measure.ClassNumber(model, strings.TrimSpace(name)); err != nil {
			return nil, err
		}
	}
	return labels, nil
}
