package latent

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Codebook is a learned codebook of words (van den Oord, Vinyals & Kavukcuoglu 2017).
// Its entries are exponential moving averages of the words that they replace.
type Codebook struct {
	Entries int // K
	Layout  kernel.WordLayout
	Decay   float64 // weight of the past in the averages, from 0 to below 1
}

// CodebookName is the name of the parameter with the entries (K×D).
const CodebookName = code + "/codebook"

// Quantised is a code whose words are entries of a codebook.
type Quantised struct {
	Code    graph.Value // B×L
	Indices graph.Value // B×P: the entries, from 0 to K−1
	encoded graph.Value // B×L: the code before its words were replaced
	entries []float32   // K×D
	size    int         // D
}

// Nearest declares the code in which the nearest entry of the codebook replaces each
// word of z (B×L), and the output "code". Gradients pass unchanged to z. After a
// training step, the entries move to the words that they replaced.
func (c Codebook) Nearest(s *graph.Scope, z graph.Value) Quantised {
	spec := func(name string, fill func([]float32, uint64), shape ...int) graph.Spec {
		return graph.Spec{Name: code + "/" + name, Part: "encoder", Shape: shape, Fill: fill}
	}
	size := c.Layout.Size
	entries := s.Codebook(spec("codebook", graph.LeCunNormal.Fill(CodebookName, c.Layout.Size, 1), c.Entries, size))
	averages := kernel.MovingCodebook{
		Size: size, Decay: float32(c.Decay), Entries: entries,
		Counts: s.Statistic(spec("codebook_counts", nil, c.Entries)),
		Sums:   s.Statistic(spec("codebook_sums", nil, c.Entries, size)),
	}
	q := Lookup(s, c.Layout, entries, z, func(l op.Lookup) {
		key, _ := s.Draw()
		s.After(func() { l.Update(averages, *key) })
	})
	s.Output(code, q.Code)
	return q
}

// Lookup declares the code in which the nearest of fixed entries replaces each word of z
// (entries: K×D, z: B×L). found gets the operation; nil: nothing.
func Lookup(s *graph.Scope, layout kernel.WordLayout, entries []float32, z graph.Value, found func(op.Lookup)) (q Quantised) {
	q.encoded, q.entries, q.size = s.Rows(code, z), entries, layout.Size
	var lookup op.Lookup
	q.Code = s.Apply(func(rows *op.Rows, z op.Node, _ ...op.Node) (y op.Node, err error) {
		lookup, err = op.Nearest(code, rows, layout, entries, z)
		return lookup.Code, err
	}, q.encoded).As(z.Shape())
	if s.Failed() {
		return q
	}
	if found != nil {
		found(lookup)
	}
	q.Indices = s.Apply(func(*op.Rows, op.Node, ...op.Node) (op.Node, error) { return lookup.Indices, nil }, q.Code)
	q.Code = s.Traced(q.Code, func(n *trace.Network, in []*trace.Value) *trace.Value {
		return replaced(n, layout, entries, n.Flat(code, in[0]))
	}, q.encoded)
	return q
}

// Commitment declares the term "commitment", ‖z − sg[e]‖² of each image, which keeps the
// words of the encoder near the entries e.
func (q Quantised) Commitment(s *graph.Scope) graph.Term {
	return s.Term("commitment", func(rows *op.Rows, z op.Node, more ...op.Node) (op.Loss, error) {
		return op.SquaredError("commitment", rows, z, more[0])
	}, q.encoded, q.Code)
}

// Context declares what a prior sees of every word: the entries of other words, and which
// word it is (result: BP×(T·D+P)). Row p of others lists T words that word p sees, or
// −1 for none.
func (q Quantised) Context(s *graph.Scope, others [][]int) graph.Value {
	return s.Apply(func(rows *op.Rows, indices op.Node, _ ...op.Node) (op.Node, error) {
		return op.Context("prior", rows, others, q.size, q.entries, indices)
	}, q.Indices)
}

// Nats declares the term "prior", −log p of all words of an image under the softmax of
// the logits of every word (BP×K).
func (q Quantised) Nats(s *graph.Scope, logits graph.Value) graph.Term {
	return s.Term("prior", func(rows *op.Rows, z op.Node, more ...op.Node) (op.Loss, error) {
		return op.WordsCrossEntropy("prior", rows, z, more[0])
	}, logits, q.Indices).In("nats per image")
}

// replaced writes the code: the entry with the largest v·e − ½‖e‖² replaces word v. The words
// of all codes are the rows of one matrix, so the codebook is the only large constant.
func replaced(n *trace.Network, layout kernel.WordLayout, entries []float32, z *trace.Value) *trace.Value {
	words, size := layout.Count, layout.Size
	count := len(entries) / size
	biases := make([]float32, count)
	for k := range biases {
		var norm float64
		for _, v := range entries[k*size : (k+1)*size] {
			norm += float64(v) * float64(v)
		}
		biases[k] = float32(-norm / 2)
	}
	book, bias := trace.Constant(CodebookName, []int{count, size}, entries), trace.Constant(code+"/codebook_bias", []int{count}, biases)
	turned := func(x *trace.Value, shape ...int) *trace.Value {
		return n.Node(code, "Transpose", shape, trace.Attributes{trace.Ints("perm", 0, 2, 1)}, x)
	}
	inMaps := layout.Next == 1
	vectors, text, back := z, fmt.Sprintf("%%s.view(-1, %d, %d)", words, size), ".flatten(1)"
	if inMaps {
		vectors = turned(n.As(code, z, size, words), words, size)
		text, back = fmt.Sprintf("%%s.view(-1, %d, %d).transpose(1, 2)", size, words), ".transpose(1, 2).flatten(1)"
	}
	vectors = n.Node(code, "Reshape", []int{words, size}, nil, vectors, trace.Whole(code+"/vectors", -1, int64(size)))
	scores := n.Node(code, "Gemm", []int{words, count}, trace.Attributes{trace.Int("transB", 1)}, vectors, book, bias)
	indices := n.Node(code, "ArgMax", []int{words}, trace.Attributes{trace.Int("axis", 1), trace.Int("keepdims", 0)}, scores)
	found := n.Node(code, "Gather", []int{words, size}, trace.Attributes{trace.Int("axis", 0)}, book, indices)
	found = n.Node(code, "Reshape", []int{words, size}, nil, found, trace.Whole(code+"/words", -1, int64(words), int64(size)))
	if inMaps {
		found = turned(found, size, words)
	}
	buffer := n.Buffer(CodebookName, book.Constant)
	n.Helper(nearestHelper)
	return n.Python(n.Flat(code, found), "nearest("+text+", "+buffer+")"+back, z)
}

// nearestHelper replaces words by the nearest entries of a codebook.
const nearestHelper = `def nearest(words, codebook):
    """Replaces each word (N, P, D) by the nearest entry of a codebook (K, D)."""
    scores = words @ codebook.T - codebook.square().sum(1) / 2
    return codebook[scores.argmax(2)]
`
