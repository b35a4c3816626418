package viz

import (
	"bufio"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// WriteFile lets write fill the file at path atomically: a temporary file in the same folder is filled, synced and
// renamed. When anything fails the old file, if any, is left as it was and nothing else remains.
func WriteFile(path string, write func(io.Writer) error) error {
	file, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o644))
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer file.Cleanup()
	buffered := bufio.NewWriter(file)
	if err := write(buffered); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := file.CloseAtomicallyReplace(); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// WritePNG writes img to path as PNG, atomically (see WriteFile).
func WritePNG(path string, img image.Image) error {
	return WriteFile(path, func(w io.Writer) error { return encodePNG(w, img) })
}

// encodePNG favours speed: pictures of flat squares shrink well at any level, and one is written every epoch.
func encodePNG(w io.Writer, img image.Image) error {
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	return encoder.Encode(w, img)
}

// ReadPNG reads the picture at path.
func ReadPNG(path string) (image.Image, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading picture: %w", err)
	}
	defer file.Close()
	img, err := png.Decode(bufio.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("reading picture %s: %w", path, err)
	}
	return img, nil
}
