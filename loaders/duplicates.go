package loaders

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"
)

// Part is a split of a data set.
type Part uint8

// The splits of a data set, in order.
const (
	TrainPart Part = iota
	ValidationPart
	TestPart
)

// Place is where an image is in its data set.
type Place struct {
	Part  Part
	Index int // in the split
}

func (p Place) compare(o Place) int {
	return cmp.Or(cmp.Compare(p.Part, o.Part), cmp.Compare(p.Index, o.Index))
}

// Duplicate is an image whose values equal those of an earlier image, which is the first
// one with these values. Training images come before validation images, and those before
// test images.
type Duplicate struct{ Image, Of Place }

// checksums are those of all images of a data set. Other values have, almost always,
// another checksum.
type checksums struct {
	seed  maphash.Seed // random, so that nobody can make a file of different images with one checksum
	bytes []byte       // of one image
	list  []checksum
}

type checksum struct {
	hash uint64
	at   Place
}

// checksumBytes is the memory that the search for duplicates needs for each image.
const checksumBytes = 24 + 32

// newChecksums returns nil if there is not enough memory for so many images.
func newChecksums(s Shape, images int) *checksums {
	if newBudget().take(checksumBytes*int64(images)) != nil {
		return nil
	}
	return &checksums{seed: maphash.MakeSeed(), bytes: make([]byte, 4*s.Size()), list: make([]checksum, 0, images)}
}

// add adds an image.
func (c *checksums) add(values []float32, at Place) {
	toBytes(c.bytes, values)
	c.list = append(c.list, checksum{maphash.Bytes(c.seed, c.bytes), at})
}

func toBytes(dst []byte, values []float32) {
	for i, v := range values {
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(v))
	}
}

// duplicates returns all duplicates in the order of the splits. It reads the images with
// equal checksums again and compares their values, so the result is exact. Errors are
// those of the stores or of the context.
func (c *checksums) duplicates(ctx context.Context, splits ...Split) ([]Duplicate, error) {
	slices.SortFunc(c.list, func(a, b checksum) int { return cmp.Or(cmp.Compare(a.hash, b.hash), a.at.compare(b.at)) })
	var found []Duplicate
	for from, to := 0, 0; from < len(c.list); from = to {
		for to = from + 1; to < len(c.list) && c.list[to].hash == c.list[from].hash; to++ {
		}
		if to-from == 1 {
			continue
		}
		more, err := c.among(ctx, c.list[from:to], splits)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	slices.SortFunc(found, func(a, b Duplicate) int { return a.Image.compare(b.Image) })
	return found, nil
}

// among compares images with one checksum, in the order of the splits.
func (c *checksums) among(ctx context.Context, list []checksum, splits []Split) (found []Duplicate, err error) {
	type original struct {
		values []byte
		at     Place
	}
	var originals []original
	values := make([]float32, len(c.bytes)/4)
	for _, sum := range list {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if err := splits[sum.at.Part].Read(values, sum.at.Index, 0); err != nil {
			return nil, err
		}
		toBytes(c.bytes, values)
		i := slices.IndexFunc(originals, func(o original) bool { return bytes.Equal(o.values, c.bytes) })
		if i < 0 {
			originals = append(originals, original{bytes.Clone(c.bytes), sum.at})
			continue
		}
		found = append(found, Duplicate{Image: sum.at, Of: originals[i].at})
	}
	return found, nil
}
