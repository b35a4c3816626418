package cmd

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders/files"
	"gaetrain/loaders/memory"
	"gaetrain/trainer"
	"gaetrain/trainer/compression"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/recipes"
)

type decompressOptions struct {
	Run        string `toml:"run" group:"input" help:"Folder of the run that the images were compressed with"`
	Checkpoint string `toml:"checkpoint" group:"input" help:"Checkpoint whose weights are used: last or best"`
	In         string `toml:"in" group:"input" help:"File to decode, which gaetrain compress has written"`
	Out        string `toml:"out" group:"output" help:"Folder to create for the images, one PNG file each; for rows of numbers, the CSV file to write"`
	Output
}

func decompressVerb() *cli.Command {
	defaults := decompressOptions{Checkpoint: trainer.LastCheckpoint, In: "images.codes", Out: "images", Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "decompress",
		Usage: "decode a file of compressed images to PNG files",
		Description: `This verb decodes a file that compress has written, and writes one PNG file per image. The run
and the checkpoint must be the same as those of compress. An existing folder is never replaced.
Rows of numbers (array:FILE) are written to one CSV file, by default rows.csv, in the units of
the data.

EXAMPLE:
   gaetrain decompress --run runs/dense-sample-1 --in images.codes --out images`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			if _, err := layers(c, &o, ""); err != nil {
				return err
			}
			if err := o.validate(); err != nil {
				return err
			}
			model, err := trainer.OpenModel(recipes.Find, o.Run, o.Checkpoint)
			if err != nil {
				return err
			}
			if !model.Shape().IsImage() && !wasGiven(c, "out") {
				o.Out = files.Unused("rows", ".csv") + ".csv"
			}
			if err := o.free(); err != nil {
				return err
			}
			decoded, err := o.decode(c.Context, model)
			if err != nil {
				return err
			}
			shape := model.Shape()
			if shape.IsImage() {
				err = writeImages(c.Context, o.Out, pictures.Decoded(pictures.ViewOf(model), decoded))
			} else {
				err = writeNew(valuesFile(c.Context, o.Out, model.Info.Data, shape, model.Info.Data.Unscale(decoded, shape)))
			}
			if err != nil {
				return err
			}
			printf(c.App.Writer, "%d %s in %s\n", len(decoded)/shape.Size(), shape.Words("images"), o.Out)
			return nil
		},
	}
}

func (o decompressOptions) validate() error {
	if err := o.Output.validate(); err != nil {
		return err
	}
	if o.Run == "" {
		return fmt.Errorf("%w: no run; hint: gaetrain decompress --run runs/dense-sample-1", errUsage)
	}
	return nil
}

// free reports whether the folder or the file can be written.
func (o decompressOptions) free() error {
	if _, err := os.Lstat(o.Out); err == nil {
		return fmt.Errorf("%w: --out %s exists; hint: choose the name of a new folder", errUsage, o.Out)
	}
	return checkOut(o.Out)
}

// read reads the file if it fits in a quarter of the memory.
func (o decompressOptions) read() ([]byte, error) {
	info, err := os.Stat(o.In)
	switch limit := memory.Limit() / 4; { // the codes and the images need memory as well
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case info.Size() > limit:
		return nil, fmt.Errorf("the file has %s; hint: this process can read files of at most %s", memory.Format(info.Size()), memory.Format(limit))
	}
	return os.ReadFile(o.In)
}

// decode reads the file and decodes its images N×D.
func (o decompressOptions) decode(ctx context.Context, model *trainer.Trained) ([]float32, error) {
	file, err := o.read()
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", compression.ErrFormat, o.In, files.Reason(err))
	}
	decoded, _, err := measure.Decompress(ctx, model, file)
	switch {
	case errors.Is(err, measure.ErrOtherWeights):
		return nil, fmt.Errorf("%w: %s was written with other weights than those of %s, checkpoint %s; hint: choose the --run and the --checkpoint that the file was written with", compression.ErrFormat, o.In, o.Run, o.Checkpoint)
	case errors.Is(err, compression.ErrFormat):
		return nil, fmt.Errorf("%s: %w", o.In, err)
	case err != nil:
		return nil, err
	}
	return decoded, nil
}

// writeImages creates a folder of numbered PNG files. If an image cannot be written, there
// is no folder.
func writeImages(ctx context.Context, dir string, images []image.Image) (err error) {
	temporary, err := os.MkdirTemp(filepath.Dir(filepath.Clean(dir)), ".decompress-*")
	if err != nil {
		return fmt.Errorf("%w: %w; hint: is the disk full or the folder read-only?", trainer.ErrRun, err)
	}
	defer files.Temporary(temporary)()
	defer os.RemoveAll(temporary)
	for i, img := range images {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := writeImage(filepath.Join(temporary, fmt.Sprintf("%06d.png", i)), img); err != nil {
			return fmt.Errorf("%w: %w; hint: is the disk full?", trainer.ErrRun, err)
		}
	}
	const readable fs.FileMode = 0o755
	if err := errors.Join(os.Chmod(temporary, readable), os.Rename(temporary, dir)); err != nil {
		return fmt.Errorf("%w: %w", trainer.ErrRun, err)
	}
	return nil
}

func writeImage(path string, img image.Image) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(file, img), file.Close())
}
