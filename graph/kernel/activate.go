package kernel

// Activate computes dst = act(src). Sigmoid and Tanh are within 2.5 ulp,
// Softplus and SELU within 2, ELU within 1, and the others are exactly rounded.
func Activate(act Activation, dst, src []float32) {
	if act == Linear {
		copy(dst[:len(src)], src)
		return
	}
	unary(active.activate[act], dst, src)
}

// ActivationGradient computes dz = dy ⊙ act′ from y = act(z) and dy. If db is
// not nil, it also computes the sum of dz over the rows, which is the gradient
// of a bias (y, dy, dz: B×D; db: D). dz may be dy.
func ActivationGradient(act Activation, rows, columns int, y, dy, dz, db []float32) {
	n := rows * columns
	y, dy, dz = y[:n], dy[:n], dz[:n]
	if db != nil {
		db = db[:columns]
	} else {
		rows, columns = 1, n
	}
	if n == 0 {
		clear(db)
		return
	}
	if act == Linear && db == nil {
		copy(dz, dy)
		return
	}
	t := gradientTasks.get()
	*t = gradientTask{active.gradient[act], y, dy, dz, db, rows, columns}
	parallel(columns, columnGrain(rows), t)
	gradientTasks.put(t)
}

// gradientTask is split over columns, so one goroutine computes each sum, in
// the order of the rows.
type gradientTask struct {
	f             func(y, dy, dz, db []float32, rows, columns, stride int)
	y, dy, dz, db []float32
	rows, columns int
}

var gradientTasks freeList[gradientTask]

func (t *gradientTask) run(lo, hi int) {
	var db []float32
	if t.db != nil {
		db = t.db[lo:hi]
	}
	t.f(t.y[lo:], t.dy[lo:], t.dz[lo:], db, t.rows, hi-lo, t.columns)
}

// columnGrain is the number of columns in a block of work, a multiple of the
// strips of the assembly.
func columnGrain(rows int) int {
	const strip = 64
	return (lightGrain/rows + strip) / strip * strip
}
