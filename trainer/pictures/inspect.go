package pictures

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/viz/page"
	"gaetrain/viz/plain"
)

// inspection has the reconstructions of test items, with their errors.
type inspection struct {
	split loaders.Split // all test items, or some of each class
	all   trainer.Reconstructed
	total int   // number of all test items
	order []int // of the items, the largest error first
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
	in := &inspection{split: test.Stratified(max(100, most/test.Shape.Size())), total: test.Len()}
	var err error
	if in.all, err = s.Model.Reconstruct(ctx, in.split); err != nil {
		return nil, err
	}
	for i := range in.all.MSE {
		in.order = append(in.order, i)
	}
	slices.SortStableFunc(in.order, func(a, b int) int { return cmp.Compare(in.all.MSE[b], in.all.MSE[a]) })
	return in, nil
}

// explained is the share of the variance of the items that the reconstructions keep.
func (in *inspection) explained() float64 {
	size := in.split.Shape.Size()
	mean := make([]float64, size)
	for i, v := range in.all.Original {
		mean[i%size] += float64(v)
	}
	for i := range mean {
		mean[i] /= float64(in.all.Len())
	}
	var variance, squared float64
	for i, v := range in.all.Original {
		difference := float64(v) - mean[i%size]
		variance += difference * difference
	}
	for _, mse := range in.all.MSE {
		squared += mse * float64(size)
	}
	return 1 - squared/max(variance, 1e-300)
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
			mse := in.all.MSE[i]
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
	for _, mse := range in.all.MSE {
		mean += mse / float64(in.all.Len())
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
	n := min(mostExamples, (in.all.Len()+2)/3)
	if view.Shape.Size() > largeExample {
		n = min(n, mostExamples/2)
	}
	if n == 0 {
		return e, nil
	}
	names, last := ItemNames(in.split, classes), len(in.order)
	for _, g := range []struct {
		title string
		items []int
	}{
		{"The largest errors", in.order[:n]}, {"Errors around the median", in.order[(last-n)/2:][:n]}, {"The smallest errors", in.order[last-n:]},
	} {
		group, err := in.group(view, g.items, names)
		if err != nil {
			return nil, err
		}
		group.Title = g.title
		e.Groups = append(e.Groups, group)
	}
	return e, nil
}

// group shows items with their reconstructions.
func (in *inspection) group(view View, indices []int, names []string) (g page.Group, err error) {
	some := in.all.Select(indices)
	for i, index := range indices {
		one := some.Select([]int{i})
		example := page.Example{Name: names[index], Note: fmt.Sprintf("error %.4g", in.all.MSE[index])}
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
