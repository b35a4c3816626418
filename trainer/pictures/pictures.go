// Package pictures draws a run during training and when it is finished. It connects the
// training loop with package viz.
package pictures

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/viz"
)

const (
	folder  = "pictures"
	columns = 16
	fixed   = 2 * columns // images that are drawn every epoch
)

// About describes a model in the report, beyond what the run records.
type About struct {
	Summary  string // one line
	Idea     string // a paragraph
	Citation string
	Command  string // the command that repeats the run
	// PCA returns the number of principal components that the model of a finished run
	// is compared with, and their squared error per pixel on the test images. Without
	// it, or for 0 components, there is no comparison.
	PCA func(ctx context.Context) (components int, mse float64, err error)
}

// Hook draws reconstructions of the same test images every few epochs, as the
// configuration says. At the end it draws curves, filters and the animation, and writes
// the report. The expression graph is drawn at the start.
func Hook(about About) trainer.Hook {
	return trainer.Hook{
		Name: "pictures",
		Start: func(ctx context.Context, l *trainer.Loop) error {
			if l.Config.Pictures == 0 || l.Resumed {
				return nil
			}
			if err := drawGraph(l); err != nil {
				return err
			}
			if err := drawAugmented(l); err != nil {
				return err
			}
			return drawEpoch(ctx, l, 0)
		},
		Epoch: func(ctx context.Context, l *trainer.Loop) error {
			epoch := l.Position.Epoch + 1
			if l.Config.Pictures == 0 || !due(epoch, l.Config.Pictures) && epoch != l.Stage.Epochs && !l.Position.Stopped {
				return nil
			}
			return drawEpoch(ctx, l, epoch)
		},
		Stop: func(ctx context.Context, l *trainer.Loop) error {
			about := about
			about.PCA = nil // it would need more time than a stopped run has
			return summarise(ctx, l, about)
		},
		End: func(ctx context.Context, l *trainer.Loop) error { return summarise(ctx, l, about) },
	}
}

// due reports whether an epoch is drawn. Of the epochs that are multiples of every, the
// first 32 are drawn, then every second one up to 64, every fourth one up to 128, and so
// on. A model changes less in later epochs, and a long run must not fill the disk.
func due(epoch, every int) bool {
	const all = 32
	number, step := epoch/every, 1
	for most := all; number > most; most *= 2 {
		step *= 2
	}
	return epoch%every == 0 && number%step == 0
}

// summarise draws the pictures of the whole run, up to the present epoch.
func summarise(ctx context.Context, l *trainer.Loop, about About) error {
	if l.Config.Pictures == 0 {
		return nil
	}
	list := []func(context.Context, *trainer.Loop) error{drawFilters, drawFeatures, drawDivergence, drawCurves, drawManifold, animateEpochs}
	if !l.Trained().Shape().IsImage() {
		list = []func(context.Context, *trainer.Loop) error{drawFeatureErrors, drawCodes, drawDivergence, drawCurves, animateEpochs}
	}
	for _, draw := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := draw(ctx, l); err != nil {
			return err
		}
	}
	return WriteReport(ctx, l.Run.Path("report.html"), subjectOf(l, about))
}

// drawEpoch draws the pictures of an epoch.
func drawEpoch(ctx context.Context, l *trainer.Loop, epoch int) error {
	if err := drawReconstructions(ctx, l, epoch); err != nil {
		return err
	}
	return drawSamples(ctx, l, epoch)
}

// drawReconstructions draws images above their reconstructions. The images are
// spread evenly over the test images.
func drawReconstructions(ctx context.Context, l *trainer.Loop, epoch int) error {
	if !l.Trained().HasEncoder() {
		return nil // a generator has no reconstructions
	}
	some := l.Data.Test.Stratified(fixed)
	if !some.Shape.IsImage() {
		some = l.Data.Test.Stratified(MostPanels)
	}
	pairs, err := l.Reconstruct(ctx, some)
	if err != nil {
		return err
	}
	img := Reconstructions(ViewOf(l.Trained()), epochTitle(l, epoch), pairs, ItemNames(some, l.Data.Classes))
	return write(l.Run.Path(folder, frame(l, reconstructions, epoch)), img)
}

