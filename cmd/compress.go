package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/loaders/files"
	"gaetrain/trainer"
	"gaetrain/trainer/compression"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
)

type compressOptions struct {
	RunOptions
	Bits int    `toml:"bits" group:"output" help:"Bits per value of a code before entropy coding, from 1 to 8"`
	Out  string `toml:"out" group:"output" help:"File to write (default: images.codes, or the next free name such as images-2.codes)"`
	Output
}

// Names of the default file and of the table in the run folder.
const (
	codesStem, codesFileEnding = "images", ".codes"
	ratesFile                  = "rate-distortion.json"
)

const compressHelp = `This verb writes one file with the codes of all images of the split. Each value of a code is
replaced by the nearest of 2^b levels, and the numbers of the levels are entropy-coded. The
levels of each latent dimension minimise the squared error of the codes in the file. They are
arbitrary for 1 and 2 bits (Lloyd–Max) and equidistant for more bits. The file stores the levels,
and its size includes them. The verb decompress reads the file with the same run.

For model vqvae, and for fsq with a prior, the file has the words of the codes instead of
quantised values. They are coded arithmetically with the probabilities of the prior. These are
the same numbers on every machine. Without a prior, all words have the same probability. The
table then has the bytes of words with equal probabilities and with the prior.

A table lists the bytes per image and the squared error per pixel for 1 to 8 bits per value. For
comparison, it lists principal components (as many as a code has values, and four times as many),
JPEG and PNG. The last column is the smallest error of principal components at the same number of
bytes. Weights and components are shared by all images, so their size is not included. JPEG files
have the standard Huffman tables. Tables that are optimised for each image make a JPEG file of
28×28 grey pixels 25 to 45 % smaller. "JPEG without tables" counts only the coded pixels. The run
folder gets the table as JSON and as a picture. Rows of numbers (array:FILE) are compressed as
images are. They have no figures of JPEG and PNG, and no PSNR unless all values are from 0 to 1.

Earlier files are never replaced. A default name gets the next free number, such as
images-2.codes. If --out names a file that exists, it is replaced only if it holds compressed
codes.

EXAMPLES:
   gaetrain compress --run runs/dense-sample-1
   gaetrain compress --run runs/dense-sample-1 --bits 6 --dataset folder:photos --out my.codes`

func compressVerb() *cli.Command {
	defaults := compressOptions{RunOptions: anyDefaults(), Bits: 4, Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:        "compress",
		Usage:       "write images as quantised, entropy-coded codes",
		Description: compressHelp,
		Flags:       withDefault(flags(clone(defaults)), "split", anySplit),
		Action: func(c *cli.Context) error {
			o := defaults
			model, split, data, err := openRun(c, &o, func(o *compressOptions) (*RunOptions, Output) { return &o.RunOptions, o.Output })
			if err != nil {
				return err
			}
			if model.Conditional() {
				return fmt.Errorf("%w: model %s decodes codes with labels, but a file of codes has no labels; hint: compress with a run of a model without labels, such as vae", trainer.ErrConfiguration, model.Config.Model)
			}
			if _, words := measure.CodedWords(model); words && wasGiven(c, "bits") {
				return fmt.Errorf("%w: bits has no effect, because codes of model %s are compressed as words of a codebook; hint: leave out --bits", errUsage, model.Config.Model)
			}
			if o.Bits < 1 || o.Bits > compression.MaxBits {
				return fmt.Errorf("%w: bits is %d; hint: from 1 to %d", errUsage, o.Bits, compression.MaxBits)
			}
			if o.Out == "" {
				o.Out = files.Unused(codesStem, codesFileEnding) + codesFileEnding
			}
			if err := replaceable(o.Out); err != nil {
				return err
			}
			if err := model.CanDecode(); err != nil {
				return err
			}
			codes, err := measure.Codes(c.Context, model, split)
			if err != nil {
				return err
			}
			size, err := o.write(c.Context, model, split, codes)
			if err != nil {
				return err
			}
			printf(c.App.Writer, "%d "+split.Shape.Words("images of %s, %s, in %s: %d bytes, %.2f per image\n"), split.Len(), data.Name, o.Split, o.Out, size, float64(size)/float64(split.Len()))
			return o.compare(c.Context, c.App.Writer, model, data, split, codes)
		},
	}
}

