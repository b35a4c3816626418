package loaders

import (
	"context"
	"fmt"
	"slices"
)

// Shape is the shape C×H×W of every image of a data set.
type Shape struct{ Channels, Height, Width int }

// Size returns the number of values of an image, D = C·H·W.
func (s Shape) Size() int { return s.Channels * s.Height * s.Width }

// IsImage reports whether an item is an image. An item of height 1 is a row of a table.
func (s Shape) IsImage() bool { return s.Height > 1 }

// IsTable reports whether an item is a row of the columns of a table.
func (s Shape) IsTable() bool { return s.Height == 1 && s.Channels == 1 }

// String returns the shape as C×H×W, for example 1×28×28.
func (s Shape) String() string {
	return fmt.Sprintf("%d×%d×%d", s.Channels, s.Height, s.Width)
}

// Split is a view of N images of a store, with or without labels. Splits that are made
// from others share their store.
type Split struct {
	Shape  Shape
	Store  Store    // nil: there are no images
	Rows   []int    // N, where the images are in Store; nil: they are all of its items, in order
	Labels []Label  // N, indices into Dataset.Classes; nil: no labels
	Names  []string // N, paths of the files within their folder, with slashes; nil: the images are not single files
	// Factors are those that the images are known to be made from; nil: none are known.
	Factors []Factor
	// Positions, N, say where each image is in the data that it was read from; nil: image
	// i is at i.
	Positions []int

	Motion Motion // makes pairs of frames from the images of Store; see Pairs
	Seed   uint64 // of the random motion
	Source Shape  // of the images of Store, if it differs from Shape
	Drawn  []int  // N, numbers by which the random motion of each image is found; nil: its index
}

// Len returns the number of images N.
func (s Split) Len() int {
	switch {
	case s.Rows != nil:
		return len(s.Rows)
	case s.Store != nil:
		return s.Store.Len()
	}
	return 0
}

// Read writes the C·H·W values of image i into dst, pixels as numbers from 0 to 1.
// Pairs of frames are those of an epoch. Errors are those of the store.
func (s Split) Read(dst []float32, i, epoch int) error {
	if s.Motion != (Motion{}) {
		return s.readPair(dst, i, epoch)
	}
	return s.Store.Read(dst, s.row(i))
}

// row is where image i is in the store.
func (s Split) row(i int) int { return at(s.Rows, i) }

// at returns element i of a list of indices, in which nil stands for 0, 1, 2, ….
func at(list []int, i int) int {
	if list == nil {
		return i
	}
	return list[i]
}

// counted returns the elements [from, to) of a list of indices as at defines them.
func counted(list []int, from, to int) []int {
	if list != nil {
		return list[from:to:to]
	}
	part := make([]int, 0, to-from)
	for i := from; i < to; i++ {
		part = append(part, i)
	}
	return part
}

// Holdout splits off the last n images, where SetAside has put the validation
// images. n is clamped to [0, N].
func (s Split) Holdout(n int) (rest, heldOut Split) {
	cut := s.Len() - max(0, min(n, s.Len()))
	return s.slice(0, cut), s.slice(cut, s.Len())
}

func (s Split) slice(from, to int) Split {
	out := s
	if s.Rows != nil || from > 0 || to < s.Len() {
		out.Rows = counted(s.Rows, from, to)
	}
	if s.Positions != nil || from > 0 {
		out.Positions = counted(s.Positions, from, to)
	}
	if s.Labels != nil {
		out.Labels = s.Labels[from:to:to]
	}
	if s.Names != nil {
		out.Names = s.Names[from:to:to]
	}
	out.Factors = factorsOf(s.Factors, func(values []uint16) []uint16 { return values[from:to:to] })
	if s.Drawn != nil {
		out.Drawn = s.Drawn[from:to:to]
	}
	return out
}

// Position is where image i is in the data that it was read from.
func (s Split) Position(i int) int { return at(s.Positions, i) }

// Join returns the images of two splits, one after the other. Both have the same shape,
// the same motion and the same factors.
func (s Split) Join(other Split) Split {
	if other.Len() == 0 {
		return s
	}
	if s.Len() == 0 {
		return other
	}
	out, n, m := s, s.Len(), other.Len()
	second := counted(other.Rows, 0, m)
	if s.Store != other.Store {
		out.Store = &joinedStore{s.Store, other.Store}
		second = slices.Clone(second)
		for i := range second {
			second[i] += s.Store.Len()
		}
	}
	out.Rows = slices.Concat(counted(s.Rows, 0, n), second)
	out.Labels = slices.Concat(s.Labels, other.Labels)
	out.Names = slices.Concat(s.Names, other.Names)
	out.Factors = joinFactors(s.Factors, other.Factors)
	if s.Positions != nil || other.Positions != nil {
		out.Positions = slices.Concat(counted(s.Positions, 0, n), counted(other.Positions, 0, m))
	}
	if s.Motion != (Motion{}) {
		out.Drawn = slices.Concat(counted(s.Drawn, 0, n), counted(other.Drawn, 0, m))
	}
	return out
}

