package kernel

// lookahead is memory that will be needed soon. The tiles of a product prefetch
// it line by line, so the latency of the last-level cache overlaps with their
// arithmetic.
type lookahead struct {
	spans []span
}

// span is lines of memory, step values apart.
type span struct {
	data        []float32
	step, lines int
}

const line = 16 // values in a cache line

// add appends a span.
func (l *lookahead) add(data []float32, step, lines int) {
	if lines > 0 {
		l.spans = append(l.spans, span{data, step, lines})
	}
}

// block appends the lines of a matrix with the given row stride.
func (l *lookahead) block(rows, columns int, data []float32, stride int) {
	if columns == stride {
		l.add(data, line, ceil(rows*columns, line))
		return
	}
	for j := 0; j < columns; j += line {
		l.add(data[j:], stride, rows)
	}
}

// clear removes all spans.
func (l *lookahead) clear() { l.spans = l.spans[:0] }

// next takes k lines of the last span, or nil if nothing is left.
func (l *lookahead) next(k int) ([]float32, int) {
	last := len(l.spans) - 1
	if last < 0 || k == 0 {
		return nil, 0
	}
	s := &l.spans[last]
	data, step := s.data, s.step
	if s.lines -= k; s.lines <= 0 || k*step >= len(data) {
		l.spans = l.spans[:last]
	} else {
		s.data = data[k*step:]
	}
	return data, step
}
