package pictures

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/viz/page"
	"gaetrain/viz/plain"
)

// inspection has the errors of the reconstructions of test items, and some of the
// reconstructions.
type inspection struct {
	split     loaders.Split // all test items, or some of each class
	mse       []float64     // of each item, per value
	corrupted bool          // the model takes corrupted items
	variance  float64       // sum of the squared differences of all values from the mean item
	total     int           // number of all test items
	order     []int         // of the items, the largest error first
	shown     map[int]trainer.Reconstructed
}

// Limits of the memory and time of an inspection.
const (
	inspectedValues = 1 << 22
	briefValues     = 1 << 19
)

// inspect reconstructs the test items; nil if the model does not reconstruct, or without
// data.
func (s Subject) inspect(ctx context.Context) (*inspection, error) {
	if s.Data == nil || s.Data.Test.Len() == 0 || !s.Model.HasEncoder() || s.Model.IsClassifier() {
		return nil, nil
	}
	test, most := s.Data.Test, inspectedValues
	if s.Brief {
		most = briefValues
	}
	in := &inspection{split: test.Stratified(max(100, most/test.Shape.Size())), total: test.Len(), shown: make(map[int]trainer.Reconstructed)}
	spread := newDispersion(test.Shape.Size())
	err := s.Model.EachReconstructed(ctx, in.split, func(r trainer.Reconstructed) error {
		in.mse, in.corrupted = append(in.mse, r.MSE...), r.Input != nil
		spread.add(r.Original)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range in.mse {
		in.order = append(in.order, i)
	}
	slices.SortStableFunc(in.order, func(a, b int) int { return cmp.Compare(in.mse[b], in.mse[a]) })
	in.variance = spread.sum()
	return in, in.show(ctx, s.Model)
}

// show reconstructs the examples again, because all reconstructions would need much memory.
// The noise of an item depends on its place, so all items before the last example are
// computed too.
func (in *inspection) show(ctx context.Context, model *trainer.Trained) error {
	wanted := make(map[int]bool)
	last := -1
	for _, g := range in.examples() {
		for _, i := range g.items {
			wanted[i], last = true, max(last, i)
		}
	}
	errEnough, first := errors.New("enough"), 0
	if last < 0 {
		return nil
	}
	err := model.EachReconstructed(ctx, in.split, func(r trainer.Reconstructed) error {
		for i := range r.Len() {
			if wanted[first+i] {
				in.shown[first+i] = r.Select([]int{i})
			}
		}
		if first += r.Len(); first > last {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// dispersion sums how far items are from their mean, by the differences from the first one.
type dispersion struct {
	count         int
	first         []float32
	sums, squares []float64
}

func newDispersion(size int) *dispersion {
	return &dispersion{sums: make([]float64, size), squares: make([]float64, size)}
}

func (s *dispersion) add(items []float32) {
	for item := range slices.Chunk(items, len(s.sums)) {
		if s.first == nil {
			s.first = slices.Clone(item)
		}
		for i, v := range item {
			d := float64(v) - float64(s.first[i])
			s.sums[i], s.squares[i] = s.sums[i]+d, s.squares[i]+d*d
		}
		s.count++
	}
}

// sum is the sum of the squared differences from the mean.
func (s *dispersion) sum() (total float64) {
	for i, sum := range s.sums {
		total += max(0, s.squares[i]-sum*sum/float64(s.count))
	}
	return total
}

// explained is the share of the variance of the items that the reconstructions keep.
func (in *inspection) explained() float64 {
	return 1 - in.mean()*float64(len(in.mse)*in.split.Shape.Size())/max(in.variance, 1e-300)
}

// classError is the mean error of the items of a class.
type classError struct {
	name        string
	count       int
	mean, error float64 // and its standard error
}

// byClass are the errors of the classes, the largest first; nil without classes.
func (in *inspection) byClass(classes []string) (list []classError) {
	if in.split.Labels == nil {
		return nil
	}
	sums := make([][3]float64, len(classes)) // number, sum and sum of squares
	for i, label := range in.split.Labels {
		if int(label) < len(sums) {
			mse := in.mse[i]
			s := &sums[label]
			s[0], s[1], s[2] = s[0]+1, s[1]+mse, s[2]+mse*mse
		}
	}
	for class, s := range sums {
		if s[0] > 0 {
			mean := s[1] / s[0]
			list = append(list, classError{classes[class], int(s[0]), mean, math.Sqrt(max(0, s[2]/s[0]-mean*mean) / max(1, s[0]-1))})
		}
	}
	slices.SortStableFunc(list, func(a, b classError) int { return cmp.Compare(b.mean, a.mean) })
	return list
}

// mean is the mean error of all items.
func (in *inspection) mean() (mean float64) {
	for _, mse := range in.mse {
		mean += mse / float64(len(in.mse))
	}
	return mean
}

// Limits of the lists of errors on a page.
const (
	mostBars     = 30
	mostExamples = 8
	largeExample = 4096 // values of an item of which fewer examples are shown
)

// errors shows the errors by class, and the worst, median and best items.
func (in *inspection) errors(view View, classes []string) (*page.Errors, error) {
	words := view.Shape.Words
	caption := "Squared error per pixel" + ofScaled(view.Data) + " of the test images and their reconstructions after the last epoch."
	if in.split.Len() < in.total {
		caption += fmt.Sprintf(" They are %s of the %s test images, of which each class has its share.", plain.Thousands(in.split.Len()), plain.Thousands(in.total))
	}
	e := &page.Errors{Caption: words(caption)}
	list := in.byClass(classes)
	for _, c := range list[:min(len(list), mostBars)] {
		e.Classes = append(e.Classes, page.ClassError{Name: c.name, Value: fmt.Sprintf("%.4g", c.mean), Share: c.mean / max(list[0].mean, 1e-300), Count: c.count})
	}
	if len(list) < 2 {
		e.Classes = nil
	}
	names := ItemNames(in.split, classes)
	for _, g := range in.examples() {
		group, err := in.group(view, g.items, names)
		if err != nil {
			return nil, err
		}
		group.Title = g.title
		e.Groups = append(e.Groups, group)
	}
	return e, nil
}

// examples are items that a page shows.
type examples struct {
	title string
	items []int
}

// examples returns the items with the largest, median and smallest errors.
func (in *inspection) examples() []examples {
	last := len(in.order)
	n := min(mostExamples, (last+2)/3)
	if in.split.Shape.Size() > largeExample {
		n = min(n, mostExamples/2)
	}
	if n == 0 {
		return nil
	}
	return []examples{
		{"The largest errors", in.order[:n]}, {"Errors around the median", in.order[(last-n)/2:][:n]}, {"The smallest errors", in.order[last-n:]},
	}
}

// group shows items with their reconstructions.
func (in *inspection) group(view View, indices []int, names []string) (g page.Group, err error) {
	for _, index := range indices {
		one := in.shown[index]
		example := page.Example{Name: names[index], Note: fmt.Sprintf("error %.4g", in.mse[index])}
		parts := []Row{{Label: original, Values: one.Original}, {Label: corrupted, Values: one.Input}, {Label: "reconstruction", Values: one.Reconstruction}}
		if one.Input == nil {
			parts = slices.Delete(parts, 1, 2)
		}
		if example.Tiles, err = view.example(names[index], parts); err != nil {
			return g, err
		}
		g.Items = append(g.Items, example)
	}
	if view.Shape.IsImage() {
		return g, nil
	}
	low, high := limits(g.Items)
	for i := range g.Items { // all plots have the same axis
		g.Items[i].Tiles[0].Low, g.Items[i].Tiles[0].High = low, high
	}
	return g, nil
}

// example draws an item and its reconstruction as images, or as lines of one plot.
func (v View) example(name string, parts []Row) (tiles []page.Tile, err error) {
	if !v.Shape.IsImage() {
		t := page.Tile{Name: name + " and its reconstruction"}
		for _, part := range parts {
			t.Lines = append(t.Lines, v.curve(part.Values))
		}
		return []page.Tile{t}, nil
	}
	for _, part := range parts {
		t, err := v.tile(part.Label+" of "+name, part.Values)
		if err != nil {
			return nil, err
		}
		tiles = append(tiles, t)
	}
	return tiles, nil
}

// limits are the smallest and the largest value of the lines of examples.
func limits(items []page.Example) (low, high float32) {
	low, high = float32(math.Inf(1)), float32(math.Inf(-1))
	for _, item := range items {
		for _, line := range item.Tiles[0].Lines {
			low, high = min(low, slices.Min(line)), max(high, slices.Max(line))
		}
	}
	return low, high
}
