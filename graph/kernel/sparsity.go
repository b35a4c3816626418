package kernel

import "math"

// ColumnMeans computes the mean of each column of x (x: B×L, mean: L).
func ColumnMeans(rows, columns int, x, mean []float32) {
	// The gradient of a linear activation computes the sums of rows. It writes
	// the values that it has read.
	ActivationGradient(Linear, rows, columns, x, x, x, mean)
	Scale(1/float32(rows), mean[:columns])
}

// SetRows copies a row into each of the rows of x (row: L, x: B×L).
func SetRows(rows int, row, x []float32) {
	for i := range rows {
		copy(x[i*len(row):(i+1)*len(row)], row)
	}
}

// BernoulliDivergence is KL(p ‖ q) = p·log(p/q) + (1−p)·log((1−p)/(1−q)) in
// nats between two Bernoulli distributions, and its slope in q. q is clipped to
// [1e-6, 1 − 1e-6].
func BernoulliDivergence(p, q float64) (divergence, slope float64) {
	const least = 1e-6
	q = min(max(q, least), 1-least)
	return float64(p*math.Log(p/q)) + float64((1-p)*math.Log((1-p)/(1-q))), (q - p) / (q * (1 - q))
}

// L1 computes Σ|x| of each row and, if gradient is not nil, scale times its
// gradient, which is 0 at 0 (x, gradient: B×L; loss: B).
func L1(rows, columns int, scale float32, x, gradient, loss []float32) {
	t := l1Tasks.get()
	*t = l1Task{columns, scale, x[:rows*columns], nil, loss[:rows]}
	if gradient != nil {
		t.gradient = gradient[:rows*columns]
	}
	parallel(rows, max(1, heavyGrain/max(columns, 1)), t)
	l1Tasks.put(t)
}

type l1Task struct {
	columns           int
	scale             float32
	x, gradient, loss []float32
}

var l1Tasks freeList[l1Task]

func (t *l1Task) run(lo, hi int) {
	const sign = 1 << 31
	scale := math.Float32bits(t.scale)
	for i := lo; i < hi; i++ {
		row := t.x[i*t.columns : (i+1)*t.columns]
		var sum float64
		for _, v := range row {
			sum += float64(math.Float32frombits(math.Float32bits(v) &^ sign))
		}
		t.loss[i] = float32(sum)
		if t.gradient == nil {
			continue
		}
		gradient := t.gradient[i*t.columns : (i+1)*t.columns]
		for j, v := range row {
			gradient[j] = math.Float32frombits(scale ^ math.Float32bits(v)&sign)
			if v == 0 {
				gradient[j] = 0
			}
		}
	}
}

// TopK copies the k largest values of each row and sets the others to 0 (x, y:
// B×L; Makhzani & Frey 2014). Of equal values, the first are kept. kept (B×L)
// is 1 where a value is kept, else 0.
func TopK(rows, columns, k int, x, y, kept []float32) {
	n := rows * columns
	t := topKTasks.get()
	*t = topKTask{columns, min(k, columns), x[:n], y[:n], kept[:n]}
	parallel(rows, max(1, heavyGrain/max(columns, 1)), t)
	topKTasks.put(t)
}

type topKTask struct {
	columns, k int
	x, y, kept []float32
}

var topKTasks freeList[topKTask]

func (t *topKTask) run(lo, hi int) {
	for i := lo; i < hi; i++ {
		from, to := i*t.columns, (i+1)*t.columns
		x, y, kept := t.x[from:to], t.y[from:to], t.kept[from:to]
		least, equal := kthLargest(x, t.k)
		for j, v := range x {
			y[j], kept[j] = 0, 0
			at := rank(v)
			if at == least {
				equal--
			}
			if at > least || at == least && equal >= 0 {
				y[j], kept[j] = v, 1
			}
		}
	}
}

// kthLargest returns the rank of the k-th largest value, and the number of
// values of that rank among the k largest. It finds the rank eight bits at a
// time, by counting.
func kthLargest(x []float32, k int) (least uint32, equal int) {
	var settled uint32
	for shift := 24; shift >= 0; shift -= 8 {
		var counts [256]int
		for _, v := range x {
			if at := rank(v); at&settled == least {
				counts[at>>shift&0xff]++
			}
		}
		digit := 255
		for ; counts[digit] < k; digit-- {
			k -= counts[digit]
		}
		least |= uint32(digit) << shift
		settled |= 0xff << shift
	}
	return least, k
}

// rank maps numbers to unsigned integers of the same order. NaN is the largest,
// so that it is kept.
func rank(v float32) uint32 {
	if v != v {
		return math.MaxUint32
	}
	bits := math.Float32bits(v)
	return bits ^ uint32(int32(bits)>>31|math.MinInt32)
}
