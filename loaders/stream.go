package loaders

import (
	"iter"
	"math/bits"
	"math/rand/v2"
	"runtime"
	"sync"

	"gaetrain/graph/kernel/noise"
)

// ringSize is the number of batches in memory: one that the caller uses, one that is
// ready and one that is being prepared.
const ringSize = 3

// The streams of random numbers for batches. The step of their key holds the epoch and
// the image.
const (
	streamCorrupt  noise.Stream = 2 // corruption of inputs
	streamLatent   noise.Stream = 3 // noise of Gaussian codes
	streamBinarise noise.Stream = 6 // sampling of binary pixels
)

// Batch has B rows of D values. The first Rows of them are images. It is valid until
// the next batch is requested.
type Batch struct {
	Step   int       // index of the batch in its epoch
	Rows   int       // number of images, ≤ B; the last batch of an epoch can have fewer than B
	Index  []int     // Rows: positions of the images in the split
	Clean  []float32 // B×D, the images, augmented with Augment, and sampled as 0 or 1 with Binarise; rows after Rows have no meaning
	Input  []float32 // B×D, the corrupted images; Clean itself without corruption
	Mask   []float32 // B×D, 1 where corruption has changed a pixel, else 0; nil if not requested
	Noise  []float32 // B×Noise standard normal numbers; nil if not requested
	Labels []Label   // Rows, 0 where the label is not given; nil if the split has no labels
	Known  []bool    // Rows: whether the label is given; nil: all are
	// Examples are as many labelled images as the batch has images, which take turns over the
	// epochs; nil if not requested. They have no mask and no noise.
	Examples *Batch
	// Key is for random numbers of the whole batch. It depends on the seed, the epoch
	// and the step. The package that draws the numbers sets the stream.
	Key noise.Key
}

// StreamOptions are the options of a stream. Only BatchSize is required.
type StreamOptions struct {
	BatchSize  int
	Seed       uint64       // of the shuffle, the augmentation, the binarisation, the corruption and the noise
	Shuffle    bool         // use a new order in each epoch; false: the order of the split
	DropLast   bool         // leave out a last batch of fewer than BatchSize images
	Binarise   bool         // sample each pixel as 0 or 1 in every epoch, with its value as the probability of 1
	Augment    Augmentation // of the images, before binarisation and corruption; zero: none
	Corruption Corruption   // of the inputs; zero: none
	Mask       bool         // fill Batch.Mask
	Noise      int          // standard normal numbers per image, new in each epoch
	Labelled   []int        // positions of the images whose labels the batches have; nil: all images
	Examples   bool         // fill Batch.Examples
}

// Stream cuts a split into batches. It prepares one or two batches in the background.
// The order depends only on the seed and the epoch. Augmentation, corruption,
// binarisation and noise depend only on the seed, the epoch, the image and the pixel. A
// resumed run therefore sees the same batches as an uninterrupted one. The buffers are
// allocated for each epoch, so a stream that serves none needs no memory for them.
type Stream struct {
	split   Split
	options StreamOptions
	order   []int // of the epoch being served
	known   []bool
	turns   turns
	serving sync.Mutex
}

// slot is the backing memory of a batch.
type slot struct {
	batch   Batch
	index   []int
	labels  []Label
	known   []bool
	uniform []float32   // D random numbers for binarisation
	augment *augmenting // nil: no augmentation
	example *slot       // of Batch.Examples; nil: not requested
	err     error       // of reading the images
}