// Dataset is a training and a test split of the same shape.
type Dataset struct {
	Name        string // the value of --dataset, for example "sample" or "idx:DIR"
	Train, Test Split
	Others      Split             // test images of the classes that KeepClasses has left out
	Trained     []bool            // by class: whether the training images are of it, apart from contamination; nil: of all
	Validation  int               // number of images at the end of Train that are the validation set of the data
	HeldOut     int               // number of images that became Test, because the data have no test set; 0: they have one
	Background  string            // colour behind transparent pixels; "" if there are none
	Classes     []string          // names by label; nil: no labels
	Attribution string            // licence and authors; "" for a user's own data
	Digest      map[string]string // file → "md5:…" of its decompressed bytes
	Features    []string          // names of the D columns of a table; nil: images, or columns without names
	// Scaling is what Train and Test are scaled by. nil: the values are as they are, or
	// Measure has not been called yet.
	Scaling  *Scaling
	Range    Range     // of the training values, see MeasureRange
	bytes    bool      // the values of array:FILE are bytes divided by 255, before they are scaled
	unscaled *unscaled // what Measure needs; nil: nothing is left to measure
}

// LimitTrain keeps n of the training images, of which each class has its share, and
// the validation images that the data name. n ≤ 0 is all.
func (d *Dataset) LimitTrain(n int) {
	train, validation := d.Train.Holdout(d.Validation)
	d.Train = train.Stratified(n).Join(validation)
}

// SetAside moves n of the training images behind the others, of which each class
// has its share, for Split.Holdout.
func (d *Dataset) SetAside(n int) { d.Train = d.Train.setAside(n) }

// join joins both splits to one, which becomes the training set and the test set.
func (d *Dataset) join() {
	d.Train = d.Train.Join(d.Test)
	d.Test = d.Train
}

// check finds errors that the readers of single files cannot find.
func (d *Dataset) check() error {
	if d.Train.Shape != d.Test.Shape {
		return dataErrorf("%s: training images are %v but test images are %v", d.Name, d.Train.Shape, d.Test.Shape)
	}
	if (d.Train.Labels == nil) != (d.Test.Labels == nil) {
		return dataErrorf("%s: only one of training and test images has labels", d.Name)
	}
	if !sameFactors(d.Train.Factors, d.Test.Factors) {
		return dataErrorf("%s: the factors of the training images are %s, but those of the test images are %s", d.Name, factorNames(d.Train.Factors), factorNames(d.Test.Factors))
	}
	for _, part := range []struct {
		name  string
		split Split
	}{{"training", d.Train}, {"test", d.Test}} {
		if err := part.split.check(len(d.Classes)); err != nil {
			return dataErrorf("%s: %s split: %w", d.Name, part.name, err)
		}
	}
	return nil
}

// mostCompared limits the images that are compared with each other if they must be read
// from files.
const mostCompared = 1000

// equal returns the number of images if all of them are equal, else 0. Of images in
// files, it compares at most mostCompared of each split. Errors are those of the stores.
func (d *Dataset) equal() (int, error) {
	first, other := make([]float32, d.Train.Shape.Size()), make([]float32, d.Train.Shape.Size())
	if err := d.Train.Read(first, 0, 0); err != nil {
		return 0, err
	}
	compared := 0
	for _, s := range []Split{d.Train, d.Test} {
		if inFiles(s.Store) {
			s = s.slice(0, min(mostCompared, s.Len()))
		}
		compared += s.Len()
		for i := range s.Len() {
			if err := s.Read(other, i, 0); err != nil || !slices.Equal(first, other) {
				return 0, err
			}
		}
	}
	return compared, nil
}

func (s Split) check(classes int) error {
	if s.Shape.Size() <= 0 || s.Len() == 0 {
		return dataErrorf("holds no images")
	}
	if s.Labels == nil {
		return nil
	}
	if len(s.Labels) != s.Len() {
		return dataErrorf("%d labels for %d images", len(s.Labels), s.Len())
	}
	for i, label := range s.Labels {
		if int(label) >= classes {
			return dataErrorf("label %d of image %d is outside the %d classes", label, i, classes)
		}
	}
	return nil
}

// transpose swaps the rows and the columns of every image in place, because EMNIST
// stores images column by column.
func (s *Split) transpose(ctx context.Context, room *budget) error {
	pixels := s.Store.(*pixelStore).pixels
	height, width := s.Shape.Height, s.Shape.Width
	if err := room.take(int64(height * width)); err != nil {
		return err
	}
	defer room.give(int64(height * width))
	plane := make([]uint8, height*width)
	for at := 0; at+len(plane) <= len(pixels); at += len(plane) {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		stored := pixels[at : at+len(plane)]
		for y := range height {
			for x := range width {
				plane[x*height+y] = stored[y*width+x]
			}
		}
		copy(stored, plane)
	}
	s.Shape.Height, s.Shape.Width = width, height
	return nil
}
