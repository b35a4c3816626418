package kernel

import (
	"math"
	"runtime"
)

// AggregatePosterior estimates the density q(z) = 1/N Σ_n q(z|x_n) of the codes of
// N training images from a batch of B of them (Chen, Li, Grosse & Duvenaud 2018,
// appendix C). For a code that was drawn from image i,
//
//	q(z) ≈ Σ_j w_ij·q(z|x_j), Σ_j w_ij = 1.
//
// Minibatch-weighted sampling has w_ij = 1/B. The paper divides by N as well, which
// shifts log q(z) by a constant. Stratified sampling is unbiased: with M = B − 1,
// w_ii = 1/N, one other weight is (N − M)/(NM), and all others are 1/M.
type AggregatePosterior struct {
	Stratified bool
	Images     int // N; a number below B stands for B
}

// others is the logarithm of the weights of a batch, except those of logWeights.
func (a AggregatePosterior) others(rows int) float32 {
	if a.Stratified && rows > 1 {
		rows--
	}
	return float32(-math.Log(float64(rows)))
}

// own returns the logarithms of w_ii and of the weight of the next image.
func (a AggregatePosterior) own(rows int) (self, next float32) {
	if !a.Stratified || rows == 1 {
		return a.others(rows), a.others(rows)
	}
	n, m := float64(max(a.Images, rows)), float64(rows-1)
	return float32(-math.Log(n)), float32(math.Log((n - m) / (n * m)))
}

// TotalCorrelation estimates log q(z) and Σ_l log q(z_l) of each code. Their
// difference, averaged over codes, is the total correlation in nats,
// KL(q(z) ‖ Π_l q(z_l)) (statistics: B×2L, in each row L means, then L
// log-variances; z: BK×L, K = samples codes of each image in consecutive rows;
// joint, marginals: BK). If dz is not nil, it and dstatistics become scale times the
// gradient of Σ (joint − marginals) in z and in the statistics. The result has the
// same bits for any number of threads.
func (a AggregatePosterior) TotalCorrelation(rows, samples, size int, scale float32, statistics, z, joint, marginals, dz, dstatistics []float32, w *TotalCorrelationWork) {
	w.prepare(rows, samples, size, dz != nil)
	w.transpose(rows, size, statistics)
	w.of, w.rows, w.samples, w.size = a, rows, samples, size
	w.z, w.joint, w.marginals, w.dz, w.scale = z, joint, marginals, dz, scale
	parallel(correlationBlocks(rows*samples), 1, w)
	if dz != nil {
		w.reduce(rows, size, scale, statistics, dstatistics)
	}
}

// correlationBlock is the number of codes whose gradients in the statistics are
// summed before those of other codes are added. It fixes the order of sums.
const correlationBlock = 16

func correlationBlocks(codes int) int { return (codes + correlationBlock - 1) / correlationBlock }

// TotalCorrelationWork is the work space of TotalCorrelation. The zero value is ready
// for use.
type TotalCorrelationWork struct {
	of                  AggregatePosterior
	rows, samples, size int
	scale               float32

	z, joint, marginals, dz []float32
	mean, inverse, offset   []float32 // L×B: μ, 1/σ² and log 1/√(2πσ²)
	blocks                  []float32 // for each block of codes, L×B gradients in μ, then L×B in log σ²
	scratch                 freeList[correlationScratch]
}

// correlationScratch is the work space for one code.
type correlationScratch struct {
	each  []float32 // L×B: log-densities of each dimension, then their shares w·q/Σ w·q
	joint []float32 // B: of all dimensions
}

// CorrelationValues is the number of values that TotalCorrelation holds at most for batches
// of B rows and codes of L dimensions, with a gradient.
func CorrelationValues(rows, samples, size int) int64 {
	blocks := correlationBlocks(rows * samples)
	scratch := min(runtime.GOMAXPROCS(0), blocks) * (size + 1)
	return int64(rows) * (int64(size)*int64(3+2*blocks) + int64(scratch))
}

func (w *TotalCorrelationWork) prepare(rows, samples, size int, gradient bool) {
	if n := rows * size; len(w.mean) < n {
		w.mean, w.inverse, w.offset = make([]float32, n), make([]float32, n), make([]float32, n)
	}
	if n := correlationBlocks(rows*samples) * 2 * rows * size; gradient && len(w.blocks) < n {
		w.blocks = make([]float32, n)
	}
}

