package loaders

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"gaetrain/graph/kernel"
)

// Shape is the shape C×H×W of every image of a data set.
type Shape struct{ Channels, Height, Width int }

// Size returns the number of values of an image, D = C·H·W.
func (s Shape) Size() int { return s.Channels * s.Height * s.Width }

// String returns the shape as C×H×W, for example 1×28×28.
func (s Shape) String() string {
	return fmt.Sprintf("%d×%d×%d", s.Channels, s.Height, s.Width)
}

// Split holds N images of one shape, with or without labels. Splits made by Holdout
// share memory with their parent.
type Split struct {
	Shape  Shape
	Images []uint8  // N×C×H×W
	Labels []uint8  // N, indices into Dataset.Classes; nil: no labels
	Names  []string // N, paths of the files within their folder, with slashes; nil: the images are not single files
	// Positions, N, say where each image is in the data that it was read from; nil: image
	// i is at i.
	Positions []int
	// Values, N×C×H×W, replace Images if the inputs are not pixels but the outputs of
	// other layers.
	Values []float32

	Motion Motion // makes pairs of frames from Images; see Pairs
	Seed   uint64 // of the random motion
	Source Shape  // of Images, if it differs from Shape
	Drawn  []int  // N, numbers by which the random motion of each image is found; nil: its index
}

// stored returns the number of values of an image in memory.
func (s Split) stored() int {
	if s.Motion != (Motion{}) {
		return s.Source.Size()
	}
	return s.Shape.Size()
}

// Len returns the number of images N.
func (s Split) Len() int {
	if size := s.stored(); size > 0 {
		return max(len(s.Images), len(s.Values)) / size
	}
	return 0
}

// Read writes the C·H·W values of image i into dst, pixels as numbers from 0 to 1.
// Pairs of frames are those of an epoch.
func (s Split) Read(dst []float32, i, epoch int) {
	if s.Values != nil {
		copy(dst, s.Values[i*len(dst):])
		return
	}
	if s.Motion != (Motion{}) {
		s.readPair(dst, i, epoch)
		return
	}
	kernel.ScaleBytes(dst, s.Image(i))
}

// Image returns the pixels C×H×W of image i, whose memory is that of the split. If the
// split has pairs made by Pairs, they are the pixels of the original image.
func (s Split) Image(i int) []uint8 {
	size := s.stored()
	return s.Images[i*size : (i+1)*size : (i+1)*size]
}

// Holdout splits off the last n images, where SetAside has put the validation
// images. n is clamped to [0, N].
func (s Split) Holdout(n int) (rest, heldOut Split) {
	cut := s.Len() - max(0, min(n, s.Len()))
	return s.slice(0, cut), s.slice(cut, s.Len())
}

func (s Split) slice(from, to int) Split {
	size := s.stored()
	out := Split{Shape: s.Shape, Motion: s.Motion, Seed: s.Seed, Source: s.Source}
	if s.Images != nil {
		out.Images = s.Images[from*size : to*size : to*size]
	}
	if s.Values != nil {
		out.Values = s.Values[from*size : to*size : to*size]
	}
	if s.Labels != nil {
		out.Labels = s.Labels[from:to:to]
	}
	if s.Names != nil {
		out.Names = s.Names[from:to:to]
	}
	if s.Drawn != nil {
		out.Drawn = s.Drawn[from:to:to]
	}
	if s.Positions != nil || from > 0 {
		out.Positions = s.positions(from, to)
	}
	return out
}

// Position is where image i is in the data that it was read from.
func (s Split) Position(i int) int {
	if s.Positions == nil {
		return i
	}
	return s.Positions[i]
}

func (s Split) positions(from, to int) []int {
	list := make([]int, 0, to-from)
	for i := from; i < to; i++ {
		list = append(list, s.Position(i))
	}
	return list
}

// Join returns a copy of the images of two splits, one after the other. Both have the
// same shape and the same motion.
func (s Split) Join(other Split) Split {
	if other.Len() == 0 {
		return s
	}
	out := s.slice(0, s.Len())
	out.Images = slices.Concat(s.Images, other.Images)
	out.Values = slices.Concat(s.Values, other.Values)
	out.Labels = slices.Concat(s.Labels, other.Labels)
	out.Names = slices.Concat(s.Names, other.Names)
	out.Drawn = nil
	if s.Positions != nil || other.Positions != nil {
		out.Positions = append(s.positions(0, s.Len()), other.positions(0, other.Len())...)
	}
	for _, part := range []Split{s, other} {
		for i := 0; i < part.Len() && s.Motion != (Motion{}); i++ {
			out.Drawn = append(out.Drawn, part.drawn(i))
		}
	}
	return out
}

// Dataset is a training and a test split of the same shape.
type Dataset struct {
	Name        string // the value of --dataset, for example "sample" or "idx:DIR"
	Train, Test Split
	Validation  int               // number of images at the end of Train that are the validation set of the data
	HeldOut     int               // number of images that became Test, because the data have no test set; 0: they have one
	Background  string            // colour behind transparent pixels; "" if there are none
	Classes     []string          // names by label; nil: no labels
	Attribution string            // licence and authors; "" for a user's own data
	Digest      map[string]string // file → "md5:…" of its decompressed bytes
}

// LimitTrain keeps n of the training images, of which each class has its share, and
// the validation images that the data name. n ≤ 0 is all.
func (d *Dataset) LimitTrain(n int) {
	train, validation := d.Train.Holdout(d.Validation)
	d.Train = train.Stratified(n).Join(validation)
}

// SetAside moves n of the training images behind the others, of which each class
// has its share, for Split.Holdout. It changes the arrays of Train in place.
func (d *Dataset) SetAside(n int) { d.Train.setAside(n) }

// join joins both splits to one, which becomes the training set and the test set.
func (d *Dataset) join(room *budget) error {
	if d.Test.Len() > 0 {
		if err := room.take(int64(len(d.Train.Images) + len(d.Test.Images))); err != nil {
			return err
		}
		defer room.give(int64(len(d.Train.Images) + len(d.Test.Images)))
	}
	d.Train = d.Train.Join(d.Test)
	d.Test = d.Train
	return nil
}

// check finds errors that the readers of single files cannot find.
func (d *Dataset) check() error {
	if d.Train.Shape != d.Test.Shape {
		return dataErrorf("%s: training images are %v but test images are %v", d.Name, d.Train.Shape, d.Test.Shape)
	}
	if (d.Train.Labels == nil) != (d.Test.Labels == nil) {
		return dataErrorf("%s: only one of training and test images has labels", d.Name)
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

// equal returns the number of images if all of them are equal, else 0.
func (d *Dataset) equal() int {
	first := d.Train.Image(0)
	for _, s := range []Split{d.Train, d.Test} {
		for i := range s.Len() {
			if !bytes.Equal(s.Image(i), first) {
				return 0
			}
		}
	}
	return d.Train.Len() + d.Test.Len()
}

func (s Split) check(classes int) error {
	size := s.Shape.Size()
	if size <= 0 || len(s.Images) == 0 {
		return dataErrorf("holds no images")
	}
	if len(s.Images)%size != 0 {
		return dataErrorf("%d bytes are not a whole number of %v images", len(s.Images), s.Shape)
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
	height, width := s.Shape.Height, s.Shape.Width
	if err := room.take(int64(height * width)); err != nil {
		return err
	}
	defer room.give(int64(height * width))
	plane := make([]uint8, height*width)
	for at := 0; at+len(plane) <= len(s.Images); at += len(plane) {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		stored := s.Images[at : at+len(plane)]
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
