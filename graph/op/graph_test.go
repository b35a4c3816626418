package op_test

import (
	"math"
	"runtime"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// tied is an autoencoder with tied weights under a cross-entropy.
func tied() model {
	const d, h = 11, 4
	return model{
		inputs: []input{
			{name: "x", shape: []int{d}, batch: true, lo: -1, hi: 1},
			{name: "target", shape: []int{d}, batch: true, lo: 0, hi: 1},
			{name: "w", shape: []int{d, h}, wrt: true, lo: -1, hi: 1},
			{name: "b1", shape: []int{h}, wrt: true, lo: -1, hi: 1},
			{name: "b2", shape: []int{d}, wrt: true, lo: -1, hi: 1},
		},
		declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
			code := must[*gorgonia.Node](t)(op.Affine("encoder", rows, kernel.Sigmoid, false, true, in[0], in[2], in[3]))
			y := must[*gorgonia.Node](t)(op.Affine("decoder", rows, kernel.Linear, true, false, code, in[2], in[4]))
			return y, must[op.Loss](t)(op.Bernoulli().Loss("loss", rows, y, in[1]))
		},
		reference: func(in []array) (array, losses) {
			code := affine(kernel.Sigmoid, false, in[0], in[2], in[3].values)
			y := affine(kernel.Linear, true, code, in[2], in[4].values)
			return y, crossEntropy(y, in[1])
		},
	}
}

func TestSharedWeightsSumTheirGradients(t *testing.T) { tied().checkBatches(t) }

// TestRepeatedRuns runs one machine on full and partial batches in turn. No run
// may depend on an earlier one.
func TestRepeatedRuns(t *testing.T) {
	t.Parallel()
	m := tied()
	values := m.values(6)
	c := m.compile(t, 6, values)
	first := make(map[int][][]float32) // loss and gradients, by live rows
	for _, live := range []int{6, 2, 6, 1, 2, 6} {
		c.run(t, live)
		results := [][]float32{{c.mean()}}
		for i := range m.inputs {
			if m.inputs[i].wrt {
				results = append(results, append([]float32(nil), c.gradient(m, i)...))
			}
		}
		if first[live] == nil {
			first[live] = results
		}
		for i, r := range results {
			same(t, "result of a repeated run", r, first[live][i])
		}
	}
}

// TestRowsBeyondTheLiveOnes checks that a partial run does not change other
// rows.
func TestRowsBeyondTheLiveOnes(t *testing.T) {
	t.Parallel()
	m := tied()
	c := m.compile(t, 6, m.values(6))
	c.run(t, 6)
	before := append([]float32(nil), floats(c.y)...)
	c.run(t, 2)
	same(t, "output", floats(c.y), before)
	if n := len(c.loss.PerImage()); n != 2 {
		t.Errorf("%d losses per image of 2 live rows", n)
	}
}

// TestWeightedLosses minimises 0.25·squared error + 3·cross-entropy of one
// layer. The gradient of each loss must be scaled by its weight.
func TestWeightedLosses(t *testing.T) {
	t.Parallel()
	const from, to = 6, 3
	var terms [2]op.Loss
	weighted := func(l0, l1 losses) losses {
		sum := losses{perImage: make([]float64, len(l0.perImage))}
		for i := range sum.perImage {
			sum.perImage[i] = 0.25*l0.perImage[i] + 3*l1.perImage[i]
		}
		return sum
	}
	m := model{
		inputs: []input{
			{name: "x", shape: []int{from}, batch: true, wrt: true, lo: -1, hi: 1},
			{name: "target", shape: []int{to}, batch: true, lo: 0, hi: 1},
			{name: "w", shape: []int{from, to}, wrt: true, lo: -1, hi: 1},
		},
		declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
			y := must[*gorgonia.Node](t)(op.Affine("layer", rows, kernel.Tanh, false, false, in[0], in[2], nil))
			terms[0] = must[op.Loss](t)(op.SquaredError("one", rows, y, in[1]))
			terms[1] = must[op.Loss](t)(op.Bernoulli().Loss("two", rows, y, in[1]))
			weigh := func(weight float32, l op.Loss) *gorgonia.Node {
				return gorgonia.Must(gorgonia.Mul(gorgonia.NewConstant(weight), l.Node))
			}
			sum := gorgonia.Must(gorgonia.Add(weigh(0.25, terms[0]), weigh(3, terms[1])))
			return y, op.Loss{Node: sum}
		},
		reference: func(in []array) (array, losses) {
			y := affine(kernel.Tanh, false, in[0], in[2], nil)
			return y, weighted(squaredError(y, in[1]), crossEntropy(y, in[1]))
		},
	}
	values := m.values(5)
	c := m.compile(t, 5, values)
	for range 3 { // the scaling must not accumulate over runs
		c.run(t, 5)
	}
	_, want := m.reference(values)
	near(t, "loss", []float32{c.mean()}, []float64{want.mean()})
	y := affine(kernel.Tanh, false, values[0], values[2], nil)
	near(t, "squared error", terms[0].PerImage(), squaredError(y, values[1]).perImage)
	near(t, "mean squared error", []float32{float32(*terms[0].Node.Value().(*gorgonia.F32))}, []float64{squaredError(y, values[1]).mean()})
	near(t, "cross-entropy", terms[1].PerImage(), crossEntropy(y, values[1]).perImage)
	cost := func() float64 { _, l := m.reference(values); return l.mean() }
	for _, i := range []int{0, 2} {
		want := make([]float64, len(values[i].values))
		for j := range want {
			want[j] = slope(&values[i].values[j], cost)
		}
		near(t, "gradient of "+m.inputs[i].name, c.gradient(m, i), want)
	}
}

