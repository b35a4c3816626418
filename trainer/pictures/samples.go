package pictures

import (
	"context"
	"image"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/viz"
)

// drawSamples draws samples of a model with a prior. It uses the same random numbers in
// every epoch.
func drawSamples(ctx context.Context, l *trainer.Loop, epoch int) error {
	model := l.Trained()
	if l.Stage.Model != model.Stage.Model || !l.Present().Samples() {
		return nil
	}
	const most = 8 * columns
	const mostClasses = 32
	draw := func(n int, labels []loaders.Label) ([]float32, error) {
		codes, err := model.Draw(ctx, n, l.Config.Seed, 1)
		if err != nil {
			return nil, err
		}
		return model.Decode(ctx, codes, labels)
	}
	var rows []Row
	for class := range min(model.Classes(), mostClasses) { // the same codes for each class
		images, err := draw(columns, slices.Repeat([]loaders.Label{loaders.Label(class)}, columns))
		if err != nil {
			return err
		}
		rows = append(rows, Row{Label: l.Data.Classes[class], Values: images})
	}
	if model.Classes() == 0 {
		images, err := draw(most, nil)
		if err != nil {
			return err
		}
		rows = []Row{{Values: images}}
	}
	if err := writeSampled(l, epoch, rows); err != nil {
		return err
	}
	return write(l.Run.Path(folder, frame(l, samples, epoch)), ViewOf(model).lines(epochTitle(l, epoch)+": samples", columns, viz.Alike, rows...))
}

// Samples are images that a model has decoded from codes.
type Samples struct {
	Title  string
	View   View
	Pixels []float32 // N×D

	// Labels are the classes of the images for a conditional model; nil for other models.
	Labels  []loaders.Label
	Classes []string // by label; a label without a name is a number
}

// mostSamples is the largest number of samples in a picture.
const mostSamples = 400

// Draw draws the samples, at most the first 400, into the pictures of a run, under a name
// that no earlier picture has. It returns the path of the picture and the number of
// samples that it shows.
func (s Samples) Draw(dir string) (path string, shown int, err error) {
	img, shown := s.Image()
	if path, err = inFolder(dir, unused(dir, samples, ".png")+".png"); err != nil {
		return "", 0, err
	}
	return path, shown, write(path, img)
}

// Image draws the samples, at most the first 400, and returns the number of samples that
// the picture shows.
func (s Samples) Image() (img image.Image, shown int) {
	shown = min(len(s.Pixels)/s.View.Shape.Size(), mostSamples)
	if !s.View.Shape.IsImage() {
		shown = min(shown, s.View.most(len(s.Labels) > 0))
	}
	side := max(10, int(math.Ceil(math.Sqrt(float64(shown)))))
	s.Pixels = s.Pixels[:shown*s.View.Shape.Size()]
	return s.View.lines(s.Title, side, viz.Alike, s.rows()...), shown
}

// rows returns the samples. If they have labels, there is a row for each class.
func (s Samples) rows() (rows []Row) {
	if s.Labels == nil {
		return []Row{{Values: s.Pixels}}
	}
	byClass := make(map[loaders.Label][]float32)
	size := s.View.Shape.Size()
	for i := range len(s.Pixels) / size {
		byClass[s.Labels[i]] = append(byClass[s.Labels[i]], s.Pixels[i*size:(i+1)*size]...)
	}
	for _, class := range slices.Sorted(maps.Keys(byClass)) {
		name := strconv.Itoa(int(class))
		if int(class) < len(s.Classes) {
			name = s.Classes[class]
		}
		rows = append(rows, Row{Label: name, Values: byClass[class]})
	}
	return rows
}

// Walk is a picture of lines of images. Each line leads from one code to another.
type Walk struct {
	Name, Title string
	View        View
	Lines       []Line
	Heads       []string  // S: what each step is, such as the value of a code
	Original    []float32 // D: the image from which all lines start; nil: there is none
	Notes       []string
}

// Line is a row of images. All lines have the same number of images.
type Line struct {
	Name   string    // such as "value 3"
	Detail string    // follows the name where there is room
	Pixels []float32 // S×D
	Marked []int     // steps with a frame
}

// Draw draws the lines below each other, and an animation of all lines forwards and
// backwards, into the pictures of a run, under a name that no earlier picture has.
// It returns the paths. Curves of rows are not animated, because one panel shows all of
// a line.
func (w Walk) Draw(dir string) (picture, animation string, err error) {
	rows := make([]Row, len(w.Lines))
	for i, line := range w.Lines {
		rows[i] = Row{Label: strings.TrimSpace(line.Name + " " + line.Detail), Values: line.Pixels}
	}
	name := unused(dir, w.Name, ".png", ".gif")
	if picture, err = inFolder(dir, name+".png"); err != nil {
		return "", "", err
	}
	steps := len(rows[0].Values) / w.View.Shape.Size()
	if !w.View.Shape.IsImage() {
		return picture, "", write(picture, w.View.lines(w.Title, steps, viz.Ordered, rows...))
	}
	if err := write(picture, w.sheet(steps, rows).Image()); err != nil {
		return picture, "", err
	}
	var frames []image.Image
	for step := range 2*steps - 1 {
		frames = append(frames, w.frame(min(step, 2*(steps-1)-step)))
	}
	if animation, err = inFolder(dir, name+".gif"); err != nil {
		return "", "", err
	}
	return picture, animation, writeFile(animation, func(out writer) error { return viz.Animate(out, frames, 100*time.Millisecond) })
}

// sheet draws the lines. The original is at the left of the first one.
func (w Walk) sheet(steps int, rows []Row) viz.Sheet {
	s := w.View.sheet(w.Title, steps, rows...)
	for i, line := range w.Lines {
		s.Rows[i].Marked = line.Marked
	}
	s.Heads, s.Notes = w.Heads, w.Notes
	if w.Original != nil {
		s.Rows[0].Lead, s.Heads = w.View.drawable(w.Original), slices.Insert(slices.Clone(w.Heads), 0, "original")
	}
	return s
}

// frame draws all lines at one step.
func (w Walk) frame(step int) image.Image {
	row := Row{}
	for _, line := range w.Lines {
		size := w.View.Shape.Size()
		row.Values, row.Captions = append(row.Values, line.Pixels[step*size:(step+1)*size]...), append(row.Captions, line.Name)
	}
	s := w.View.sheet(w.Title, columns, row)
	if step < len(w.Heads) {
		s.Notes = []string{"step: " + w.Heads[step]}
	}
	return s.Image()
}
