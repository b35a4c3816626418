package pictures

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"io"

	"gaetrain/loaders/files"
	"gaetrain/trainer"
	"gaetrain/viz"
)

type writer = io.Writer

// write writes a picture of bounded size, which takes less than a second.
func write(path string, img image.Image) error {
	return asRun(viz.WritePNG(context.Background(), path, img))
}

func writeFile(path string, write func(writer) error) error {
	return asRun(files.Write(path, write))
}

func writeJSON(path string, value any) error {
	return writeFile(path, func(w writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(value)
	})
}

// readPNG reads a picture of the run folder. Errors wrap trainer.ErrRun.
func readPNG(path string) (image.Image, error) {
	img, err := viz.ReadPNG(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w; hint: remove the file or restore it from a copy", trainer.ErrRun, err)
	}
	return img, nil
}

// asRun makes the error of a file wrap trainer.ErrRun.
func asRun(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w; hint: is the disk full or the folder read-only?", trainer.ErrRun, err)
}
