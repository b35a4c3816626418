package loaders

import (
	"iter"
	"math/bits"
	"math/rand/v2"
	"sync"

	"gaetrain/graph/kernel/noise"
)

// ringSize is the number of batches in flight: one with the caller, one ready
// and one in the making.
const ringSize = 3

// The noise that a stream of batches draws. The step holds epoch and image.
const (
	streamCorrupt  noise.Stream = 2 // corruption of inputs
	streamLatent   noise.Stream = 3 // noise of Gaussian codes
	streamBinarise noise.Stream = 6 // sampling of binary pixels
)

// Batch is B rows of D values, of which the first Rows are live. It is valid
// until the next one is asked for.
type Batch struct {
	Step   int       // index of the batch in its epoch
	Rows   int       // live images, ≤ B: the last batch of an epoch may be partial
	Index  []int     // Rows: positions of the images in the split
	Clean  []float32 // B×D, pixels in [0, 1], or drawn from them where they are binarised; rows beyond Rows are zero or stale
	Input  []float32 // B×D, the corrupted images; Clean itself without corruption
	Mask   []float32 // B×D, 1 where corruption has changed a pixel, else 0; nil if it is not asked for
	Noise  []float32 // B×Noise standard normal numbers; nil if none are asked for
	Labels []uint8   // Rows; nil if the split is unlabelled
	// Key is of what is drawn for the batch as a whole: it goes by seed, epoch and
	// step. Its stream is for whoever draws.
	Key noise.Key
}

// StreamOptions says how a split is cut into batches. Only BatchSize is needed.
type StreamOptions struct {
	BatchSize  int
	Seed       uint64     // of the shuffle, the binarisation, the corruption and the noise
	Shuffle    bool       // a new order in each epoch; false: the split's own order
	DropLast   bool       // leave out a partial last batch
	Binarise   bool       // pixels are 1 with the probability that their value is, else 0, drawn afresh in each epoch
	Corruption Corruption // of the inputs; zero: none
	Mask       bool       // give the mask of the corruption
	Noise      int        // standard normal numbers per image, fresh in each epoch
}

// Stream cuts a split into batches, prepared in the background one or two
// ahead of the caller. Order is a function of (seed, epoch), and the corruption
// of a pixel one of (seed, epoch, image, pixel), likewise what a pixel is binarised to, and noise,
// so a resumed run sees what an uninterrupted one would have. Its buffers are allocated once.
type Stream struct {
	split   Split
	options StreamOptions
	order   []int // of the epoch being served
	ring    [ringSize]*slot
	serving sync.Mutex
}

// slot is the backing memory of a batch.
type slot struct {
	batch  Batch
	index  []int
	labels []uint8
	// D numbers that binarised pixels are drawn with.
	uniform []float32
}

// NewStream checks the options and allocates the buffers. The split's memory is
// shared. Errors wrap ErrUnknown (options) or ErrData (an empty split).
func NewStream(s Split, o StreamOptions) (*Stream, error) {
	if o.BatchSize <= 0 {
		return nil, usageErrorf("batch size %d; hint: it must be at least 1", o.BatchSize)
	}
	if err := o.Corruption.check(); err != nil {
		return nil, err
	}
	if s.Len() == 0 {
		return nil, dataErrorf("the split holds no images")
	}
	if s.Labels != nil && len(s.Labels) != s.Len() {
		return nil, dataErrorf("%d labels for %d images", len(s.Labels), s.Len())
	}
	stream := &Stream{split: s, options: o, order: make([]int, s.Len())}
	if stream.Batches() == 0 {
		return nil, usageErrorf("batch size %d: the split holds only %d images and a partial batch is dropped", o.BatchSize, s.Len())
	}
	for i := range stream.ring {
		stream.ring[i] = newSlot(s, o)
	}
	return stream, nil
}

func newSlot(s Split, o StreamOptions) *slot {
	size := o.BatchSize * s.Shape.Size()
	made := &slot{index: make([]int, o.BatchSize)}
	made.batch.Clean = make([]float32, size)
	made.batch.Input = made.batch.Clean
	if o.Corruption.Kind != NoCorruption {
		made.batch.Input = make([]float32, size)
	}
	if o.Binarise {
		made.uniform = make([]float32, s.Shape.Size())
	}
	if o.Mask {
		made.batch.Mask = make([]float32, size)
	}
	if o.Noise > 0 {
		made.batch.Noise = make([]float32, o.BatchSize*o.Noise)
	}
	if s.Labels != nil {
		made.labels = make([]uint8, o.BatchSize)
	}
	return made
}

