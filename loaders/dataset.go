package loaders

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"

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

// Split is a set of N images of one shape, with or without labels. Splits made by
// Holdout share memory with their parent.
type Split struct {
	Shape  Shape
	Images []uint8  // N×C×H×W
	Labels []uint8  // N, indices into Dataset.Classes; nil: unlabelled
	Names  []string // N, paths of the files within their folder, with slashes; nil: not of one file each
	// Values, N×C×H×W, stand in place of Images where what is learned from are
	// not pixels, but what other layers have made of them.
	Values []float32

	Motion Motion // makes pairs of frames of Images; see Pairs
	Seed   uint64 // of the motion
	Source Shape  // of Images, where that is not Shape
	Drawn  []int  // N, what the motion of each image is drawn by; nil: its index
}

// stored is the number of values kept of an image.
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

// Read writes the values of image i into dst, C·H·W of them, pixels as numbers
// from 0 to 1. Pairs that Pairs makes are those of an epoch.
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

// Image returns the pixels C×H×W of image i, shared with the split; where
// Pairs makes pairs, those of the image that it makes them of.
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
	return out
}

// Join returns the images of two splits of one kind, one after the other, in
// memory of their own.
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
	for _, part := range []Split{s, other} {
		for i := 0; i < part.Len() && s.Motion != (Motion{}); i++ {
			out.Drawn = append(out.Drawn, part.drawn(i))
		}
	}
	return out
}

// Dataset is a training and a test split of the same shape.
type Dataset struct {
	Name        string // as it was asked for, for example "sample" or "idx:DIR"
	Train, Test Split
	Validation  int               // images at the end of Train that the data name as their validation set
	HeldOut     int               // images that became Test, because the data have no test set; 0: they have one
	Background  string            // that transparent pixels were drawn on; "" if there are none
	Classes     []string          // names by label; nil: unlabelled
	Attribution string            // licence and credit line; "" for a user's own data
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

// join makes one split of both, which stands for each of them.
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

// check finds what the readers of single files cannot see.
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

// equal returns the number of images if all are equal, else 0.
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
		return dataErrorf("%d bytes are no whole number of %v images", len(s.Images), s.Shape)
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

// nameClasses makes a class of each label that occurs, named by its number, and
// numbers the labels anew where some numbers do not.
func (d *Dataset) nameClasses() {
	var occurs [256]bool
	for _, labels := range [][]uint8{d.Train.Labels, d.Test.Labels} {
		for _, label := range labels {
			occurs[label] = true
		}
	}
	var numbers [256]uint8
	for label := range occurs {
		if occurs[label] {
			numbers[label] = uint8(len(d.Classes))
			d.Classes = append(d.Classes, strconv.Itoa(label))
		}
	}
	for _, labels := range [][]uint8{d.Train.Labels, d.Test.Labels} {
		for i, label := range labels {
			labels[i] = numbers[label]
		}
	}
}

// transpose swaps the rows and columns of every image, in place for the
// caller: EMNIST stores its images column by column.
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
