package kernel

import (
	"hash/crc32"
	"math"
	"slices"
	"testing"
)

// TestNearest compares entries with those at the smallest distance in float64. Of equal
// entries the first one is found.
func TestNearest(t *testing.T) {
	const n, size, entries = 1100, 5, 33 // more than one chunk
	vectors, codebook := normals(n*size), normals(entries*size)
	copy(codebook[20*size:21*size], codebook[3*size:4*size])
	eachPath(t, func(t *testing.T) {
		var first []float32
		for _, threads := range []int{1, 2} {
			setThreads(t, threads)
			indices := make([]float32, n)
			Nearest(size, vectors, codebook, indices)
			for i, index := range indices {
				distance := func(k int) (sum float64) {
					for d := range size {
						difference := float64(vectors[i*size+d]) - float64(codebook[k*size+d])
						sum += difference * difference
					}
					return sum
				}
				for k := range entries {
					if distance(k) < distance(int(index))-1e-5 {
						t.Fatalf("vector %d: entry %g, but entry %d is nearer", i, index, k)
					}
				}
				if index == 20 {
					t.Fatalf("vector %d: entry 20, which equals entry 3", i)
				}
			}
			if first = slices.Concat(first, indices); !slices.Equal(first[:n], indices) {
				t.Errorf("%d threads find other entries than one", threads)
			}
		}
	})
}

// TestWordLayouts checks that LookUp inverts Collect, and where the values of words are.
func TestWordLayouts(t *testing.T) {
	t.Parallel()
	codebook := normals(7 * 3)
	indices := []float32{6, 0, 2, 1, 5, 5, 3, 4}
	for at, w := range map[int]WordLayout{1*3 + 2: WordsInRows(4, 3), 2*4 + 1: WordsInMaps(4, 3)} {
		z, vectors := make([]float32, 24), make([]float32, 24)
		w.LookUp(2, indices, codebook, z)
		if z[at] != codebook[2] { // value 2 of word 1, which is entry 0
			t.Errorf("%+v: value %d is %g, want %g", w, at, z[at], codebook[2])
		}
		w.Collect(2, z, vectors)
		for i, index := range indices {
			if got, want := vectors[i*3:i*3+3], codebook[int(index)*3:int(index)*3+3]; !slices.Equal(got, want) {
				t.Errorf("%+v: word %d is %v, want %v", w, i, got, want)
			}
		}
	}
}

// TestMovingCodebook compares two updates with the equations. The first one starts all
// entries at vectors of the batch, and a later one starts a dead entry again.
func TestMovingCodebook(t *testing.T) {
	t.Parallel()
	const n, size, entries, decay = 40, 3, 4, 0.75
	vectors := normals(n * size)
	c := MovingCodebook{Size: size, Decay: decay, Entries: make([]float32, entries*size), Counts: make([]float32, entries), Sums: make([]float32, entries*size)}
	choices := []float32{0, 0.25, 0.5, 0.999}
	c.Update(vectors[:0], nil, choices) // nothing is divided by 0 and nothing is read
	c.Counts, c.Sums = make([]float32, entries), make([]float32, entries*size)
	indices := make([]float32, n)
	c.Decay = 0.999
	c.Update(vectors, indices, choices) // 40 times entry 0, with a small weight
	for k, from := range []int{0, 10, 20, 39} {
		if got := c.Entries[k*size : (k+1)*size]; !close32(got, vectors[from*size:(from+1)*size]) || c.Counts[k] != revivedShare*10 {
			t.Errorf("entry %d is %v with count %g, want vector %d", k, got, c.Counts[k], from)
		}
	}
	c.Decay = decay
	for i := range indices {
		indices[i] = float32(i % 3)
	}
	before := slices.Clone(c.Sums)
	c.Counts[3] = 0.5
	c.Update(vectors, indices, choices)
	for k := range 3 {
		count, sums := decay*revivedShare*10, make([]float64, size)
		for d := range sums {
			sums[d] = decay * float64(before[k*size+d])
		}
		for i := k; i < n; i += 3 {
			count += 1 - decay
			for d := range sums {
				sums[d] += (1 - decay) * float64(vectors[i*size+d])
			}
		}
		for d := range sums {
			if got, want := c.Entries[k*size+d], sums[d]/count; math.Abs(float64(got)-want) > 1e-5 {
				t.Errorf("entry %d has the value %g, want %g", k, got, want)
			}
		}
	}
	if got := c.Entries[3*size:]; !close32(got, vectors[39*size:]) {
		t.Errorf("the dead entry is %v, want vector 39", got)
	}
}

func close32(got, want []float32) bool {
	return slices.EqualFunc(got, want[:len(got)], func(a, b float32) bool { return near(a, b, 1e-6) })
}

