package kernel

// Exp computes dst = e^src, elementwise, within 1.1 ulp. Results that would be
// denormal are 0. dst may be src.
func Exp(dst, src []float32) { unary(active.exp, dst, src) }

// Multiply computes dst = a ⊙ b, elementwise (length of dst).
func Multiply(dst, a, b []float32) { binary(active.multiply, dst, a, b) }

// Add computes dst = a + b, elementwise (length of dst).
func Add(dst, a, b []float32) { binary(active.add, dst, a, b) }

// Axpy computes y += alpha·x.
func Axpy(alpha float32, x, y []float32) {
	y = y[:len(x)]
	if len(x) <= lightGrain {
		active.axpy(alpha, x, y)
		return
	}
	t := axpyTasks.get()
	*t = axpyTask{alpha, x, y}
	parallel(len(x), lightGrain, t)
	axpyTasks.put(t)
}

// Scale computes x *= alpha.
func Scale(alpha float32, x []float32) {
	if len(x) <= lightGrain {
		active.scale(alpha, x)
		return
	}
	t := scaleTasks.get()
	*t = scaleTask{alpha, x}
	parallel(len(x), lightGrain, t)
	scaleTasks.put(t)
}

// ScaleBytes turns pixels into numbers: dst = src/255, in [0, 1].
func ScaleBytes(dst []float32, src []uint8) {
	dst = dst[:len(src)]
	if len(src) <= lightGrain {
		scaleBytes(dst, src)
		return
	}
	t := scaleBytesTasks.get()
	*t = scaleBytesTask{dst, src}
	parallel(len(src), lightGrain, t)
	*t = scaleBytesTask{} // a reference to one image would keep the pixels of a whole data set
	scaleBytesTasks.put(t)
}

// unary computes dst = f(src).
func unary(f func(dst, src []float32), dst, src []float32) {
	dst = dst[:len(src)]
	if len(src) <= heavyGrain {
		f(dst, src)
		return
	}
	t := unaryTasks.get()
	*t = unaryTask{f, dst, src}
	parallel(len(src), heavyGrain, t)
	unaryTasks.put(t)
}

// binary computes dst = f(a, b).
func binary(f func(dst, a, b []float32), dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	if len(dst) <= lightGrain {
		f(dst, a, b)
		return
	}
	t := binaryTasks.get()
	*t = binaryTask{f, dst, a, b}
	parallel(len(dst), lightGrain, t)
	binaryTasks.put(t)
}

type (
	unaryTask struct {
		f        func(dst, src []float32)
		dst, src []float32
	}
	binaryTask struct {
		f         func(dst, a, b []float32)
		dst, a, b []float32
	}
	axpyTask struct {
		alpha float32
		x, y  []float32
	}
	scaleTask struct {
		alpha float32
		x     []float32
	}
	scaleBytesTask struct {
		dst []float32
		src []uint8
	}
)

var (
	unaryTasks      freeList[unaryTask]
	binaryTasks     freeList[binaryTask]
	axpyTasks       freeList[axpyTask]
	scaleTasks      freeList[scaleTask]
	scaleBytesTasks freeList[scaleBytesTask]
)

func (t *unaryTask) run(lo, hi int)  { t.f(t.dst[lo:hi], t.src[lo:hi]) }
func (t *binaryTask) run(lo, hi int) { t.f(t.dst[lo:hi], t.a[lo:hi], t.b[lo:hi]) }
func (t *axpyTask) run(lo, hi int)   { active.axpy(t.alpha, t.x[lo:hi], t.y[lo:hi]) }
func (t *scaleTask) run(lo, hi int)  { active.scale(t.alpha, t.x[lo:hi]) }

func (t *scaleBytesTask) run(lo, hi int) { scaleBytes(t.dst[lo:hi], t.src[lo:hi]) }

func scaleBytes(dst []float32, src []uint8) {
	whole := len(src) &^ 15
	active.scaleBytes(dst[:whole], src[:whole])
	scaleBytesGeneric(dst[whole:], src[whole:])
}
