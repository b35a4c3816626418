package pictures

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"gaetrain/loaders/files"
	"gaetrain/trainer"
)

// The pictures folder has a folder with a file for each drawn epoch, from which a page
// makes a film: a PNG with images side by side in their own size, or a JSON file with rows
// of numbers.
const (
	framesFolder = "epochs"
	original     = "original"  // the items themselves
	corrupted    = "corrupted" // the inputs of the model
)

// Limits of a film.
const (
	filmRow    = 16      // items in a row
	rowValues  = 100_000 // values of the items in a row
	filmFrames = 12
	filmValues = 800_000 // of all frames
)

// filmColumns is the number of items in a row of a film: fewer if they are large.
func (v View) filmColumns() int {
	if !v.Shape.IsImage() {
		return MostPanels
	}
	return max(2, min(filmRow, rowValues/v.Shape.Size()))
}

// spread are the indices of n of all items, at even distances.
func spread(n, all int) []int {
	n = min(n, all)
	list := make([]int, n)
	for i := range list {
		list[i] = i * all / n
	}
	return list
}

// linesFile is the content of a JSON file with rows of numbers.
type linesFile struct {
	Lines [][]float32 `json:"lines"`
}

// writeFrame writes the file of a frame, with the given number of items in a row.
func writeFrame(l *trainer.Loop, name string, values []float32, columns int) error {
	view, dir := ViewOf(l.Trained()), l.Run.Path(folder, framesFolder)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return asRun(err)
	}
	if view.Shape.IsImage() {
		return write(filepath.Join(dir, name+".png"), view.adjoining(values, columns))
	}
	return writeJSON(filepath.Join(dir, name+".json"), linesFile{view.curves(values)})
}

// drawnEpochs lists the frames of a kind, from which a page makes a film.
func drawnEpochs(dir, kind string) ([]Frame, error) {
	frames, err := framesIn(filepath.Join(dir, folder, framesFolder))
	return ofKind(frames, kind), err
}

// label names the epoch of a frame.
func (f Frame) label() string {
	switch {
	case f.Epoch == 0:
		return "the initial weights"
	case f.Stage != "":
		return fmt.Sprintf("epoch %d of stage %s", f.Epoch, f.Stage)
	}
	return fmt.Sprintf("epoch %d", f.Epoch)
}

// story picks at most n frames: the first one, the last one, and more of the early ones,
// in which a model changes most.
func story(list []Frame, n int) (picked []Frame) {
	if len(list) <= n {
		return list
	}
	next := 0
	for i := range n {
		at := int(math.Round(math.Pow(float64(len(list)), float64(i)/float64(n-1)))) - 1
		next = max(next, at)
		picked = append(picked, list[min(next, len(list)-n+i)])
		next++
	}
	return picked
}

// strip is the content of a frame.
type strip struct {
	img   image.Image // nil: rows of numbers
	lines [][]float32
}

// readStrip reads the file of a frame.
func readStrip(path string) (s strip, err error) {
	if filepath.Ext(path) == ".png" {
		s.img, err = readPNG(path)
		return s, err
	}
	const most = 64 << 20
	data, err := files.ReadRegular(path, most)
	var content linesFile
	if err == nil {
		err = json.Unmarshal(data, &content)
	}
	if err != nil {
		return s, fmt.Errorf("%w: %s: %w", trainer.ErrRun, path, err)
	}
	return strip{lines: content.Lines}, nil
}

// readFixed reads the items that do not change, such as the originals; ok is false if there
// are none.
func readFixed(dir, name string) (s strip, ok bool, err error) {
	for _, ending := range []string{".png", ".json"} {
		s, err = readStrip(filepath.Join(dir, folder, framesFolder, reconstructions+"-"+name+ending))
		if !errors.Is(err, fs.ErrNotExist) {
			return s, err == nil, err
		}
	}
	return strip{}, false, nil
}