// TestCrossEntropyOfLargeLogits uses logits whose sigmoid is 0 or 1 in float32.
func TestCrossEntropyOfLargeLogits(t *testing.T) {
	t.Parallel()
	graph := gorgonia.NewGraph()
	rows := &op.Rows{Live: 1, Compiled: 1}
	logits := declare(graph, "logits", array{[]int{1, 4}, []float64{200, -200, 200, -200}})
	target := declare(graph, "target", array{[]int{1, 4}, []float64{1, 0, 0, 1}})
	loss := must[op.Loss](t)(op.Bernoulli().Loss("loss", rows, logits, target))
	gradients := must[gorgonia.Nodes](t)(grad(loss.Node, logits))
	c := &compiled{rows: rows, loss: loss, machine: gorgonia.NewTapeMachine(graph)}
	c.run(t, 1)
	near(t, "loss", []float32{c.mean()}, []float64{400})
	near(t, "gradient", floats(gradients[0]), []float64{0, 0, 1, -1})
}

// TestOpsDoNotMerge declares ops of one kind on the same inputs.
func TestOpsDoNotMerge(t *testing.T) {
	t.Parallel()
	graph := gorgonia.NewGraph()
	rows := &op.Rows{Live: 2, Compiled: 2}
	x := declare(graph, "x", zeros(2, 3))
	w := declare(graph, "w", zeros(3, 3))
	affine := must[*gorgonia.Node](t)
	loss := must[op.Loss](t)
	pairs := map[string][2]*gorgonia.Node{
		"affine": {
			affine(op.Affine("1", rows, kernel.ReLU, false, false, x, w, nil)),
			affine(op.Affine("2", rows, kernel.ReLU, false, false, x, w, nil))},
		"activate": {
			affine(op.Activate("1", rows, kernel.Tanh, x)),
			affine(op.Activate("2", rows, kernel.Tanh, x))},
		"activations of one place": {
			affine(op.Activate("3", rows, kernel.Tanh, x)),
			affine(op.Activate("3", rows, kernel.ELU, x))},
		"squared error": {
			loss(op.SquaredError("1", rows, x, x)).Node,
			loss(op.SquaredError("2", rows, x, x)).Node},
		"losses of one place": {
			loss(op.SquaredError("3", rows, x, x)).Node,
			loss(op.Bernoulli().Loss("3", rows, x, x)).Node},
	}
	machine := gorgonia.NewTapeMachine(graph)
	defer machine.Close()
	if err := machine.RunAll(); err != nil {
		t.Fatal(err)
	}
	for name, pair := range pairs {
		if pair[0] == pair[1] || pair[0].Value() == pair[1].Value() {
			t.Errorf("%s: two ops became one", name)
		}
	}
}

