package kernel

// lookahead is memory that will be needed soon. The tiles of a product prefetch
// it line by line, so the latency of the last-level cache overlaps with their
// arithmetic.
type lookahead struct {
	spans [4]span
	first int
}

// span is lines of memory, step values apart.
type span struct {
	data        []float32
	step, lines int
}

const line = 16 // values in a cache line

// add appends a span, if there is room.
func (l *lookahead) add(data []float32, step, lines int) {
	if l.first < len(l.spans) && lines > 0 {
		l.spans[l.first] = span{data, step, lines}
		l.first++
	}
}

// next takes k lines of the last span, or nil if nothing is left.
func (l *lookahead) next(k int) ([]float32, int) {
	if l.first == 0 {
		return nil, 0
	}
	s := &l.spans[l.first-1]
	data, step := s.data, s.step
	if s.lines -= k; s.lines <= 0 || k*step >= len(data) {
		l.first--
	} else {
		s.data = data[k*step:]
	}
	return data, step
}
