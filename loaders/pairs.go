package loaders

import (
	"context"
	"path/filepath"
	"slices"
)

// Frames returns the number of frames of an image: 2 if the number of channels is
// even, else 1. The channels of the first frame come before those of the second.
func (s Shape) Frames() int {
	if s.Channels > 0 && s.Channels%2 == 0 {
		return 2
	}
	return 1
}

// Pairs makes pairs of frames 2C×H×W from images C×H×W. The second frame is moved by
// another random amount in each epoch. Images that are pairs already are not changed.
// The zero motion changes no images.
func (s Split) Pairs(m Motion, seed uint64) Split {
	if m == (Motion{}) || s.Shape.Frames() == 2 {
		return s
	}
	s.Motion, s.Seed, s.Source = m, seed, s.Shape
	s.Shape = m.frame(s.Source)
	s.Shape.Channels *= 2
	return s
}

// Move returns the motion of the second frame of pair i in an epoch. The pair is one
// that Pairs made.
func (s Split) Move(i, epoch int) Move {
	return s.Motion.draw(make([]float32, 5), s.Source, s.Seed, epoch, s.drawn(i))
}

// drawn returns the number by which the random motion of image i is found.
func (s Split) drawn(i int) int { return at(s.Drawn, i) }

// readPair writes both frames of image i.
func (s Split) readPair(dst []float32, i, epoch int) error {
	var random [5]float32
	move := s.Motion.draw(random[:], s.Source, s.Seed, epoch, s.drawn(i))
	frame := s.Motion.frame(s.Source)
	image := make([]float32, s.Source.Size())
	if err := s.Store.Read(image, s.row(i)); err != nil {
		return err
	}
	Move{Top: move.Top, Left: move.Left}.apply(dst, frame, image, s.Source)
	move.apply(dst[frame.Size():], frame, image, s.Source)
	return nil
}

// openPairs reads pairs of frames from the sub-folders first and second. Their files
// have the same names. Each sub-folder is split as in openFolder. If all frames are
// grey they have one channel, else three.
func openPairs(ctx context.Context, dir string, o Options, room *budget) (*Dataset, error) {
	var frames [2]*folder
	for i, name := range []string{"first", "second"} {
		f, err := listFolder(ctx, filepath.Join(dir, name), o)
		if err != nil {
			return nil, err
		}
		frames[i] = f
	}
	first, second := frames[0], frames[1]
	if err := sameNames(first, second); err != nil {
		return nil, err
	}
	var list []picture
	seconds := second.all()
	for i, p := range first.all() {
		list = append(list, p, seconds[i])
	}
	pairs, err := collect(ctx, dir, list, 2, room, o)
	if err != nil {
		return nil, err
	}
	for i, f := range frames {
		var half []picture
		for at := i; at < len(pairs.list); at += 2 {
			half = append(half, pairs.list[at])
		}
		if err := f.reduce(half); err != nil {
			return nil, err
		}
		f.skipped.log(f.dir, len(half), o)
	}
	return first.dataset(pairs, map[string]string{"first frames": first.digest(), "second frames": second.digest()})
}

// sameNames returns an error if a frame has no second frame of the same name.
func sameNames(folders ...*folder) error {
	var names [2][]string
	for i, f := range folders {
		for _, p := range f.all() {
			names[i] = append(names[i], p.name)
		}
		slices.Sort(names[i])
	}
	for i := range folders {
		for _, name := range names[i] {
			if _, found := slices.BinarySearch(names[1-i], name); !found {
				return dataErrorf("%s: no %s, which %s has; hint: both frames of a pair have the same file name", folders[1-i].dir, name, folders[i].dir)
			}
		}
	}
	return nil
}
