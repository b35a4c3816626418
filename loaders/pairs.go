package loaders

import (
	"context"
	"path/filepath"
	"slices"

	"gaetrain/graph/kernel"
)

// Frames is the number of frames of an image: 2 where the number of channels is
// even, the channels of the first before those of the second, else 1.
func (s Shape) Frames() int {
	if s.Channels > 0 && s.Channels%2 == 0 {
		return 2
	}
	return 1
}

// Pairs makes pairs of frames 2C×H×W of the images C×H×W, moved afresh in each
// epoch. Images that are pairs stay as they are, as do all without a motion.
func (s Split) Pairs(m Motion, seed uint64) Split {
	if m == (Motion{}) || s.Shape.Frames() == 2 {
		return s
	}
	s.Motion, s.Seed, s.Source = m, seed, s.Shape
	s.Shape = m.frame(s.Source)
	s.Shape.Channels *= 2
	return s
}

// Move is how the second frame of pair i moves in an epoch, where Pairs made it.
func (s Split) Move(i, epoch int) Move {
	return s.Motion.draw(make([]float32, 5), s.Source, s.Seed, epoch, s.drawn(i))
}

// drawn is what the motion of image i is drawn by.
func (s Split) drawn(i int) int {
	if s.Drawn != nil {
		return s.Drawn[i]
	}
	return i
}

// readPair writes both frames of image i.
func (s Split) readPair(dst []float32, i, epoch int) {
	var random [5]float32
	move := s.Motion.draw(random[:], s.Source, s.Seed, epoch, s.drawn(i))
	frame := s.Motion.frame(s.Source)
	image := make([]float32, s.Source.Size())
	kernel.ScaleBytes(image, s.Image(i))
	Move{Top: move.Top, Left: move.Left}.apply(dst, frame, image, s.Source)
	move.apply(dst[frame.Size():], frame, image, s.Source)
}

// openPairs reads pairs of frames from the sub-folders first and second, each
// as openFolder does. Their files have the same names.
func openPairs(ctx context.Context, dir string, o Options) (*Dataset, error) {
	var names [2][]string
	var frames [2]*Dataset
	folders := [2]string{filepath.Join(dir, "first"), filepath.Join(dir, "second")}
	for i, folder := range folders {
		list, err := pictures(folder)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			name, err := filepath.Rel(folder, p.path)
			if err != nil {
				return nil, dataErrorf("%s: %w", p.path, err)
			}
			names[i] = append(names[i], name)
		}
		slices.Sort(names[i])
	}
	for i, folder := range folders {
		for _, name := range names[i] {
			if _, found := slices.BinarySearch(names[1-i], name); !found {
				return nil, dataErrorf("%s: no %s, which %s has; hint: the frames of a pair have one name", folders[1-i], name, folder)
			}
		}
		d, err := openFolder(ctx, folder, o)
		if err != nil {
			return nil, err
		}
		frames[i] = d
	}
	if a, b := frames[0].Train.Shape, frames[1].Train.Shape; a != b {
		return nil, dataErrorf("%s: first frames are %v, second ones %v; hint: one size, and all grey or all in colour", dir, a, b)
	}
	return &Dataset{
		Train: interleave(frames[0].Train, frames[1].Train), Test: interleave(frames[0].Test, frames[1].Test), Classes: frames[0].Classes,
		Digest: map[string]string{"first": frames[0].Digest["folder"], "second": frames[1].Digest["folder"]},
	}, nil
}

// interleave joins each image of first with that of second.
func interleave(first, second Split) Split {
	size := first.Shape.Size()
	pairs := Split{Shape: first.Shape, Labels: first.Labels, Images: make([]uint8, 0, 2*len(first.Images))}
	pairs.Shape.Channels *= 2
	for at := 0; at < len(first.Images); at += size {
		pairs.Images = append(append(pairs.Images, first.Images[at:at+size]...), second.Images[at:at+size]...)
	}
	return pairs
}