// NewStream checks the options. The stream shares the memory
// of the split. Errors wrap ErrUnknown (options) or ErrData (an empty split).
func NewStream(s Split, o StreamOptions) (*Stream, error) {
	if o.BatchSize <= 0 {
		return nil, usageErrorf("batch size %d; hint: it must be at least 1", o.BatchSize)
	}
	if err := o.Corruption.check(); err != nil {
		return nil, err
	}
	if err := o.Corruption.Corrupts(s.Shape); err != nil {
		return nil, err
	}
	if err := o.Augment.Check(s); err != nil {
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
	if o.Labelled != nil {
		stream.known = make([]bool, s.Len())
		for _, i := range o.Labelled {
			stream.known[i] = true
		}
	}
	if o.Examples {
		if stream.turns = newTurns(s, o); len(stream.turns.images) == 0 {
			return nil, dataErrorf("the split has no labelled images")
		}
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
	if o.Augment != (Augmentation{}) {
		made.augment = newAugmenting(s.Shape)
	}
	if o.Mask {
		made.batch.Mask = make([]float32, size)
	}
	if o.Noise > 0 {
		made.batch.Noise = make([]float32, o.BatchSize*o.Noise)
	}
	if s.Labels != nil {
		made.labels = make([]Label, o.BatchSize)
	}
	if o.Labelled != nil {
		made.known = make([]bool, o.BatchSize)
	}
	if o.Examples {
		made.example = newSlot(s, o.ofExamples())
	}
	return made
}

// ofExamples returns the options of the labelled images of Batch.Examples.
func (o StreamOptions) ofExamples() StreamOptions {
	o.Mask, o.Noise, o.Labelled, o.Examples = false, 0, nil, false
	return o
}

// Bytes returns the memory, in bytes, of a stream with these options for images of a
// shape.
func (o StreamOptions) Bytes(s Shape) int64 {
	values := int64(s.Size()) + int64(o.Noise)
	if o.Corruption.Kind != NoCorruption {
		values += int64(s.Size())
	}
	if o.Mask {
		values += int64(s.Size())
	}
	bytes := ringSize * 4 * values * int64(o.BatchSize)
	if o.Examples {
		bytes += o.ofExamples().Bytes(s)
	}
	return bytes
}

// Batches returns the number of batches per epoch. It includes a last batch of fewer
// images, unless DropLast is set.
func (s *Stream) Batches() int {
	n := s.split.Len()
	if !s.options.DropLast {
		n += s.options.BatchSize - 1
	}
	return n / s.options.BatchSize
}

// Epoch yields the batches of one epoch, starting with firstStep. An evaluation that
// needs the same noise each time passes the same epoch each time. If the loop ends
// early, the background work stops before Epoch returns. If images cannot be read, the
// last pair has no batch but the error, which is that of the store. A stream serves one
// epoch at a time: a second one waits until the first ends, so nested loops block.
func (s *Stream) Epoch(epoch, firstStep int) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		s.serving.Lock()
		defer s.serving.Unlock()
		permutation(s.order, s.options.Shuffle, s.options.Seed, epoch)

		free, ready := make(chan *slot, ringSize), make(chan *slot, ringSize)
		for range ringSize {
			free <- newSlot(s.split, s.options)
		}
		var worker sync.WaitGroup
		var panicked any // raised again in the goroutine of the caller, who can recover
		worker.Go(func() {
			defer close(ready)
			defer func() { panicked = recover() }()
			step := max(firstStep, 0)
			for slot := range free {
				if step >= s.Batches() {
					return
				}
				slot.err = s.fill(slot, epoch, step)
				ready <- slot // never blocks, because the channel has room for all slots
				step++
			}
		})
		defer worker.Wait()
		defer close(free)
		for slot := range ready {
			if slot.err != nil {
				yield(nil, slot.err)
				return
			}
			if !yield(&slot.batch, nil) {
				return
			}
			free <- slot
		}
		if panicked != nil {
			panic(panicked)
		}
	}
}

// fill prepares a batch of the current order.
func (s *Stream) fill(to *slot, epoch, step int) error {
	first := step * s.options.BatchSize
	rows := min(s.options.BatchSize, s.split.Len()-first)
	to.begin(s.options, epoch, step, rows)
	copy(to.batch.Index, s.order[first:])
	if err := s.prepare(to, s.options, epoch, func(row int) int { return to.index[row] }); err != nil {
		return err
	}
	for row, i := range to.batch.Index {
		if s.known != nil {
			to.known[row] = s.known[i]
			if !s.known[i] {
				to.batch.Labels[row] = 0
			}
		}
	}
	if to.known != nil {
		to.batch.Known = to.known[:rows]
	}
	if to.example == nil {
		return nil
	}
	to.example.begin(s.options, epoch, step, rows)
	to.batch.Examples = &to.example.batch
	s.turns.take(to.example.batch.Index, epoch*s.split.Len()+first)
	return s.prepare(to.example, s.options.ofExamples(), epoch, func(row int) int { return s.split.Len() + first + row })
}

