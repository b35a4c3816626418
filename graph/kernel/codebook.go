package kernel

import "math"

// WordLayout says where the values of a code of P words with D values each are. Value d
// of word p is the value p·Next + d·Step of the code.
type WordLayout struct {
	Count, Size int // P, D
	Next, Step  int
}

// WordsInRows are words that follow one another.
func WordsInRows(count, size int) WordLayout { return WordLayout{count, size, size, 1} }

// WordsInMaps are words at the places of a map: the channels at a place are its word.
func WordsInMaps(places, channels int) WordLayout { return WordLayout{places, channels, 1, places} }

// Total is the number of values of a code, L = P·D.
func (w WordLayout) Total() int { return w.Count * w.Size }

// Collect copies the words of codes, one after another (z: B×L, vectors: BP×D).
func (w WordLayout) Collect(rows int, z, vectors []float32) {
	for i := range rows {
		code := z[i*w.Total() : (i+1)*w.Total()]
		for p := range w.Count {
			word := vectors[(i*w.Count+p)*w.Size:][:w.Size]
			for d := range word {
				word[d] = code[p*w.Next+d*w.Step]
			}
		}
	}
}

// LookUp writes codes whose words are entries of a codebook (indices: B×P, whole
// numbers from 0 to K−1, codebook: K×D, z: B×L).
func (w WordLayout) LookUp(rows int, indices, codebook, z []float32) {
	for i := range rows {
		code := z[i*w.Total() : (i+1)*w.Total()]
		for p := range w.Count {
			entry := codebook[int(indices[i*w.Count+p])*w.Size:][:w.Size]
			for d, v := range entry {
				code[p*w.Next+d*w.Step] = v
			}
		}
	}
}

// nearestChunk is the number of vectors whose distances are in memory at once.
const nearestChunk = 1024

// Nearest finds the entries e of a codebook that are nearest to vectors v: those with
// the largest v·e − ½‖e‖² (vectors: N×D, codebook: K×D, indices: N, whole numbers
// from 0 to K−1). Of entries at the same distance it takes the first one.
func Nearest(size int, vectors, codebook, indices []float32) {
	n, entries := len(indices), len(codebook)/size
	t := nearestTasks.get()
	if len(t.bias) < entries {
		t.bias = make([]float32, entries)
	}
	if chunk := min(n, nearestChunk); len(t.scores) < chunk*entries {
		t.scores = make([]float32, chunk*entries)
	}
	for k := range entries {
		var norm float64
		for _, v := range codebook[k*size : (k+1)*size] {
			norm += float64(v) * float64(v)
		}
		t.bias[k] = float32(-norm / 2)
	}
	t.entries = entries
	for at := 0; at < n; at += nearestChunk {
		rows := min(nearestChunk, n-at)
		Affine(Float32, Linear, true, rows, entries, size, vectors[at*size:], codebook, t.bias[:entries], t.scores)
		t.indices = indices[at : at+rows]
		parallel(rows, 1+heavyGrain/entries, t)
	}
	t.indices = nil
	nearestTasks.put(t)
}

// NearestWork is the number of values that Nearest uses as work space for n vectors.
func NearestWork(n, entries int) int64 {
	return int64(min(n, nearestChunk)+1) * int64(entries)
}

// nearestTask is split over vectors.
type nearestTask struct {
	entries      int
	bias, scores []float32
	indices      []float32
}

var nearestTasks freeList[nearestTask]

func (t *nearestTask) run(lo, hi int) {
	for i := lo; i < hi; i++ {
		best, at := float32(math.Inf(-1)), 0
		for k, v := range t.scores[i*t.entries : (i+1)*t.entries] {
			if v > best {
				best, at = v, k
			}
		}
		t.indices[i] = float32(at)
	}
}

// MovingCodebook is a codebook of exponential moving averages (van den Oord et al.
// 2017, appendix A.1). Entry k is the mean of the vectors that it is nearest to:
//
//	N_k ← γ·N_k + (1−γ)·n_k, m_k ← γ·m_k + (1−γ)·Σ v, e_k = m_k/N_k.
type MovingCodebook struct {
	Size    int
	Decay   float32   // γ
	Entries []float32 // e: K×D
	Counts  []float32 // N: K
	Sums    []float32 // m: K×D
}

// An entry is dead if its count is below a share of the mean count, and starts again
// with a larger share, so that it has time to move to its vectors.
const deadShare, revivedShare = 0.05, 0.2

// Update adds a batch (vectors: N×D, their nearest entries: N). A dead entry starts
// again at one of the vectors (Dhariwal et al. 2020; Łańcucki et al. 2020). The
// numbers in [0, 1) choose them (choices: K). Entries without a count, such as those
// of a new codebook, are dead, so a codebook starts with vectors of the first batch.
func (c MovingCodebook) Update(vectors, indices, choices []float32) {
	fresh, mean := 1-c.Decay, float32(len(indices))/float32(len(c.Counts))
	Scale(c.Decay, c.Counts)
	Scale(c.Decay, c.Sums)
	for i, index := range indices {
		k := int(index)
		c.Counts[k] += fresh
		Axpy(fresh, vectors[i*c.Size:(i+1)*c.Size], c.Sums[k*c.Size:(k+1)*c.Size])
	}
	for k, count := range c.Counts {
		sums := c.Sums[k*c.Size : (k+1)*c.Size]
		if count < deadShare*mean {
			count = revivedShare * mean
			from := int(float64(choices[k]) * float64(len(indices)))
			c.Counts[k] = count
			copy(sums, vectors[from*c.Size:(from+1)*c.Size])
			Scale(count, sums)
		}
		for d, v := range sums {
			c.Entries[k*c.Size+d] = v / count
		}
	}
}
