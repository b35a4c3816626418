package kernel

// TopKAmong copies, for each of the rows, the k largest positive values of the
// given columns and clears the others; of equal values the first ones stay (among:
// ascending; x, y: B×L). It leaves 1 in kept (B×L) where a value stays, else 0.
func TopKAmong(rows, columns, k int, among []int, x, y, kept []float32) {
	n := rows * columns
	t := topKAmongTasks.get()
	*t = topKAmongTask{columns, min(k, len(among)), among, x[:n], y[:n], kept[:n]}
	parallel(rows, max(1, heavyGrain/max(columns, 1)), t)
	*t = topKAmongTask{}
	topKAmongTasks.put(t)
}

type topKAmongTask struct {
	columns, k int
	among      []int
	x, y, kept []float32
}

var (
	topKAmongTasks   freeList[topKAmongTask]
	topKAmongBuffers freeList[[]float32]
)

func (t *topKAmongTask) run(lo, hi int) {
	clear(t.y[lo*t.columns : hi*t.columns])
	clear(t.kept[lo*t.columns : hi*t.columns])
	if t.k == 0 {
		return
	}
	buffer := topKAmongBuffers.get()
	*buffer = grow(*buffer, len(t.among))
	for i := lo; i < hi; i++ {
		from, to := i*t.columns, (i+1)*t.columns
		x, y, kept, values := t.x[from:to], t.y[from:to], t.kept[from:to], (*buffer)[:len(t.among)]
		for j, column := range t.among {
			values[j] = x[column]
		}
		least, equal := kthLargest(values, t.k)
		for j, column := range t.among {
			at := rank(values[j])
			if at == least {
				equal--
			}
			if at > rankOfZero && (at > least || at == least && equal >= 0) {
				y[column], kept[column] = values[j], 1
			}
		}
	}
	topKAmongBuffers.put(buffer)
}

// CountSilence counts for how many batches in a row each unit of a sparse code has
// been silent, which means 0 in all of the rows (code: B×L, silent: L).
func CountSilence(rows, columns int, code, silent []float32) {
	t := silenceTasks.get()
	*t = silenceTask{rows, columns, code[:rows*columns], silent[:columns]}
	parallel(columns, columnGrain(max(rows, 1)), t)
	*t = silenceTask{}
	silenceTasks.put(t)
}

// silenceTask is split over columns.
type silenceTask struct {
	rows, columns int
	code, silent  []float32
}

var silenceTasks freeList[silenceTask]

func (t *silenceTask) run(lo, hi int) {
	silent := t.silent[lo:hi]
	for j := range silent {
		silent[j]++
	}
	for i := range t.rows {
		for j, v := range t.code[i*t.columns+lo : i*t.columns+hi] {
			if v != 0 {
				silent[j] = 0
			}
		}
	}
}
