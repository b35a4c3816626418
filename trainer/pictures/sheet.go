package pictures

import (
	"fmt"
	"image"
	"slices"
	"strings"

	"gaetrain/loaders"
	"gaetrain/viz"
)

const (
	sheetWidth  = 1440    // pixels of the images of a row together
	sheetPixels = 1 << 24 // of all images together
	sheetRows   = 20      // of training images at most
	testRows    = 2
)

// Sheet draws some images of a data set, each class in a row of its own if there are at
// most 20 classes. Pixels outside of low and high are clipped. Errors are those of the
// stores.
func Sheet(title string, d *loaders.Dataset, low, high float32) (image.Image, error) {
	s := sheet{low: min(low, 0), high: max(high, 1)}
	shape := d.Train.Shape
	s.columns = max(1, min(columns, sheetWidth/shape.Width))
	most := max(2, sheetPixels/(s.columns*shape.Height*shape.Width*shape.Frames()))
	train, test := d.Part(loaders.TrainPart), min(testRows, most-1)
	if n := len(d.Classes); train.Labels != nil && n > 0 && n <= min(sheetRows, most-test) {
		for class, name := range d.Classes {
			if err := s.add(name, ofClass(train, loaders.Label(class)), 1); err != nil {
				return nil, err
			}
		}
	} else if err := s.add("training", train, max(1, min(sheetRows/2, most-test))); err != nil {
		return nil, err
	}
	if err := s.add("test", d.Test, test); err != nil {
		return nil, err
	}
	return viz.Grid(title, s.columns, s.rows...), nil
}

// sheet collects rows of images, whose values from low to high are drawn from black to
// white.
type sheet struct {
	columns   int
	low, high float32
	rows      []viz.Row
}

// add adds rows with images that are spread evenly over a split.
func (s *sheet) add(label string, split loaders.Split, rows int) error {
	split = split.Stratified(rows * s.columns)
	for from := 0; from < split.Len(); from += s.columns {
		indices := make([]int, 0, s.columns)
		for i := from; i < min(from+s.columns, split.Len()); i++ {
			indices = append(indices, i)
		}
		values, err := pixels(split.Select(indices))
		if err != nil {
			return err
		}
		images := drawable(values, split.Shape)
		for i, v := range images.Pixels {
			images.Pixels[i] = (v - s.low) / (s.high - s.low)
		}
		s.rows = append(s.rows, viz.Row{Label: label, Images: images})
		label = ""
	}
	return nil
}

func ofClass(s loaders.Split, class loaders.Label) loaders.Split {
	var indices []int
	for i, label := range s.Labels {
		if label == class {
			indices = append(indices, i)
		}
	}
	return s.Select(indices)
}

const (
	bins            = 42 // of a histogram
	histogramHeight = 28 // in pixels
	mostHistograms  = 32
	mostCounted     = 10_000 // rows of a table
)

// Histograms draws a row of histograms for each column of a table: one of all training
// rows, and one of each class if there are at most 15 classes. The columns have names
// and moments. Only the first columns of a wide table, and some rows of a long one, are
// drawn, as the title says. Errors are those of the store.
func Histograms(title string, train loaders.Split, classes, names []string, columns []loaders.Moments) (image.Image, error) {
	const most = 15 // classes
	n, groups := min(len(columns), mostHistograms), 1
	if train.Labels != nil && len(classes) <= most {
		groups += len(classes)
	}
	train = train.Stratified(mostCounted)
	counts := make([][bins]int, n*groups)
	values := make([]float32, train.Shape.Size())
	for i := range train.Len() {
		if err := train.Read(values, i, 0); err != nil {
			return nil, err
		}
		for c := range n {
			if values[c] != values[c] { // a missing value
				continue
			}
			bin := binOf(float64(values[c]), columns[c])
			counts[c*groups][bin]++
			if groups > 1 {
				counts[c*groups+1+int(train.Labels[i])][bin]++
			}
		}
	}
	rows := make([]viz.Row, n)
	for c := range rows {
		rows[c] = viz.Row{Label: fmt.Sprintf("%s: %.4g to %.4g", names[c], columns[c].Min, columns[c].Max), Images: histograms(counts[c*groups : (c+1)*groups])}
	}
	title = fmt.Sprintf("%s: histograms of %d of %d columns, of %d training rows", title, n, len(columns), train.Len())
	if groups > 1 {
		title += ", then of " + strings.Join(classes, ", ")
	}
	return viz.Grid(title, groups, rows...), nil
}

// binOf divides the range of a column into bins of equal width.
func binOf(value float64, column loaders.Moments) int {
	low, high := float64(column.Min), float64(column.Max)
	if !(high > low) {
		return 0
	}
	return max(0, min(int(bins*(value-low)/(high-low)), bins-1))
}

// histograms draws a column of pixels for each bin. The highest bin of each histogram
// has the full height. Bins that are not empty have at least one pixel.
func histograms(list [][bins]int) viz.Images {
	const paper, bar = 0.93, 0.25
	m := viz.Images{Channels: 1, Height: histogramHeight, Width: bins}
	for _, counts := range list {
		most := slices.Max(counts[:])
		for y := range histogramHeight {
			for _, count := range counts {
				pixel := float32(paper)
				if count > 0 && (histogramHeight-y-1)*most < count*histogramHeight {
					pixel = bar
				}
				m.Pixels = append(m.Pixels, pixel)
			}
		}
	}
	return m
}