// Heading begins the titles of the pictures of a run with the name of its folder,
// because several runs can have the same model and data.
func Heading(run, model, data string) string {
	if path, err := filepath.Abs(run); err == nil {
		run = path // because "." has no name
	}
	return fmt.Sprintf("%s: %s on %s", filepath.Base(run), model, data)
}

func heading(l *trainer.Loop) string { return Heading(l.Run.Dir, l.Config.Model, l.Data.Name) }

// epochTitle is the title of a picture of an epoch.
func epochTitle(l *trainer.Loop, epoch int) string {
	title := fmt.Sprintf("%s, epoch %d", heading(l), epoch)
	if len(l.Stages) > 1 {
		title += ", stage " + l.Stage.Name
	}
	return title
}

// Reconstructions draws images above their reconstructions. Corrupted inputs, if there
// are any, are drawn between them. names are those of the images.
func Reconstructions(v View, title string, pairs trainer.Reconstructed, names []string) image.Image {
	rows := []Row{{"original", pairs.Original}}
	if pairs.Input != nil {
		rows = append(rows, Row{"corrupted", pairs.Input})
	}
	return v.columns(title, columns, names, append(rows, Row{"reconstruction", pairs.Reconstruction})...)
}

// ItemNames names the items of a split by their positions and their classes.
func ItemNames(s loaders.Split, classes []string) []string {
	names := make([]string, s.Len())
	for i := range names {
		names[i] = s.Shape.Words(fmt.Sprintf("image %d", s.Position(i)))
		if s.Labels != nil && int(s.Labels[i]) < len(classes) {
			names[i] += ": " + classes[s.Labels[i]]
		}
	}
	return names
}

// Kinds of pictures that are drawn every epoch.
const (
	reconstructions = "reconstructions"
	samples         = "samples"
)

// frame names the picture of an epoch, in the order of stages and epochs.
func frame(l *trainer.Loop, kind string, epoch int) string {
	if len(l.Stages) == 1 {
		return fmt.Sprintf("%s-%04d.png", kind, epoch)
	}
	return fmt.Sprintf("%s-%d-%s-%04d.png", kind, l.Position.Stage+1, l.Stage.Name, epoch)
}

// drawFilters draws the weights of the encoder's first layer as images. For a generator,
// it draws those of its last layer and of the first layer of its discriminator.
func drawFilters(_ context.Context, l *trainer.Loop) error {
	model := l.Trained()
	if model.HasEncoder() {
		return drawLayer(l, "encoder/1/weights", "filters.png", "first-layer filters", fullFilters)
	}
	last := ""
	for _, w := range model.Weights("decoder") {
		if strings.HasSuffix(w.Name, "/weights") { // weights of labels have another name
			last = w.Name
		}
	}
	if err := drawLayer(l, last, "filters-generator.png", "filters of the generator's last layer", rowFilters); err != nil {
		return err
	}
	return drawLayer(l, "discriminator/1/weights", "filters-discriminator.png", "filters of the discriminator's first layer", fullFilters)
}

// drawLayer draws the weights of a layer. The function full converts the weights of a
// fully connected layer to images.
func drawLayer(l *trainer.Loop, name, file, what string, full func(graph.Parameter, loaders.Shape, int) (viz.Images, int)) error {
	const most = 8 * columns
	weights, ok := l.Parameters.Get(name)
	if !ok {
		return nil
	}
	var images viz.Images
	var units int
	if len(weights.Shape) == 4 {
		images, units = smallFilters(weights, most)
	} else {
		images, units = full(weights, l.Trained().Shape(), most)
	}
	title := fmt.Sprintf("%s, %s: %d of %d", heading(l), what, images.Len(), units)
	return write(l.Run.Path(folder, file), viz.Filters(title, images, columns))
}