// transpose lays out the statistics by dimension, so that the densities of one code
// under all images are consecutive.
func (w *TotalCorrelationWork) transpose(rows, size int, statistics []float32) {
	for i := range rows {
		for l := range size {
			at, logVariance := l*rows+i, clamp(statistics[(2*i+1)*size+l])
			w.mean[at] = statistics[2*i*size+l]
			w.inverse[at] = -logVariance
			w.offset[at] = -(logVariance + float32(logTwoPi)) / 2
		}
	}
	Exp(w.inverse[:rows*size], w.inverse[:rows*size])
}

const logTwoPi = 1.8378770664093454836 // log 2π

// run computes blocks of codes.
func (w *TotalCorrelationWork) run(lo, hi int) {
	s := w.scratch.get()
	if n := w.rows * w.size; len(s.each) < n || len(s.joint) < w.rows {
		s.each, s.joint = make([]float32, n), make([]float32, w.rows)
	}
	for block := lo; block < hi; block++ {
		var gradient []float32
		if w.dz != nil {
			n := 2 * w.rows * w.size
			gradient = w.blocks[block*n : (block+1)*n]
			clear(gradient)
		}
		for code := block * correlationBlock; code < min((block+1)*correlationBlock, w.rows*w.samples); code++ {
			w.densities(code, s)
			if gradient != nil {
				w.differentiate(code, s, gradient)
			}
		}
	}
	w.scratch.put(s)
}

// densities computes the two log-densities of a code. It leaves the shares of the
// images in them in s.
func (w *TotalCorrelationWork) densities(code int, s *correlationScratch) {
	others := w.of.others(w.rows)
	self, next := w.of.own(w.rows)
	i := code / w.samples
	joint := s.joint[:w.rows]
	clear(joint)
	weigh := func(logs []float32) {
		logs[i] += self - others
		if w.rows > 1 {
			logs[(i+1)%w.rows] += next - others
		}
	}
	var marginals float64
	for l := range w.size {
		each := s.each[l*w.rows : (l+1)*w.rows]
		mean, inverse, offset := w.mean[l*w.rows:][:w.rows], w.inverse[l*w.rows:][:w.rows], w.offset[l*w.rows:][:w.rows]
		z := w.z[code*w.size+l]
		for j := range each {
			d := z - mean[j]
			log := offset[j] - float32(float32(d*d)*inverse[j])/2
			each[j] = log
			joint[j] += log
		}
		weigh(each)
		marginals += softmax(each)
	}
	weigh(joint)
	w.joint[code] = float32(softmax(joint) + float64(others))
	w.marginals[code] = float32(marginals + float64(w.size)*float64(others))
}

// softmax replaces logarithms by their shares e^x/Σe^x, and returns log Σe^x.
func softmax(x []float32) float64 {
	highest := x[0]
	for _, v := range x {
		if v > highest { // faster than max, and a NaN reaches the sum below
			highest = v
		}
	}
	for j := range x {
		x[j] -= highest
	}
	active.exp(x, x)
	sum := active.sum(x)
	active.scale(float32(1/sum), x)
	return float64(highest) + math.Log(sum)
}

// differentiate computes the gradient of joint − marginals of a code in the code, and
// adds that in the statistics to gradient. With the shares P of the joint density and
// p of each dimension, the gradient of Σ_j (P_j − p_jl)·log q(z_l|x_j) has the shares
// as constants.
func (w *TotalCorrelationWork) differentiate(code int, s *correlationScratch, gradient []float32) {
	joint := s.joint[:w.rows]
	half := w.rows * w.size
	for l := range w.size {
		at := l * w.rows
		each, mean, inverse := s.each[at:][:w.rows], w.mean[at:][:w.rows], w.inverse[at:][:w.rows]
		means, spreads := gradient[at:][:w.rows], gradient[half+at:][:w.rows]
		z := w.z[code*w.size+l]
		var dz float64
		for j := range each {
			d := z - mean[j]
			share := joint[j] - each[j]
			slope := float32(share * float32(d*inverse[j]))
			means[j] += slope
			spreads[j] += float32(slope*d) - share
			dz -= float64(slope)
		}
		w.dz[code*w.size+l] = float32(float64(w.scale) * dz)
	}
}

// reduce adds the gradients of the blocks in order.
func (w *TotalCorrelationWork) reduce(rows, size int, scale float32, statistics, dstatistics []float32) {
	half := rows * size
	total := w.blocks[:2*half]
	for block := 1; block < correlationBlocks(rows*w.samples); block++ {
		Add(total, total, w.blocks[block*2*half:][:2*half])
	}
	for i := range rows {
		for l := range size {
			mean, spread := 2*i*size+l, (2*i+1)*size+l
			dstatistics[mean] = scale * total[l*rows+i]
			dstatistics[spread] = returning(statistics[spread], scale*total[half+l*rows+i]/2)
		}
	}
}
