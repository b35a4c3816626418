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

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/compression"
	"gaetrain/trainer/pictures"
)

type decompressOptions struct {
	Run        string `toml:"run" group:"input" help:"folder of the run that the images were compressed with"`
	Checkpoint string `toml:"checkpoint" group:"input" help:"weights to use: last or best"`
	In         string `toml:"in" group:"input" help:"file of compressed images"`
	Out        string `toml:"out" group:"output" help:"folder to make, for the images as PNG files"`
	Output
}

func decompressVerb() *cli.Command {
	defaults := decompressOptions{Checkpoint: trainer.LastCheckpoint, In: "images.codes", Out: "images", Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "decompress",
		Usage: "make images of what compress has written",
		Description: `The file must be whole, and from the same weights.

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
			model, err := trainer.OpenModel(o.Run, o.Checkpoint)
			if err != nil {
				return err
			}
			images, err := o.decode(c.Context, model)
			if err != nil {
				return err
			}
			if err := writeImages(c.Context, o.Out, images); err != nil {
				return err
			}
			fmt.Fprintf(c.App.Writer, "%d images in %s\n", len(images), o.Out)
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
	if _, err := os.Lstat(o.Out); err == nil {
		return fmt.Errorf("%w: --out %s is there already; hint: name a new folder", errUsage, o.Out)
	}
	return checkOut(o.Out, "")
}

// decode reads the file and decodes its images.
func (o decompressOptions) decode(ctx context.Context, model *trainer.Model) ([]image.Image, error) {
	file, err := os.ReadFile(o.In)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", compression.ErrFormat, o.In, reason(err))
	}
	archive, err := compression.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.In, err)
	}
	if archive.Model != model.Parameters.Digest() {
		return nil, fmt.Errorf("%w: %s was written with other weights than those of %s, checkpoint %s; hint: give the run it was compressed with", compression.ErrFormat, o.In, o.Run, o.Checkpoint)
	}
	shape := loaders.Shape{Channels: archive.Channels, Height: archive.Height, Width: archive.Width}
	if a := model.Stage.Architecture; shape.Size() != a.Input.Size() || len(archive.Quantiser.Step) != a.CodeSize() {
		return nil, fmt.Errorf("%w: %s has images of %v and codes of %d values, the model makes %s of %d", compression.ErrFormat, o.In, shape, len(archive.Quantiser.Step), a.Input, a.CodeSize())
	}
	decoded, err := model.Decode(ctx, archive.Quantiser.Dequantise(archive.Symbols), nil)
	if err != nil {
		return nil, err
	}
	return pictures.Decoded(shape, decoded), nil
}

// writeImages makes a folder of numbered PNG files, all or nothing.
func writeImages(ctx context.Context, dir string, images []image.Image) (err error) {
	temporary, err := os.MkdirTemp(filepath.Dir(filepath.Clean(dir)), ".decompress-*")
	if err != nil {
		return fmt.Errorf("%w: %w; hint: is the disk full or the folder read-only?", trainer.ErrRun, err)
	}
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
