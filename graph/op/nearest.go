package op

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
)

// streamRestart chooses the vectors at which dead entries of a codebook start again.
// The step of the key holds epoch and batch.
const streamRestart noise.Stream = 12

// Lookup replaces the words of a code by the nearest entries of a codebook (van den
// Oord, Vinyals & Kavukcuoglu 2017).
type Lookup struct {
	Code    *gorgonia.Node // B×L
	Indices *gorgonia.Node // B×P: the entries, from 0 to K−1
	op      *nearest
}

// Nearest declares the code y of z in which every word is the nearest entry of the
// codebook, of equally near ones the first (z, y: B×L, codebook: K×D). The gradient in
// z is that of y (straight-through estimator). A run reads the codebook anew.
func Nearest(name string, rows *Rows, words kernel.WordLayout, codebook []float32, z *gorgonia.Node) (Lookup, error) {
	n := &nearest{base: base{name: name + ": nearest words", rows: rows}, words: words, codebook: codebook}
	y, err := apply(n, z)
	if err != nil {
		return Lookup{}, err
	}
	shape := tensor.Shape{rows.Compiled, words.Count}
	indices, err := gorgonia.ApplyOp(&wordIndices{sideOutput{base: n.derive("indices"), from: &n.indices, shape: shape, after: 2}}, y)
	return Lookup{y, indices, n}, err
}

// wordIndices returns the indices, which have no gradient.
type wordIndices struct{ sideOutput }

func (w *wordIndices) DiffWRT(int) []bool { return []bool{false} }

func (w *wordIndices) SymDiff(gorgonia.Nodes, *gorgonia.Node, *gorgonia.Node) (gorgonia.Nodes, error) {
	return gorgonia.Nodes{nil}, nil
}

// Update adds the last run to the moving averages of a codebook. The key is that of the
// run.
func (l Lookup) Update(c kernel.MovingCodebook, key noise.Key) {
	n := l.op
	if n.choices == nil {
		n.choices = make([]float32, len(c.Counts))
	}
	key.Stream = streamRestart
	noise.Uniform(n.choices, key)
	live := n.rows.Live * n.words.Count
	c.Update(n.vectors, n.indices.dense.Float32s()[:live], n.choices)
}

type nearest struct {
	base
	words      kernel.WordLayout
	codebook   []float32
	vectors    []float32 // BP×D: the words of the last run before they were replaced
	choices    []float32
	y, indices buffer
}

func (n *nearest) Arity() int    { return 1 }
func (n *nearest) Type() hm.Type { return hm.NewFnType(matrix(), matrix()) }

func (n *nearest) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	z, err := n.batch("input", in[0])
	if err != nil {
		return nil, err
	}
	if z[1] != n.words.Total() || len(n.codebook) == 0 || len(n.codebook)%n.words.Size != 0 {
		return nil, fmt.Errorf("%s: a code of %d values and a codebook of %d values, want %d words of %d values", n.name, z[1], len(n.codebook), n.words.Count, n.words.Size)
	}
	return z, nil
}

func (n *nearest) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer n.end(&err)
	dense, y := n.y.of(n.rows.Compiled, n.words.Total())
	_, indices := n.indices.of(n.rows.Compiled, n.words.Count)
	if n.vectors == nil {
		n.vectors = make([]float32, len(y))
	}
	n.words.Collect(n.rows.Live, floats(in[0]), n.vectors)
	kernel.Nearest(n.words.Size, n.vectors, n.codebook, indices[:n.rows.Live*n.words.Count])
	n.words.LookUp(n.rows.Live, indices, n.codebook, y)
	return dense, nil
}

func (n *nearest) DiffWRT(int) []bool { return []bool{true} }

// SymDiff returns the gradient in y as that in z, so nothing is computed.
func (n *nearest) SymDiff(_ gorgonia.Nodes, _, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	return gorgonia.Nodes{dy}, nil
}

func (n *nearest) work(y int64) int64 {
	return y + kernel.NearestWork(n.rows.Compiled*n.words.Count, len(n.codebook)/n.words.Size)
}

// Context declares, for every word of every code, what a prior may see of it: the
// entries of other words, and which word it is (indices: B×P, codebook: K×D, result:
// BP×(T·D+P)). Row p of others lists T words that word p sees, or −1 for none, whose
// values are 0. Indices get no gradient.
func Context(name string, rows *Rows, others [][]int, size int, codebook []float32, indices *gorgonia.Node) (*gorgonia.Node, error) {
	c := &context{base: base{name: name + ": other words", rows: rows}, others: others, size: size, codebook: codebook}
	return apply(c, indices)
}

type context struct {
	base
	others   [][]int // P×T
	size     int
	codebook []float32
	y        buffer
}

func (c *context) Arity() int    { return 1 }
func (c *context) Type() hm.Type { return hm.NewFnType(matrix(), matrix()) }
func (c *context) width() int    { return len(c.others[0])*c.size + len(c.others) }

func (c *context) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	indices, err := c.batch("indices", in[0])
	if err != nil {
		return nil, err
	}
	if indices[1] != len(c.others) {
		return nil, fmt.Errorf("%s: %d words, want %d", c.name, indices[1], len(c.others))
	}
	return tensor.Shape{indices[0] * indices[1], c.width()}, nil
}

func (c *context) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer c.end(&err)
	words, width := len(c.others), c.width()
	dense, y := c.y.of(c.rows.Compiled*words, width)
	for i := range c.rows.Live {
		indices := floats(in[0])[i*words : (i+1)*words]
		for p, others := range c.others {
			row := y[(i*words+p)*width : (i*words+p+1)*width]
			clear(row)
			row[len(others)*c.size+p] = 1
			for t, other := range others {
				if other >= 0 {
					entry := int(indices[other]) * c.size
					copy(row[t*c.size:(t+1)*c.size], c.codebook[entry:entry+c.size])
				}
			}
		}
	}
	return dense, nil
}

func (c *context) DiffWRT(int) []bool { return []bool{false} }

func (c *context) SymDiff(gorgonia.Nodes, *gorgonia.Node, *gorgonia.Node) (gorgonia.Nodes, error) {
	return gorgonia.Nodes{nil}, nil
}

// WordsCrossEntropy declares the cross-entropy in nats of the words of a code, mean_B
// Σ_P (log Σ_K e^z − z_index) (logits z: BP×K, indices: B×P). The second measure of an
// image is the number of words whose entry has not the largest logit. Indices get no
// gradient.
func WordsCrossEntropy(name string, rows *Rows, logits, indices *gorgonia.Node) (Loss, error) {
	b := base{name: name + ": cross-entropy of words", rows: rows}
	shape, err := b.batch("indices", indices.Shape())
	if err != nil {
		return Loss{}, err
	}
	words := shape[1]
	return newLoss(b, words, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		kernel.WordsCrossEntropy(l.rows.Live, words, l.columns, scale, in[0], in[1], gradient, l.perImage, l.squared)
	}, logits, indices)
}
