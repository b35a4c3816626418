package kernel

// Images is the shape and the memory layout of a batch of images in a network,
// ⌈B/Lanes⌉×H×W×C×Lanes: blocks of Lanes images each, in a block the pixels, in
// a pixel the channels, and in a channel one value for each image of the block
// (its lane). A register holds the same pixel of several images. Convolutions
// of any shape therefore read whole registers in place, and a row of pixels is
// one panel of a matrix product.
//
// The lanes of the last block without an image are dead. They hold zeros in
// gradients, and in values the result for an image of zeros.
type Images struct{ Channels, Height, Width, Lanes int }

// LanesFor returns the number of images in a block for batches of up to batch
// images.
func LanesFor(batch int) int {
	const few, many = 16, 32 // one register and two
	if batch <= few {
		return few
	}
	return many
}

// Pixel is the number of values of one pixel in a block.
func (s Images) Pixel() int { return s.Channels * s.Lanes }

// Block is the number of values of a block.
func (s Images) Block() int { return s.Height * s.Width * s.Pixel() }

// Blocks is the number of blocks of the given number of images.
func (s Images) Blocks(rows int) int { return ceil(rows, s.Lanes) }

// Size is the number of values of all blocks of the given number of images.
func (s Images) Size(rows int) int { return s.Blocks(rows) * s.Block() }

// Values is the number of values of one image, D.
func (s Images) Values() int { return s.Channels * s.Height * s.Width }

// planes returns the number of channels and of pixels. If an image is a single
// row of values in both layouts, it is one plane.
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

// turnTask transposes planes of blocks. A plane is the matrix of a channel:
// pixels×images in a block, images×pixels in rows.
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

// transposed copies a matrix rows×columns to its transpose, with the row
// strides of both.
func transposed(rows, columns int, src []float32, srcRow int, dst []float32, dstRow int) {
	for strip := 0; strip < rows; strip += active.transposeRows {
		active.transpose(min(active.transposeRows, rows-strip), columns, src[strip*srcRow:], srcRow, dst[strip:], dstRow)
	}
}

// ActivationGradient computes dz = dy ⊙ act′ from y = act(z) and dy. If db is
// not nil, it also computes the sums of dz over images and pixels (db: C),
// which are the gradient of a bias. dz may be dy.
func (s Images) ActivationGradient(batch int, act Activation, y, dy, dz, db []float32) {
	pixels, n := s.Blocks(batch)*s.Height*s.Width, s.Size(batch)
	same := act == Linear && &dy[0] == &dz[0]
	if db == nil && same {
		return
	}
	if db == nil {
		ActivationGradient(act, pixels, s.Pixel(), y, dy, dz, nil)
		return
	}
	parts := min(gradientParts, pixels)
	t := imagesGradientTasks.get()
	t.Images, t.f, t.y, t.dy, t.dz = s, active.gradient[act], y[:n], dy[:n], dz[:n]
	t.pixels, t.parts, t.sums = pixels, parts, grow(t.sums, 2*parts*s.Pixel())
	t.same = same
	parallel(parts, 1, t)
	for part := 1; part < parts; part++ {
		active.add(t.sums[:s.Pixel()], t.sums[:s.Pixel()], t.sums[part*s.Pixel():])
	}
	for channel := range db[:s.Channels] {
		db[channel] = float32(active.sum(t.sums[channel*s.Lanes:][:s.Lanes]))
	}
	t.y, t.dy, t.dz = nil, nil, nil
	imagesGradientTasks.put(t)
}

// imagesGradientTask computes parts of a bias gradient, each over some pixels.
type imagesGradientTask struct {
	Images
	f             func(y, dy, dz, db []float32, rows, columns, stride int)
	y, dy, dz     []float32
	pixels, parts int
	sums          []float32 // parts×Pixel, and equally many for sums of few pixels
	same          bool      // dz is dy, so it is only read
}

var imagesGradientTasks freeList[imagesGradientTask]

func (t *imagesGradientTask) run(lo, hi int) {
	const few = 1 << 11 // values that stay in the first-level cache
	width := t.Pixel()
	step := max(1, few/width)
	for part := lo; part < hi; part++ {
		sum, some := t.sums[part*width:][:width], t.sums[(t.parts+part)*width:][:width]
		clear(sum)
		end := t.pixels * (part + 1) / t.parts
		for at := t.pixels * part / t.parts; at < end; at += step {
			first, count := at*width, min(step, end-at)
			if t.same {
				clear(some)
				for i := range count {
					active.add(some, some, t.dz[first+i*width:][:width])
				}
			} else {
				t.f(t.y[first:], t.dy[first:], t.dz[first:], some, count, width, width)
			}
			active.add(sum, sum, some)
		}
	}
}