// replaceable returns an error if the file exists and does not hold compressed codes. The
// user chooses the ending of the name, so a mistyped name can be the name of any file.
func replaceable(out string) error {
	if err := checkOut(out); err != nil {
		return err
	}
	file, err := os.Open(out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: --out %s: %w", errUsage, out, err)
	}
	defer file.Close()
	start := make([]byte, compression.MagicLength)
	if _, err := io.ReadFull(file, start); err != nil || !compression.IsArchive(start) {
		return fmt.Errorf("%w: --out %s exists and does not hold compressed codes; hint: choose another name", errUsage, out)
	}
	return nil
}

// compare prints the bytes and the errors of codes, of principal components of the
// training images, of JPEG and of PNG. It also writes them into the run folder.
func (o compressOptions) compare(ctx context.Context, w io.Writer, model *trainer.Trained, data *runData, split loaders.Split, codes evaluate.Matrix) error {
	points, err := measure.Rates(ctx, model, data.Train, split, codes)
	if err != nil {
		return err
	}
	view := pictures.ViewOf(model)
	if isPictures(view) {
		images, err := pictures.Files(view, split)
		if err != nil {
			return err
		}
		files, err := compression.Files(ctx, images)
		if err != nil {
			return err
		}
		points = append(points, files...)
	}
	title := fmt.Sprintf("%s, %d %s "+split.Shape.Words("images: squared error against bytes per image"), pictures.Heading(o.Run, model.Config.Model, data.Name), split.Len(), o.Split)
	path, err := pictures.Rates(o.Run, title, view, points)
	if err != nil {
		return err
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)) + filepath.Ext(ratesFile) // the same number as the picture
	if err := pictures.WriteJSON(o.Run, name, map[string]any{
		"checkpoint": o.Checkpoint, "epoch": model.Epoch, "dataset": data.Name, "split": o.Split, "images": split.Len(), "points": points,
	}); err != nil {
		return err
	}
	printf(w, "rates and errors in %s\n", path)
	if err := printRates(w, points, split.Shape.Size(), model.Info.Data.Values().IsUnit()); err != nil {
		return err
	}
	if !isPictures(view) {
		printf(w, "there are no figures of JPEG and PNG, because the data are not images with values from 0 to 1\n")
	}
	if word := model.Info.Data.ScaledWord(); word != "" {
		printf(w, "mse is that of %s values\n", word)
	}
	return nil
}

// isPictures reports whether the data can be written as image files.
func isPictures(v pictures.View) bool { return v.Shape.IsImage() && v.Data.Values().IsUnit() }

// write writes the file and returns its size.
func (o compressOptions) write(ctx context.Context, model *trainer.Trained, split loaders.Split, codes evaluate.Matrix) (int, error) {
	file, err := measure.Compress(ctx, model, split.Shape, codes, o.Bits)
	if err != nil {
		return 0, err
	}
	return len(file), writeTogether(files.File{Path: o.Out, Fill: func(w io.Writer) error {
		_, err := w.Write(file)
		return err
	}})
}

// printRates prints the table of all points. pixels is the number of values of an image.
// The PSNR needs a peak: that of values from 0 to 1.
func printRates(w io.Writer, points []compression.Point, pixels int, unit bool) error {
	rows := [][]string{{"coder", "setting", "bytes", "bits/value", "mse", "PSNR", "PCA mse at equal bytes"}}
	for _, p := range points {
		row := []string{p.Coder, p.Setting, fmt.Sprintf("%.1f", p.Bytes), fmt.Sprintf("%.3f", 8*p.Bytes/float64(pixels)), fmt.Sprintf("%.5f", p.MSE), "∞", ""}
		switch {
		case !unit:
			row[5] = "–"
		case p.MSE > 0:
			row[5] = fmt.Sprintf("%.2f dB", p.PSNR())
		}
		if measure.IsCodes(p) {
			row[6] = "–"
			if mse := measure.PCAError(points, p.Bytes); !math.IsInf(mse, 1) {
				row[6] = fmt.Sprintf("%.5f", mse)
			}
		}
		rows = append(rows, row)
	}
	return table(w, rows...)
}