// begin makes room for the rows of a batch.
func (to *slot) begin(o StreamOptions, epoch, step, rows int) {
	b := &to.batch
	b.Step, b.Rows, b.Index = step, rows, to.index[:rows]
	b.Key = noise.Key{Seed: o.Seed, Step: uint64(epoch)<<32 | uint64(step)}
	if to.labels != nil {
		b.Labels = to.labels[:rows]
	}
}

// prepare reads, augments and corrupts the images of a batch. The random numbers of a
// row depend on its number, which is unique in the epoch.
func (s *Stream) prepare(to *slot, o StreamOptions, epoch int, number func(row int) int) error {
	b, size := &to.batch, s.split.Shape.Size()
	if err := s.read(b, epoch); err != nil {
		return err
	}
	for row, i := range b.Index {
		clean := b.Clean[row*size : (row+1)*size]
		if b.Labels != nil {
			b.Labels[row] = s.split.Labels[i]
		}
		key := noise.Key{Seed: o.Seed, Step: uint64(epoch)<<32 | uint64(number(row))}
		if to.augment != nil {
			o.Augment.apply(clean, s.split.Shape, to.augment, key)
		}
		if o.Binarise {
			key.Stream = streamBinarise
			binarise(clean, to.uniform, key)
		}
		key.Stream = streamCorrupt
		if o.Corruption.Kind != NoCorruption {
			o.Corruption.Apply(b.Input[row*size:(row+1)*size], clean, s.split.Shape, key)
		}
		if o.Mask {
			o.Corruption.Mask(b.Mask[row*size:(row+1)*size], s.split.Shape, key)
		}
		if n := o.Noise; n > 0 {
			key.Stream = streamLatent
			noise.Normal(b.Noise[row*n:(row+1)*n], key)
		}
	}
	return nil
}

// read reads the clean images of a batch. If they are in files, which takes long,
// several goroutines read them.
func (s *Stream) read(b *Batch, epoch int) error {
	if inFiles(s.split.Store) {
		return concurrently(runtime.GOMAXPROCS(0), b.Rows, func(row int) error { return s.readRow(b, row, epoch) })
	}
	for row := range b.Rows {
		if err := s.readRow(b, row, epoch); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stream) readRow(b *Batch, row, epoch int) error {
	size := s.split.Shape.Size()
	return s.split.Read(b.Clean[row*size:(row+1)*size], b.Index[row], epoch)
}

// binarise replaces every pixel x by 1 with probability x, else by 0 (Burda 2016,
// section 5). It overwrites uniform.
func binarise(pixels, uniform []float32, key noise.Key) {
	noise.Uniform(uniform, key)
	for i, x := range pixels {
		pixels[i] = 0
		if uniform[i] < x {
			pixels[i] = 1
		}
	}
}

// permutation writes the order of an epoch: 0…N−1, or their Fisher–Yates shuffle with a
// PCG generator of seed and epoch. It does not use the shuffle of a library, because a
// change of the library would change all runs.
func permutation(order []int, shuffle bool, seed uint64, epoch int) {
	for i := range order {
		order[i] = i
	}
	if !shuffle {
		return
	}
	// The multiplication keeps the seeds of neighbouring epochs far apart.
	random := rand.NewPCG(seed, (uint64(epoch)+1)*0x9E3779B97F4A7C15)
	for i := len(order) - 1; i > 0; i-- {
		j, _ := bits.Mul64(random.Uint64(), uint64(i+1))
		order[i], order[j] = order[j], order[i]
	}
}
