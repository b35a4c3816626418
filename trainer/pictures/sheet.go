package pictures

import (
	"fmt"
	"image"

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
			of := train.OfClass(loaders.Label(class))
			if err := s.add(name, of, 1); err != nil {
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
	split = split.Select(split.Strata(min(rows*s.columns, split.Len())))
	for from := 0; from < split.Len(); from += s.columns {
		indices := make([]int, 0, s.columns)
		for i := from; i < min(from+s.columns, split.Len()); i++ {
			indices = append(indices, i)
		}
		images, err := pixels(split.Select(indices))
		if err != nil {
			return err
		}
		for i, v := range images.Pixels {
			images.Pixels[i] = (v - s.low) / (s.high - s.low)
		}
		s.rows = append(s.rows, viz.Row{Label: label, Images: images})
		label = ""
	}
	return nil
}

const (
	bins            = 64 // of a histogram
	histogramHeight = 40 // in pixels
	mostHistograms  = 32
	mostCounted     = 10_000 // rows of a table
)

// Histograms draws a histogram of each column of a table, of the training rows. The
// columns have names and moments. Only the first columns of a wide table, and some rows
// of a long one, are drawn, as the title says. Errors are those of the store.
func Histograms(title string, train loaders.Split, names []string, columns []loaders.Moments) (image.Image, error) {
	n := min(len(columns), mostHistograms)
	train = train.Select(train.Strata(min(mostCounted, train.Len())))
	counts := make([][bins]int, n)
	values := make([]float32, train.Shape.Size())
	for i := range train.Len() {
		if err := train.Read(values, i, 0); err != nil {
			return nil, err
		}
		for c := range n {
			low, high := float64(columns[c].Min), float64(columns[c].Max)
			bin := 0
			if high > low {
				bin = int(float64(bins) * (float64(values[c]) - low) / (high - low))
			}
			counts[c][max(0, min(bin, bins-1))]++
		}
	}
	rows := make([]viz.Row, n)
	for c := range rows {
		rows[c] = viz.Row{Label: fmt.Sprintf("%s: %.4g to %.4g", names[c], columns[c].Min, columns[c].Max), Images: histogram(counts[c])}
	}
	title = fmt.Sprintf("%s: histograms of %d of %d columns, of %d rows", title, n, len(columns), train.Len())
	return viz.Grid(title, 1, rows...), nil
}

// histogram draws a column of pixels for each bin. The highest one fills the height.
func histogram(counts [bins]int) viz.Images {
	most := 1
	for _, count := range counts {
		most = max(most, count)
	}
	const paper, bar = 0.93, 0.25
	m := viz.Images{Pixels: make([]float32, histogramHeight*bins), Channels: 1, Height: histogramHeight, Width: bins}
	for y := range histogramHeight {
		for x, count := range counts {
			m.Pixels[y*bins+x] = paper
			if (histogramHeight-y)*most <= count*histogramHeight || count > 0 && y == histogramHeight-1 {
				m.Pixels[y*bins+x] = bar
			}
		}
	}
	return m
}
