package kernel

import "math"

// BatchTopK copies the rows·k largest positive values of a batch, or all if
// there are fewer, and sets the others to 0 (x, y: B×L; Bussmann, Leask & Nanda
// 2024). Of equal values, the first are kept. kept (B×L) is 1 where a value is
// kept, else 0. It returns the number of values that are kept, and the smallest
// of them.
func BatchTopK(rows, columns, k int, x, y, kept []float32) (count int, smallest float32) {
	n := rows * columns
	t := batchTopKTasks.get()
	t.x, t.y, t.kept = x[:n], y[:n], kept[:n]
	count = t.choose(rows * k)
	smallest = math.Float32frombits(t.least ^ rankOfZero)
	t.x, t.y, t.kept = nil, nil, nil
	batchTopKTasks.put(t)
	return count, smallest
}

// Above copies the values above a bound ≥ 0 and sets the others to 0 (x, y: n).
// kept (n) is 1 where a value is kept, else 0.
func Above(bound float32, x, y, kept []float32) {
	n := len(x)
	t := batchTopKTasks.get()
	t.x, t.y, t.kept = x, y[:n], kept[:n]
	t.least, t.tied = rank(bound), 0 // values equal to the bound are not kept
	t.each((*batchTopKTask).keep)
	t.x, t.y, t.kept = nil, nil, nil
	batchTopKTasks.put(t)
}

// rankOfZero is the rank of 0. Positive numbers and NaN have larger ranks.
const rankOfZero = 1 << 31

// batchTopKTask is split over parts of the batch.
type batchTopKTask struct {
	x, y, kept     []float32
	least, settled uint32 // rank of the smallest value that is kept, and its known bits
	shift          int    // of the current digit
	tied           int    // number of values of rank least that are kept
	parts          []batchTopKPart
	phase          func(*batchTopKTask, *batchTopKPart)
}

type batchTopKPart struct {
	from, to int
	counts   [256]int // by digit
	before   int      // number of values of rank least in earlier parts
}

var batchTopKTasks freeList[batchTopKTask]

// choose keeps the k largest positive values, or all if there are fewer. Like
// kthLargest, it finds the rank of the smallest one eight bits at a time.
// Counts are whole numbers, so their sums do not depend on the parts.
func (t *batchTopKTask) choose(k int) int {
	t.least, t.settled = 0, 0
	for t.shift = 24; t.shift >= 0; t.shift -= 8 {
		t.each((*batchTopKTask).countDigits)
		total := &t.parts[0].counts
		for i := range t.parts[1:] {
			for digit, count := range t.parts[i+1].counts {
				total[digit] += count
			}
		}
		if t.settled == 0 {
			positive := 0
			for _, count := range total {
				positive += count
			}
			if k = min(k, positive); k == 0 {
				t.least = rankOfZero
				clear(t.y)
				clear(t.kept)
				return 0
			}
			t.tied = k
		}
		digit := 255
		for ; total[digit] < t.tied; digit-- {
			t.tied -= total[digit]
		}
		t.least |= uint32(digit) << t.shift
		t.settled |= 0xff << t.shift
	}
	t.each((*batchTopKTask).countTied)
	before := 0
	for i := range t.parts {
		p := &t.parts[i]
		p.before = before
		before += p.counts[0]
	}
	t.each((*batchTopKTask).keep)
	return k
}

// each runs a phase on all parts.
func (t *batchTopKTask) each(phase func(*batchTopKTask, *batchTopKPart)) {
	const most = 64
	n := len(t.x)
	count := max(1, min(most, n/heavyGrain))
	for len(t.parts) < count {
		t.parts = append(t.parts, batchTopKPart{})
	}
	t.parts = t.parts[:count]
	for i := range t.parts {
		t.parts[i].from, t.parts[i].to = n*i/count, n*(i+1)/count
	}
	t.phase = phase
	parallel(count, 1, t)
}

func (t *batchTopKTask) run(lo, hi int) {
	for i := lo; i < hi; i++ {
		t.phase(t, &t.parts[i])
	}
}

func (t *batchTopKTask) countDigits(p *batchTopKPart) {
	clear(p.counts[:])
	for _, v := range t.x[p.from:p.to] {
		if at := rank(v); at > rankOfZero && at&t.settled == t.least {
			p.counts[at>>t.shift&0xff]++
		}
	}
}

func (t *batchTopKTask) countTied(p *batchTopKPart) {
	p.counts[0] = 0
	for _, v := range t.x[p.from:p.to] {
		if rank(v) == t.least {
			p.counts[0]++
		}
	}
}

func (t *batchTopKTask) keep(p *batchTopKPart) {
	y, kept, left := t.y[p.from:p.to], t.kept[p.from:p.to], t.tied-p.before
	for i, v := range t.x[p.from:p.to] {
		at := rank(v)
		stays := at > t.least
		if at == t.least {
			stays = left > 0
			left--
		}
		y[i], kept[i] = 0, 0
		if stays {
			y[i], kept[i] = v, 1
		}
	}
}