// TestWordsCrossEntropy compares losses and gradients with float64.
func TestWordsCrossEntropy(t *testing.T) {
	const rows, words, entries, scale = 5, 3, 300, 0.5
	logits, indices := normals(rows*words*entries), make([]float32, rows*words)
	for i := range indices {
		indices[i] = float32(i * 17 % entries)
	}
	logits[17] = 9 // word 1 of the first code is predicted
	logits[entries+17] = 9
	eachPath(t, func(t *testing.T) {
		gradient, loss, wrong := make([]float32, len(logits)), make([]float32, rows), make([]float32, rows)
		for _, g := range [][]float32{nil, gradient} {
			WordsCrossEntropy(rows, words, entries, scale, logits, indices, g, loss, wrong)
			for i := range rows {
				var want float64
				for p := range words {
					at := i*words + p
					var sum float64
					for _, v := range logits[at*entries : (at+1)*entries] {
						sum += math.Exp(float64(v))
					}
					want += math.Log(sum) - float64(logits[at*entries+int(indices[at])])
					for k := 0; k < entries && g != nil; k++ {
						slope := math.Exp(float64(logits[at*entries+k])) / sum
						if k == int(indices[at]) {
							slope--
						}
						if got := float64(g[at*entries+k]); math.Abs(got-scale*slope) > 1e-6 {
							t.Fatalf("gradient of logit %d of word %d is %g, want %g", k, at, got, scale*slope)
						}
					}
				}
				if math.Abs(float64(loss[i])-want) > 1e-4 {
					t.Errorf("loss of code %d is %g, want %g", i, loss[i], want)
				}
			}
			if wrong[0] != 2 || wrong[1] != 3 {
				t.Errorf("%g and %g words are wrong, want 2 and 3", wrong[0], wrong[1])
			}
		}
	})
}

// TestLargestOf puts the largest value at each place of short rows.
func TestLargestOf(t *testing.T) {
	for n := 1; n < 12; n++ {
		for at := range n {
			x := normals(n)
			x[at] = 9
			if got := largestOf(x); got != 9 {
				t.Errorf("the largest of %v is %g", x, got)
			}
		}
	}
}

// causal is a prior of 6 words in which each sees up to two before it.
func causal() (c *CausalPrior, indices []uint16) {
	c = &CausalPrior{Size: 2, Codebook: normals(9 * 2)}
	for p := range 6 {
		c.Others = append(c.Others, []int{max(p-1, -1), max(p-2, -1)})
	}
	for _, sizes := range [][2]int{{2*2 + 6, 7}, {7, 5}, {5, 9}} {
		c.Layers = append(c.Layers, CausalLayer{normals(sizes[0] * sizes[1]), normals(sizes[1])})
	}
	return c, []uint16{3, 8, 0, 0, 5, 7}
}

// TestCausalPrior compares frequencies with probabilities in float64. They must be the
// same numbers with every version of the program, because files are written with them.
func TestCausalPrior(t *testing.T) {
	t.Parallel()
	c, indices := causal()
	var s CausalState
	sum := crc32.NewIEEE()
	for p := range indices {
		for _, temperature := range []float64{1, 0.5} {
			got := c.Frequencies(&s, indices, p, temperature)
			total := float64(got[len(got)-1])
			for k, want := range exactProbabilities(c, indices, p, temperature) {
				if share := float64(got[k+1]-got[k]) / total; got[k+1] <= got[k] || math.Abs(share-want) > 1e-5 {
					t.Errorf("word %d, entry %d: %g, want %g", p, k, share, want)
				}
			}
			for _, v := range got {
				sum.Write([]byte{byte(v), byte(v >> 8), byte(v >> 16)})
			}
		}
	}
	if got := sum.Sum32(); got != recordedFrequencies {
		t.Errorf("the checksum of all frequencies is %#x, want %#x", got, recordedFrequencies)
	}
	c.Layers = nil
	if got := c.Frequencies(&s, indices, 0, 1); got[0] != 0 || got[4] != 4 || got[9] != 9 {
		t.Errorf("frequencies without a prior are %v", got)
	}
}

const recordedFrequencies = 0xe979dc40

// exactProbabilities computes the network in float64.
func exactProbabilities(c *CausalPrior, indices []uint16, p int, temperature float64) []float64 {
	var x []float64
	for _, other := range c.Others[p] {
		for d := range c.Size {
			v := 0.0
			if other >= 0 {
				v = float64(c.Codebook[int(indices[other])*c.Size+d])
			}
			x = append(x, v)
		}
	}
	for q := range c.Others {
		x = append(x, map[bool]float64{true: 1}[q == p])
	}
	for l, layer := range c.Layers {
		var y []float64
		for j, b := range layer.Bias {
			v := float64(b)
			for i := range x {
				v += x[i] * float64(layer.Weights[i*len(layer.Bias)+j])
			}
			if l < len(c.Layers)-1 {
				v = max(v, 0)
			}
			y = append(y, v)
		}
		x = y
	}
	sum := 0.0
	for i, v := range x {
		x[i] = math.Exp(v / temperature)
		sum += x[i]
	}
	for i := range x {
		x[i] /= sum
	}
	return x
}

func TestExactExp(t *testing.T) {
	t.Parallel()
	for x := 0.0; x > -40; x -= 0.0137 {
		if got, want := exactExp(x), math.Exp(x); math.Abs(got/want-1) > 1e-12 {
			t.Fatalf("e^%g is %g, want %g", x, got, want)
		}
	}
	if exactExp(-50) != 0 || exactExp(math.NaN()) != 0 || exactExp(math.Inf(-1)) != 0 || exactExp(0) != 1 {
		t.Error("wrong results for −50, NaN, −∞ or 0")
	}
}
