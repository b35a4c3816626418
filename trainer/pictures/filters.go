package pictures

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/viz"
)

// mostFilters is the number of filters in a picture.
const mostFilters = 8 * columns

// drawFilters draws the weights of the encoder's first layer as images. For a generator,
// it draws those of its last layer and of the first layer of its discriminator.
func drawFilters(_ context.Context, l *trainer.Loop) error {
	model := l.Trained()
	if model.HasEncoder() {
		return drawLayer(l, "encoder/1/weights", "filters.png", "first-layer filters", columnFilters)
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
	return drawLayer(l, "discriminator/1/weights", "filters-discriminator.png", "filters of the discriminator's first layer", columnFilters)
}

// drawLayer draws the weights of a layer. The function of converts the weights of a fully
// connected layer to filters.
func drawLayer(l *trainer.Loop, name, file, what string, of func(graph.Parameter) [][]float32) error {
	weights, ok := l.Parameters.Get(name)
	if !ok {
		return nil
	}
	shape, images := l.Trained().Shape(), drawable
	if s := weights.Shape; len(s) == 4 {
		of, shape, images = kernels, loaders.Shape{Channels: s[3], Height: s[1], Width: s[2]}, whole
	}
	all := of(weights)
	most := mostFilters
	if images(all[0], shape).Frames > 1 {
		most /= 2
	}
	order, notes := sortFilters(all, shape, most)
	shown := all[:min(len(all), most)]
	title := fmt.Sprintf("%s, %s: %d of %d, %s", heading(l), what, len(shown), len(all), order)
	sheet := viz.Sheet{Title: title, Columns: columns, Notes: notes, Rows: []viz.Row{{Images: images(slices.Concat(shown...), shape), Colours: viz.Weights}}}
	return write(l.Run.Path(folder, file), sheet.Image())
}

// whole returns images without frames.
func whole(pixels []float32, s loaders.Shape) viz.Images {
	return viz.Images{Pixels: pixels, Channels: s.Channels, Height: s.Height, Width: s.Width}
}

// sortFilters sorts filters of a shape from structure to noise, by the autocorrelation of
// neighbouring weights. Filters of a few pixels, such as 3×3, are sorted by their norm: so
// few weights of noise can look like any structure. It describes the order, and explains
// it in notes for a picture of the first filters.
func sortFilters(filters [][]float32, shape loaders.Shape, most int) (order string, notes []string) {
	const fewest = 64 // pixels
	if shape.Height*shape.Width < fewest {
		by := make([]filter, len(filters))
		for i, w := range filters {
			by[i] = filter{w, float64(kernel.SumSquares(w))}
		}
		sortBy(filters, by)
		return "the largest norms first", nil
	}
	by, noise, bound := make([]filter, len(filters)), 0, evaluate.NoiseAutocorrelation(shape.Channels, shape.Height, shape.Width)
	for i, w := range filters {
		by[i] = filter{w, evaluate.Autocorrelation(w, shape.Channels, shape.Height, shape.Width)}
		if by[i].key <= bound {
			noise++
		}
	}
	sortBy(filters, by)
	last := by[min(len(by), most)-1]
	notes = []string{fmt.Sprintf("Moran's I, the spatial autocorrelation of the weights, is from %s to %s for these filters. It is near 1 for smooth structure, and below %s for random weights.",
		decimals(by[0].key, 2), decimals(last.key, 2), decimals(bound, 2))}
	if noise > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d filters have no more spatial structure than random weights.", noise, len(filters)))
	}
	return "the most structured first", notes
}

// decimals writes a value with a number of decimals and a minus sign.
func decimals(v float64, n int) string {
	return strings.Replace(strconv.FormatFloat(v, 'f', n, 64), "-", "−", 1)
}

// filter are the weights of a unit and the value by which they are sorted.
type filter struct {
	weights []float32
	key     float64
}

// sortBy sorts filters by their keys, the largest first.
func sortBy(filters [][]float32, by []filter) {
	slices.SortStableFunc(by, func(a, b filter) int { return cmp.Compare(b.key, a.key) })
	for i, f := range by {
		filters[i] = f.weights
	}
}

// rowFilters returns the weights H×D from each unit of a layer to an image.
func rowFilters(weights graph.Parameter) (filters [][]float32) {
	for row := range slices.Chunk(weights.Values(), weights.Shape[1]) {
		filters = append(filters, row)
	}
	return filters
}

// columnFilters returns the weights D×H from an image to each unit of a layer.
func columnFilters(weights graph.Parameter) [][]float32 {
	inputs, units := weights.Shape[0], weights.Shape[1]
	filters := make([][]float32, units)
	for unit := range filters {
		filters[unit] = make([]float32, inputs)
		for input := range inputs {
			filters[unit][input] = weights.Values()[input*units+unit]
		}
	}
	return filters
}

// kernels returns the filters of weights F×kh×kw×C, each as C×kh×kw.
func kernels(weights graph.Parameter) (filters [][]float32) {
	channels, taps := weights.Shape[3], weights.Shape[1]*weights.Shape[2]
	for values := range slices.Chunk(weights.Values(), taps*channels) {
		filter := make([]float32, 0, len(values))
		for channel := range channels {
			for tap := range taps {
				filter = append(filter, values[tap*channels+channel])
			}
		}
		filters = append(filters, filter)
	}
	return filters
}