// rowFilters returns the weights H×D from the first units of a layer to an image, each
// as an image, and the number of units.
func rowFilters(weights graph.Parameter, s loaders.Shape, most int) (images viz.Images, units int) {
	units = weights.Shape[0]
	return drawable(weights.Values()[:min(units, most)*s.Size()], s), units
}

// fullFilters returns the weights D×H of the first units, each as an image of the input,
// and the number of units. For pairs of frames, the units with the largest weights come
// first.
func fullFilters(weights graph.Parameter, s loaders.Shape, most int) (images viz.Images, units int) {
	inputs, units := weights.Shape[0], weights.Shape[1]
	filters := make([][]float32, units)
	for unit := range filters {
		for input := range inputs {
			filters[unit] = append(filters[unit], weights.Values()[input*units+unit])
		}
	}
	if s.Frames() > 1 {
		slices.SortStableFunc(filters, func(a, b []float32) int { return cmp.Compare(kernel.SumSquares(b), kernel.SumSquares(a)) })
	}
	return drawable(slices.Concat(filters[:min(units, most)]...), s), units
}

// smallFilters returns the first filters of weights F×kh×kw×C, and the number of all
// filters.
func smallFilters(weights graph.Parameter, most int) (filters viz.Images, units int) {
	shape := weights.Shape
	units, channels := shape[0], shape[3]
	filters = viz.Images{Channels: channels, Height: shape[1], Width: shape[2]}
	taps := shape[1] * shape[2]
	for unit := range min(units, most) {
		for channel := range channels {
			for tap := range taps {
				filters.Pixels = append(filters.Pixels, weights.Values()[(unit*taps+tap)*channels+channel])
			}
		}
	}
	return filters, units
}

// drawable returns images as they are drawn. The second frame of a pair is below the
// first.
func drawable(pixels []float32, s loaders.Shape) viz.Images {
	frames := s.Frames()
	images := viz.Images{Pixels: pixels, Channels: s.Channels / frames, Height: frames * s.Height, Width: s.Width}
	if frames == 1 || images.Channels == 1 { // the planes are already in order
		return images
	}
	images.Pixels = make([]float32, 0, len(pixels))
	for pair := range slices.Chunk(pixels, s.Size()) {
		for channel := range images.Channels {
			for plane := channel; plane < s.Channels; plane += images.Channels {
				area := s.Height * s.Width
				images.Pixels = append(images.Pixels, pair[plane*area:(plane+1)*area]...)
			}
		}
	}
	return images
}

// epochs lists the pictures of a kind in the order of the epochs. Their names end with
// four digits, see frame. The names of pictures of other verbs, such as samples-2.png,
// do not.
func epochs(l *trainer.Loop, kind string) (paths []string, err error) {
	names, err := fileNames(l.Run.Path(folder))
	for _, name := range names {
		if ok, _ := filepath.Match(kind+"-*[0-9][0-9][0-9][0-9].png", name); ok {
			paths = append(paths, l.Run.Path(folder, name))
		}
	}
	return paths, err
}

// animateEpochs joins the pictures of the epochs.
func animateEpochs(ctx context.Context, l *trainer.Loop) error {
	for _, kind := range []string{reconstructions, samples} {
		if err := animate(ctx, l, kind); err != nil {
			return err
		}
	}
	return nil
}

func animate(ctx context.Context, l *trainer.Loop, kind string) error {
	const most = 12 // frames, because the report contains them; more pictures are thinned out evenly
	paths, err := epochs(l, kind)
	if err != nil || len(paths) == 0 {
		return err
	}
	var frames []image.Image
	for i := range min(len(paths), most) {
		at := i
		if len(paths) > most {
			at = i * (len(paths) - 1) / (most - 1)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		img, err := viz.ReadPNG(paths[at])
		if err != nil {
			return fmt.Errorf("%w: %w", trainer.ErrRun, err)
		}
		frames = append(frames, img)
	}
	return writeFile(l.Run.Path(folder, kind+".gif"), func(w writer) error {
		return viz.Animate(w, frames, 300*time.Millisecond)
	})
}
