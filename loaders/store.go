package loaders

import (
	"errors"
	"slices"

	"gaetrain/graph/kernel"
)

// Store holds the values of items of one size, in memory or in files. Several goroutines
// may read it at the same time. Stores are pointers, so that they can be compared.
type Store interface {
	Len() int // number of items
	// Read writes the values of item i into dst, pixels as numbers from 0 to 1. Errors of
	// stores that read files wrap ErrData.
	Read(dst []float32, i int) error
	Bytes() int64 // of memory that the values take
}

// Label is the number of a class, an index into Dataset.Classes.
type Label = uint16

// Pixels returns a split of images C×H×W (pixels: N×C×H×W), whose memory it shares. An
// incomplete last image is omitted.
func Pixels(shape Shape, pixels []uint8) Split {
	return Split{Shape: shape, Store: &pixelStore{size: shape.Size(), pixels: pixels}}
}

// Values returns a split of items that are not pixels but numbers (values: N×C×H×W), such
// as the outputs of a layer. It shares their memory. An incomplete last item is omitted.
func Values(shape Shape, values []float32) Split {
	return Split{Shape: shape, Store: &valueStore{shape.Size(), values}}
}

// pixelStore holds pixels in memory.
type pixelStore struct {
	size     int
	pixels   []uint8
	released int // number of items that it had
}

func (p *pixelStore) Len() int     { return max(p.released, len(p.pixels)/max(p.size, 1)) }
func (p *pixelStore) Bytes() int64 { return int64(len(p.pixels)) }

func (p *pixelStore) release() { p.released, p.pixels = p.Len(), nil }

// errReleased is the error of reading what ReleaseTrain has freed.
var errReleased = errors.New("the images are no longer in memory, because training is finished")

func (p *pixelStore) Read(dst []float32, i int) error {
	if p.pixels == nil {
		return errReleased
	}
	kernel.ScaleBytes(dst, p.pixels[i*p.size:(i+1)*p.size])
	return nil
}

// valueStore holds numbers in memory.
type valueStore struct {
	size   int
	values []float32
}

func (v *valueStore) Len() int     { return len(v.values) / max(v.size, 1) }
func (v *valueStore) Bytes() int64 { return 4 * int64(len(v.values)) }

func (v *valueStore) Read(dst []float32, i int) error {
	copy(dst, v.values[i*v.size:(i+1)*v.size])
	return nil
}

// joinedStore holds the items of one store, followed by those of another.
type joinedStore struct{ first, second Store }

func (j *joinedStore) Len() int { return j.first.Len() + j.second.Len() }
func (j *joinedStore) Bytes() int64 {
	return StoredBytes(Split{Store: j.first}, Split{Store: j.second})
}
func (j *joinedStore) inFiles() bool { return inFiles(j.first) || inFiles(j.second) }

func (j *joinedStore) Read(dst []float32, i int) error {
	if n := j.first.Len(); i >= n {
		return j.second.Read(dst, i-n)
	}
	return j.first.Read(dst, i)
}

// ReleaseTrain frees the pixels of the training images, which a finished run needs no
// longer, and those of the validation images among them. Their numbers, labels and names stay.
// Reading them is an error afterwards. Images that share their memory with the test images
// stay too.
func (d *Dataset) ReleaseTrain() {
	pixels, ok := d.Train.Store.(*pixelStore)
	if ok && d.Test.Store != d.Train.Store && d.Others.Store != d.Train.Store {
		pixels.release()
	}
}

// StoredBytes is the memory of the values and labels of splits. Splits can share stores.
func StoredBytes(splits ...Split) (bytes int64) {
	var counted []Store
	for _, s := range splits {
		bytes += 2 * int64(len(s.Labels))
		if s.Store != nil && !slices.Contains(counted, s.Store) {
			bytes += s.Store.Bytes()
			counted = append(counted, s.Store)
		}
	}
	return bytes
}
