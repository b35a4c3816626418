package kernel

// mapping is one direction of a convolution: every pixel of the result is a
// product of combined weights and input pixels.
type mapping struct {
	from, to      Images
	rows, columns axis
	kernel        Extent
	// Strides of a weight by channel of the result, by tap, and by channel of
	// the input.
	toStride, tapStride, fromStride int

	direct  bool  // the weights are used without a copy
	offsets []int // of the combined weights of each pair of phases, to×taps×from each
	all     int   // number of combined weights of all pairs
	packed  []float32
}

// prepare computes the offsets of the combined weights.
func (m *mapping) prepare() {
	for _, down := range m.rows.phases {
		for _, across := range m.columns.phases {
			m.offsets = append(m.offsets, m.all)
			m.all += m.to.Channels * len(down) * len(across) * m.from.Channels
		}
	}
	m.direct = m.fromStride == 1 && m.rows.plain(m.kernel.Height) && m.columns.plain(m.kernel.Width)
}

// work is the number of values that the mapping keeps as work space.
func (m *mapping) work() int {
	if m.direct {
		return 0
	}
	return m.all
}

// plain reports whether the only phase consists of the taps of a kernel, in
// order.
func (a axis) plain(kernel int) bool {
	if len(a.phases) != 1 || len(a.phases[0]) != kernel {
		return false
	}
	for i, taps := range a.phases[0] {
		for j, factor := range taps {
			if (factor == 1) != (i == j) || factor != 0 && i != j {
				return false
			}
		}
	}
	return true
}

// size is the number of combined weights.
func (m *mapping) size() int {
	return m.to.Channels * m.from.Channels * m.rows.combined() * m.columns.combined()
}

// at returns the offset of the combined weights of a pixel's phases, and the
// taps along the width and the number of weights of one channel.
func (m *mapping) at(down, across point) (offset, taps, length int) {
	taps = len(m.columns.phases[across.phase])
	length = len(m.rows.phases[down.phase]) * taps * m.from.Channels
	return m.offsets[down.phase*len(m.columns.phases)+across.phase], taps, length
}

// apply computes act(weights·from + bias) or, if y is not nil, (weights·from) ⊙
// act′ where y = act(…) has the shape of to.
func (m *mapping) apply(batch int, act Activation, from, weights, bias, y, to []float32) {
	from, to = from[:m.from.Size(batch)], to[:m.to.Size(batch)]
	if y != nil {
		y = y[:len(to)]
	}
	if bias != nil {
		bias = bias[:m.to.Channels]
	}
	if !m.direct {
		m.packed = grow(m.packed, m.all)
		m.pack(weights)
		weights = m.packed
	}
	t := mappingTasks.get()
	*t = mappingTask{m, act, from, weights, bias, y, to, ceil(m.to.Channels, len(active.gemm)-1)}
	parallel(m.to.Blocks(batch)*m.to.Height*m.to.Width*t.tiles, 1, t)
	*t = mappingTask{}
	mappingTasks.put(t)
}

// mappingTask computes tiles: some channels of a pixel of a block.
type mappingTask struct {
	*mapping
	act                   Activation
	source, weights, bias []float32
	y, result             []float32
	tiles                 int
}

var mappingTasks freeList[mappingTask]

func (t *mappingTask) run(lo, hi int) {
	w := windows.get()
	pixels := t.to.Height * t.to.Width
	for unit := lo; unit < hi; unit++ {
		tile, pixel, block := unit%t.tiles, unit/t.tiles%pixels, unit/t.tiles/pixels
		if tile == 0 || unit == lo {
			w.runs = t.runs(w.runs[:0], pixel)
		}
		t.tile(w.runs, block, pixel, t.to.Channels*tile/t.tiles, t.to.Channels*(tile+1)/t.tiles)
	}
	windows.put(w)
}

// runs lists the products of a pixel: the offsets of the combined weights and
// of their pixels, and the number of values.
func (t *mappingTask) runs(list []int, pixel int) []int {
	down, across := t.rows.points[pixel/t.to.Width], t.columns.points[pixel%t.to.Width]
	offset, taps, _ := t.at(down, across)
	for _, r := range down.runs {
		for i := range r.count {
			for _, q := range across.runs {
				list = append(list,
					offset+((r.tap+i)*taps+q.tap)*t.from.Channels,
					((r.input+i)*t.from.Width+q.input)*t.from.Pixel(),
					q.count*t.from.Channels)
			}
		}
	}
	return list
}

// tile computes channels c0 to c1 of a pixel.
func (t *mappingTask) tile(runs []int, block, pixel, c0, c1 int) {
	lanes := t.to.Lanes
	first, n := block*t.to.Block()+pixel*t.to.Pixel()+c0*lanes, (c1-c0)*lanes
	result := t.result[first:][:n]
	_, _, length := t.at(t.rows.points[pixel/t.to.Width], t.columns.points[pixel%t.to.Width])
	weights, source := t.weights[c0*length:], t.source[block*t.from.Block():]
	var bias []float32
	if t.bias != nil {
		bias = t.bias[c0:]
	}
	for j := 0; j < lanes; j += active.gemmColumns {
		active.gemmRuns[c1-c0](min(active.gemmColumns, lanes-j), runs, weights, length, source[j:], lanes, bias, 0, result[j:], lanes)
	}
	switch {
	case t.act == Linear:
	case t.y != nil:
		active.gradient[t.act](t.y[first:][:n], result, result, nil, 1, n, n)
	default:
		active.activate[t.act](result, result)
	}
}

// pack combines the weights for each phase.
func (m *mapping) pack(weights []float32) {
	t := packTasks.get()
	*t = packTask{m, weights, m.packed, false}
	parallel(m.to.Channels, 1, t)
	*t = packTask{}
	packTasks.put(t)
}

// packTask processes the combined weights of some channels of the result. They
// are computed from the weights or, if back is set, added to the weights.
type packTask struct {
	*mapping
	weights, combined []float32
	back              bool
}

var packTasks freeList[packTask]

func (t *packTask) run(lo, hi int) {
	for i, down := range t.rows.phases {
		for j, across := range t.columns.phases {
			length := len(down) * len(across) * t.from.Channels
			for channel := lo; channel < hi; channel++ {
				all := t.combined[t.offsets[i*len(t.columns.phases)+j]+channel*length:]
				for y, rows := range down {
					for x, columns := range across {
						t.combine(all[(y*len(across)+x)*t.from.Channels:][:t.from.Channels], channel, rows, columns)
					}
				}
			}
		}
	}
}

// combine computes one combined tap of a channel, or adds it to the weights.
func (t *packTask) combine(combined []float32, channel int, rows, columns []float32) {
	first := !t.back
	for y, down := range rows {
		if down == 0 {
			continue
		}
		for x, across := range columns {
			factor := down * across
			if factor == 0 {
				continue
			}
			w := t.weights[channel*t.toStride+(y*t.kernel.Width+x)*t.tapStride:]
			switch {
			case t.back:
				for c, v := range combined {
					w[c*t.fromStride] += float32(factor * v)
				}
			case first:
				for c := range combined {
					combined[c] = factor * w[c*t.fromStride]
				}
			default:
				for c := range combined {
					combined[c] += float32(factor * w[c*t.fromStride])
				}
			}
			first = false
		}
	}
}