func TestDeclarationErrors(t *testing.T) {
	t.Parallel()
	graph := gorgonia.NewGraph()
	rows := &op.Rows{Live: 4, Compiled: 4}
	input := func(name string, shape ...int) *gorgonia.Node {
		return gorgonia.NewTensor(graph, tensor.Float32, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...))
	}
	x, w, b := input("x", 4, 6), input("w", 6, 3), input("b", 3)
	line, wrong, narrow, other := input("line", 6), input("wrong", 5), input("narrow", 4, 5), input("other", 2, 6)
	affine := func(transposed bool, x, w, b *gorgonia.Node) func() error {
		return func() error {
			_, err := op.Affine("encoder/1", rows, kernel.ReLU, transposed, false, x, w, b)
			return err
		}
	}
	loss := func(declare func(string, *op.Rows, *gorgonia.Node, *gorgonia.Node) (op.Loss, error), prediction, target *gorgonia.Node) func() error {
		return func() error {
			_, err := declare("loss", rows, prediction, target)
			return err
		}
	}
	for _, c := range []struct {
		name    string
		declare func() error
		want    []string
	}{
		{"weights", affine(false, narrow, w, nil), []string{"encoder/1", "4×5", "B×6"}},
		{"transposed weights", affine(true, x, w, b), []string{"encoder/1", "4×6", "B×3"}},
		{"bias", affine(false, x, w, wrong), []string{"encoder/1", "5", "3"}},
		{"a vector as input", affine(false, line, w, b), []string{"encoder/1", "(6)"}},
		{"a vector as weights", affine(false, x, line, b), []string{"encoder/1", "(6)"}},
		{"a matrix as bias", affine(false, x, w, w), []string{"encoder/1", "(6, 3)"}},
		{"another batch", affine(false, other, w, b), []string{"encoder/1", "2", "4"}},
		{"squared error", loss(op.SquaredError, x, w), []string{"loss: squared error", "(4, 6)", "(6, 3)"}},
		{"cross-entropy", loss(op.Bernoulli().Loss, x, w), []string{"loss: cross-entropy", "(4, 6)", "(6, 3)"}},
		{"loss of vectors", loss(op.SquaredError, line, line), []string{"loss: squared error", "(6)"}},
		{"loss of another batch", loss(op.Bernoulli().Loss, other, other), []string{"loss: cross-entropy", "2", "4"}},
		{"activation of a vector", func() error {
			_, err := op.Activate("reconstruction", rows, kernel.Sigmoid, line)
			return err
		}, []string{"reconstruction: sigmoid", "(6)"}},
		{"activation of another batch", func() error {
			_, err := op.Activate("reconstruction", rows, kernel.Sigmoid, other)
			return err
		}, []string{"reconstruction: sigmoid", "2", "4"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.declare()
			if err == nil {
				t.Fatal("no error")
			}
			mentions(t, err, c.want...)
			if strings.Contains(err.Error(), "Failed") {
				t.Errorf("error %q is not in our words", err)
			}
		})
	}
}

// mentions fails if the text of an error lacks a part.
func mentions(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not mention %q", err, part)
		}
	}
}

// TestPanicBecomesAnError makes each op read beyond the end of its buffers,
// like a defective kernel.
func TestPanicBecomesAnError(t *testing.T) {
	t.Parallel()
	rows := &op.Rows{Live: 2, Compiled: 2}
	for _, c := range []struct {
		name    string
		declare func(t *testing.T, x, w *gorgonia.Node) *gorgonia.Node
	}{
		{"place: affine+relu", func(t *testing.T, x, w *gorgonia.Node) *gorgonia.Node {
			return must[*gorgonia.Node](t)(op.Affine("place", rows, kernel.ReLU, false, false, x, w, nil))
		}},
		{"place: tanh", func(t *testing.T, x, _ *gorgonia.Node) *gorgonia.Node {
			return must[*gorgonia.Node](t)(op.Activate("place", rows, kernel.Tanh, x))
		}},
		{"place: squared error", func(t *testing.T, x, _ *gorgonia.Node) *gorgonia.Node {
			return must[op.Loss](t)(op.SquaredError("place", rows, x, x)).Node
		}},
		{"place: cross-entropy", func(t *testing.T, x, _ *gorgonia.Node) *gorgonia.Node {
			return must[op.Loss](t)(op.Bernoulli().Loss("place", rows, x, x)).Node
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			graph := gorgonia.NewGraph()
			c.declare(t, declare(graph, "x", zeros(2, 3)), declare(graph, "w", zeros(3, 3)))
			machine := gorgonia.NewTapeMachine(graph)
			defer machine.Close()
			rows.Live = 1000
			err := machine.RunAll()
			rows.Live = 2
			if err == nil {
				t.Fatal("no error")
			}
			mentions(t, err, c.name)
			machine.Reset()
			if err := machine.RunAll(); err != nil {
				t.Errorf("after the error: %v", err)
			}
		})
	}
}

// TestAllocations bounds the bytes that a run allocates. They must not grow
// with the batch.
func TestAllocations(t *testing.T) {
	m := tied()
	c := m.compile(t, 512, m.values(512))
	c.run(t, 512)
	if got := bytesPerRun(func() { c.run(t, 512) }); got > 4096 {
		t.Errorf("%d bytes a run", got)
	}
}

// bytesPerRun measures the bytes that f allocates in a run after the first one.
func bytesPerRun(f func()) uint64 {
	const runs = 100
	f()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		f()
	}
	runtime.ReadMemStats(&after)
	return uint64(math.Ceil(float64(after.TotalAlloc-before.TotalAlloc) / runs))
}
