package pictures

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"slices"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/viz/page"
)

// fixedItems are the test items that are drawn in every epoch.
func fixedItems(test loaders.Split) loaders.Split {
	if !test.Shape.IsImage() {
		return test.Stratified(MostPanels)
	}
	return test.Stratified(fixed)
}

// writeReconstructed writes the frame of an epoch and, at the first one, the items
// themselves.
func writeReconstructed(l *trainer.Loop, epoch int, pairs trainer.Reconstructed) error {
	columns := ViewOf(l.Trained()).filmColumns()
	some := pairs.Select(spread(columns, pairs.Len()))
	if epoch == 0 {
		for name, values := range map[string][]float32{original: some.Original, corrupted: some.Input} {
			if values == nil {
				continue
			}
			if err := writeFrame(l, reconstructions+"-"+name, values, columns); err != nil {
				return err
			}
		}
	}
	return writeFrame(l, withoutEnding(frame(l, reconstructions, epoch)), some.Reconstruction, columns)
}

// films are the reconstructions and the samples through the epochs.
func (s Subject) films(ctx context.Context) (list []page.Film, err error) {
	f, err := s.reconstructed(ctx)
	if err != nil {
		return nil, err
	}
	if f != nil {
		list = append(list, *f)
	}
	if f, err = s.sampled(); err == nil && f != nil {
		list = append(list, *f)
	}
	return list, err
}

// reconstructed is the film of the reconstructions; nil if there are none.
func (s Subject) reconstructed(ctx context.Context) (*page.Film, error) {
	frames, err := drawnEpochs(s.Dir, reconstructions)
	if err != nil || !s.Model.HasEncoder() || s.Model.IsClassifier() || len(frames) == 0 && s.Data == nil {
		return nil, err
	}
	shape, view := s.Model.Shape(), ViewOf(s.Model)
	f := &page.Film{Title: "Reconstructions", Rows: []page.Label{"reconstruction"}, Caption: shape.Words("Test images, and below each its reconstruction from its code. The slider goes through the epochs.")}
	if !shape.IsImage() {
		f.Caption = "Test rows and their reconstructions from their codes. The slider goes through the epochs."
	}
	if s.Data != nil {
		some := fixedItems(s.Data.Test)
		some = some.Select(spread(view.filmColumns(), some.Len()))
		f.Names = page.Labels(ItemNames(some, s.Data.Classes))
	}
	if len(frames) == 0 {
		return f, s.present(ctx, f)
	}
	var strips []strip
	for _, name := range []string{original, corrupted} {
		fixed, ok, err := readFixed(s.Dir, name)
		if err != nil {
			return nil, err
		}
		if ok {
			strips, f.Fixed = append(strips, fixed), append(f.Fixed, page.Label(name))
		}
	}
	return f, view.fill(f, strips, story(frames, view.filmFrames(1)))
}

// present fills a film with the reconstructions of the last checkpoint, for a run that has
// drawn no epochs.
func (s Subject) present(ctx context.Context, f *page.Film) error {
	some, view := fixedItems(s.Data.Test), ViewOf(s.Model)
	some = some.Select(spread(view.filmColumns(), some.Len()))
	pairs, err := s.Model.Reconstruct(ctx, some)
	if err != nil {
		return err
	}
	f.Frames, f.Fixed = []page.Label{page.Label(fmt.Sprintf("epoch %d", s.Model.Epoch))}, []page.Label{original}
	values := pairs.Original
	if pairs.Input != nil {
		values, f.Fixed = append(values, pairs.Input...), append(f.Fixed, corrupted)
	}
	f.Items, err = view.tiles(append(values, pairs.Reconstruction...), some.Len(), clear)
	f.Still = f.Items.Sheet
	return err
}

// filmFrames is how many frames a film can have besides fixed rows: fewer if they are large.
func (v View) filmFrames(rows int) int {
	return max(2, min(filmFrames, filmValues/max(1, rows*v.filmColumns()*v.Shape.Size())))
}

// fill reads the frames of a film and puts them below the fixed rows.
func (v View) fill(f *page.Film, strips []strip, frames []Frame) error {
	for _, frame := range frames {
		s, err := readStrip(frame.Path)
		if err != nil {
			return err
		}
		strips, f.Frames = append(strips, s), append(f.Frames, page.Label(frame.label()))
	}
	for _, s := range strips {
		if (s.img == nil) != (strips[0].img == nil) {
			return fmt.Errorf("%w: %s has both images and rows of numbers; hint: remove that folder", trainer.ErrRun, filepath.Join(folder, framesFolder))
		}
	}
	if strips[0].img == nil {
		for _, s := range strips {
			f.Items.Lines = append(f.Items.Lines, s.lines...)
		}
		return nil
	}
	var images []image.Image
	for _, s := range strips {
		images = append(images, s.img)
	}
	tile := v.drawable(make([]float32, v.Shape.Size()))
	f.Items.Width, f.Items.Height, f.Items.Columns = tile.Width, tile.Height, images[0].Bounds().Dx()/tile.Width
	var err error
	if f.Items.Sheet, err = compact(joined(images), clear); err != nil {
		return err
	}
	f.Still, err = compact(joined(append(slices.Clone(images[:len(f.Fixed)]), images[len(images)-1])), clear)
	return err
}

// writeSampled writes the frame of the samples of an epoch, with a row for each class of
// a conditional model.
func writeSampled(l *trainer.Loop, epoch int, rows []Row) error {
	view, size := ViewOf(l.Trained()), l.Trained().Shape().Size()
	columns := view.filmColumns()
	lines := 2
	if len(rows) > 1 {
		columns, lines = min(columns, 8), 1
	}
	var values []float32
	for _, row := range rows[:min(len(rows), sampledClasses)] {
		values = append(values, row.Values[:min(len(row.Values), lines*columns*size)]...)
	}
	return writeFrame(l, withoutEnding(frame(l, samples, epoch)), values, columns)
}

// sampledClasses is the largest number of classes in a film of samples.
const sampledClasses = 12

// sampled is the film of the samples; nil if there are none.
func (s Subject) sampled() (*page.Film, error) {
	frames, err := drawnEpochs(s.Dir, samples)
	if err != nil || len(frames) == 0 {
		return nil, err
	}
	view, shape := ViewOf(s.Model), s.Model.Shape()
	caption := "Images decoded from codes that are drawn from N(0, I). The codes are the same in every epoch."
	if s.Model.SamplesWords() {
		caption = "Images decoded from codes that the prior draws word by word. The random numbers are the same in every epoch."
	}
	f := &page.Film{Title: "Samples", Caption: shape.Words(caption)}
	rows := 2
	if classes := s.Model.Classes(); classes > 0 {
		rows = min(classes, sampledClasses)
		f.Rows = page.Labels(s.Model.Info.Data.Classes[:min(rows, len(s.Model.Info.Data.Classes))])
		f.Caption += " Each row has the samples of one class."
	} else if f.Rows = []page.Label{"", ""}; !shape.IsImage() {
		f.Rows = f.Rows[:1]
	}
	return f, view.fill(f, nil, story(frames, view.filmFrames(rows)))
}
