package kernel

// Images is the shape and the layout of a batch of images inside a network:
// blocks of Lanes images each, within a block pixel by pixel, within a pixel
// channel by channel, and of each channel one number for each image of the
// block: ⌈B/Lanes⌉×H×W×C×Lanes. A register then holds the same pixel of
// several images, so that convolutions of any shape read whole registers where
// they stand, and a row of pixels is one panel of a matrix product.
//
// The lanes of a last block that have no image are called dead. They hold
// zeros in gradients, and in values what comes of an image of zeros.
type Images struct{ Channels, Height, Width, Lanes int }

// LanesFor returns how many images a block holds in batches of up to batch.
func LanesFor(batch int) int {
	const few, many = 16, 32 // one register and two
	if batch <= few {
		return few
	}
	return many
}

// Pixel is how many numbers of a block belong to one pixel.
func (s Images) Pixel() int { return s.Channels * s.Lanes }

// Block is the size of a block.
func (s Images) Block() int { return s.Height * s.Width * s.Pixel() }

// Blocks is the number of blocks of so many images.
func (s Images) Blocks(rows int) int { return ceil(rows, s.Lanes) }

// Size is the size of all blocks of so many images.
func (s Images) Size(rows int) int { return s.Blocks(rows) * s.Block() }

// Values is the number of values of one image, D.
func (s Images) Values() int { return s.Channels * s.Height * s.Width }

// planes returns the number of channels and of pixels, or, where each image is
// a single row of values in either layout, one plane of them all.
func (s Images) planes() (channels, pixels int) {
	if s.Height*s.Width == 1 {
		return 1, s.Channels
	}
	return s.Channels, s.Height * s.Width
}

// FromRows copies images of C×H×W values each into blocks, and zeros into dead
// lanes (rows: B×D).
func (s Images) FromRows(batch int, rows, blocks []float32) {
	s.turn(batch, rows, blocks, false)
}

// ToRows copies blocks into images of C×H×W values each (rows: B×D).
func (s Images) ToRows(batch int, blocks, rows []float32) {
	s.turn(batch, rows, blocks, true)
}

func (s Images) turn(batch int, rows, blocks []float32, back bool) {
	rows, blocks = rows[:batch*s.Values()], blocks[:s.Size(batch)]
	channels, pixels := s.planes()
	t := turnTasks.get()
	*t = turnTask{s, batch, channels, pixels, rows, blocks, back}
	parallel(s.Blocks(batch)*channels, ceil(lightGrain, pixels*s.Lanes), t)
	*t = turnTask{}
	turnTasks.put(t)
}

// turnTask turns planes of blocks, each the matrix of a channel: pixels×images
// in a block, images×pixels in rows.
type turnTask struct {
	Images
	batch            int
	channels, pixels int
	rows, blocks     []float32
	back             bool
}

var turnTasks freeList[turnTask]

func (t *turnTask) run(lo, hi int) {
	for plane := lo; plane < hi; plane++ {
		block, channel := plane/t.channels, plane%t.channels
		first := block * t.Lanes
		images := min(t.Lanes, t.batch-first)
		rows := t.rows[first*t.Values()+channel*t.pixels:]
		values := t.blocks[block*t.Block()+channel*t.Lanes:]
		if t.back {
			transposed(t.pixels, images, values, t.channels*t.Lanes, rows, t.Values())
			continue
		}
		if images < t.Lanes {
			for pixel := range t.pixels {
				clear(values[pixel*t.channels*t.Lanes:][:t.Lanes])
			}
		}
		transposed(images, t.pixels, rows, t.Values(), values, t.channels*t.Lanes)
	}
}

// transposed copies a matrix rows×columns to its transpose, given the strides
// of the rows of both.
func transposed(rows, columns int, src []float32, srcRow int, dst []float32, dstRow int) {
	for strip := 0; strip < rows; strip += active.transposeRows {
		active.transpose(min(active.transposeRows, rows-strip), columns, src[strip*srcRow:], srcRow, dst[strip:], dstRow)
	}
}

// ActivationGradient computes dz = dy ⊙ act′ for y = act(z), from y alone, and
// with db non-nil also the sums of dz over images and pixels (db: C), which is
// the gradient of a bias. dz may be dy.
func (s Images) ActivationGradient(batch int, act Activation, y, dy, dz, db []float32) {
	pixels := s.Blocks(batch) * s.Height * s.Width
	if db == nil {
		ActivationGradient(act, pixels, s.Pixel(), y, dy, dz, nil)
		return
	}
	w := windows.get()
	w.values = grow(w.values, s.Pixel())
	ActivationGradient(act, pixels, s.Pixel(), y, dy, dz, w.values)
	for channel := range db[:s.Channels] {
		db[channel] = float32(active.sum(w.values[channel*s.Lanes:][:s.Lanes]))
	}
	windows.put(w)
}
