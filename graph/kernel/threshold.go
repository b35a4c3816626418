package kernel

import "math"

// Threshold computes dst = src where |by| > bound, and 0 elsewhere (length of
// dst; bound ≥ 0). If by is NaN, src is copied.
func Threshold(dst, src, by []float32, bound float32) {
	t := thresholdTasks.get()
	*t = thresholdTask{dst, src[:len(dst)], by[:len(dst)], math.Float32bits(bound)}
	parallel(len(dst), lightGrain, t)
	thresholdTasks.put(t)
}

type thresholdTask struct {
	dst, src, by []float32
	bound        uint32
}

var thresholdTasks freeList[thresholdTask]

// run compares magnitudes as integers, which have the same order. The sign of a
// difference is a mask, without branches, which would often be predicted wrong.
func (t *thresholdTask) run(lo, hi int) {
	const magnitude = 1<<31 - 1
	dst := t.dst[lo:hi]
	src, by := t.src[lo:hi][:len(dst)], t.by[lo:hi][:len(dst)]
	for i := range dst {
		mask := int32(t.bound-math.Float32bits(by[i])&magnitude) >> 31
		dst[i] = math.Float32frombits(math.Float32bits(src[i]) & uint32(mask))
	}
}