// Bytes is the memory that a stream with these options takes for images of a shape.
func (o StreamOptions) Bytes(s Shape) int64 {
	values := int64(s.Size()) + int64(o.Noise)
	if o.Corruption.Kind != NoCorruption {
		values += int64(s.Size())
	}
	if o.Mask {
		values += int64(s.Size())
	}
	return ringSize * 4 * values * int64(o.BatchSize)
}

// Batches returns the number of batches per epoch, a partial last one included
// unless it is dropped.
func (s *Stream) Batches() int {
	n := s.split.Len()
	if !s.options.DropLast {
		n += s.options.BatchSize - 1
	}
	return n / s.options.BatchSize
}

// Epoch yields the batches of one epoch from firstStep on. An evaluation that
// wants the same noise each time passes the same epoch each time. Leaving the
// loop early stops the background work before Epoch returns. A Stream serves
// one epoch at a time: a second one waits for the first, so do not nest them.
func (s *Stream) Epoch(epoch, firstStep int) iter.Seq[*Batch] {
	return func(yield func(*Batch) bool) {
		s.serving.Lock()
		defer s.serving.Unlock()
		permutation(s.order, s.options.Shuffle, s.options.Seed, epoch)

		free, ready := make(chan *slot, ringSize), make(chan *slot, ringSize)
		for _, slot := range s.ring {
			free <- slot
		}
		var worker sync.WaitGroup
		var panicked any // is raised by the caller, who can recover
		worker.Go(func() {
			defer close(ready)
			defer func() { panicked = recover() }()
			step := max(firstStep, 0)
			for slot := range free {
				if step >= s.Batches() {
					return
				}
				s.fill(slot, epoch, step)
				ready <- slot // never blocks: it holds the whole ring
				step++
			}
		})
		defer worker.Wait()
		defer close(free)
		for slot := range ready {
			if !yield(&slot.batch) {
				return
			}
			free <- slot
		}
		if panicked != nil {
			panic(panicked)
		}
	}
}

// fill prepares batch step of the epoch whose order is in place.
func (s *Stream) fill(to *slot, epoch, step int) {
	first := step * s.options.BatchSize
	rows := min(s.options.BatchSize, s.split.Len()-first)
	b, size := &to.batch, s.split.Shape.Size()
	b.Step, b.Rows, b.Index = step, rows, to.index[:rows]
	b.Key = noise.Key{Seed: s.options.Seed, Step: uint64(epoch)<<32 | uint64(step)}
	copy(b.Index, s.order[first:])
	if to.labels != nil {
		b.Labels = to.labels[:rows]
	}
	for row, i := range b.Index {
		clean := b.Clean[row*size : (row+1)*size]
		s.split.Read(clean, i, epoch)
		if b.Labels != nil {
			b.Labels[row] = s.split.Labels[i]
		}
		key := noise.Key{Seed: s.options.Seed, Stream: streamBinarise, Step: uint64(epoch)<<32 | uint64(i)}
		if s.options.Binarise {
			binarise(clean, to.uniform, key)
		}
		key.Stream = streamCorrupt
		if s.options.Corruption.Kind != NoCorruption {
			s.options.Corruption.Apply(b.Input[row*size:(row+1)*size], clean, key)
		}
		if s.options.Mask {
			s.options.Corruption.Mask(b.Mask[row*size:(row+1)*size], key)
		}
		if n := s.options.Noise; n > 0 {
			key.Stream = streamLatent
			noise.Normal(b.Noise[row*n:(row+1)*n], key)
		}
	}
}

// binarise draws every pixel x anew: 1 with probability x, else 0 (Burda 2016,
// section 5). uniform is overwritten.
func binarise(pixels, uniform []float32, key noise.Key) {
	noise.Uniform(uniform, key)
	for i, x := range pixels {
		pixels[i] = 0
		if uniform[i] < x {
			pixels[i] = 1
		}
	}
}

// permutation writes the order of an epoch: 0…N−1, or their Fisher–Yates
// shuffle by a PCG of (seed, epoch). It is written out so that no change of a
// library's shuffle can ever change a run.
func permutation(order []int, shuffle bool, seed uint64, epoch int) {
	for i := range order {
		order[i] = i
	}
	if !shuffle {
		return
	}
	// Neighbouring epochs must not start neighbouring generators.
	random := rand.NewPCG(seed, (uint64(epoch)+1)*0x9E3779B97F4A7C15)
	for i := len(order) - 1; i > 0; i-- {
		j, _ := bits.Mul64(random.Uint64(), uint64(i+1))
		order[i], order[j] = order[j], order[i]
	}
}
