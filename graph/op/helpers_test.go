package op_test

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// input is one input of a model under test.
type input struct {
	name   string
	shape  []int // without the rows of a batch
	batch  bool  // the input has one row for each image
	wrt    bool  // the gradient in the input is computed
	lo, hi float64
}

// model is a small graph under test, with a reference in float64.
type model struct {
	inputs    []input
	declare   func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (y *gorgonia.Node, loss op.Loss)
	reference func(in []array) (y array, l losses)
}

// values makes the inputs of a model for a batch of the given rows. A smaller
// batch is the beginning of a larger one.
func (m model) values(rows int) []array {
	all := make([]array, len(m.inputs))
	for i, in := range m.inputs {
		shape := in.shape
		if in.batch {
			shape = append([]int{rows}, shape...)
		}
		all[i] = random(rand.New(rand.NewPCG(7, uint64(i))), in.lo, in.hi, shape...)
	}
	return all
}

// live returns the inputs with batches cut to their first rows.
func (m model) live(all []array, rows int) []array {
	cut := make([]array, len(all))
	for i, a := range all {
		cut[i] = a
		if m.inputs[i].batch {
			cut[i] = a.rows(rows)
		}
	}
	return cut
}

// compiled is a model on a TapeMachine.
type compiled struct {
	rows      *op.Rows
	in        gorgonia.Nodes
	y         *gorgonia.Node
	loss      op.Loss
	gradients map[int]*gorgonia.Node // by input
	machine   gorgonia.VM
}

var gradMutex sync.Mutex

// grad is gorgonia.Grad, which caches the hash of a constant that all graphs
// share. The mutex lets tests run in parallel.
func grad(cost *gorgonia.Node, wrt ...*gorgonia.Node) (gorgonia.Nodes, error) {
	gradMutex.Lock()
	defer gradMutex.Unlock()
	return gorgonia.Grad(cost, wrt...)
}

// compile compiles the model for batches of the given rows and binds its
// inputs.
func (m model) compile(t *testing.T, rows int, values []array) *compiled {
	t.Helper()
	graph := gorgonia.NewGraph()
	c := &compiled{rows: &op.Rows{Live: rows, Compiled: rows}, gradients: make(map[int]*gorgonia.Node)}
	var wrt gorgonia.Nodes
	var which []int
	for i, in := range m.inputs {
		node := declare(graph, in.name, values[i])
		c.in = append(c.in, node)
		if in.wrt {
			wrt, which = append(wrt, node), append(which, i)
		}
	}
	c.y, c.loss = m.declare(t, c.rows, c.in)
	nodes, err := grad(c.loss.Node, wrt...)
	if err != nil {
		t.Fatalf("differentiate: %v", err)
	}
	for i, node := range nodes {
		c.gradients[which[i]] = node
	}
	c.machine = gorgonia.NewTapeMachine(graph)
	t.Cleanup(func() { c.machine.Close() })
	return c
}

// declare declares an input node bound to float32 copies of the values.
func declare(graph *gorgonia.ExprGraph, name string, a array) *gorgonia.Node {
	backing := make([]float32, len(a.values))
	for i, v := range a.values {
		backing[i] = float32(v)
	}
	value := tensor.New(tensor.WithShape(a.shape...), tensor.WithBacking(backing))
	return gorgonia.NewTensor(graph, tensor.Float32, len(a.shape), gorgonia.WithName(name), gorgonia.WithShape(a.shape...), gorgonia.WithValue(value))
}

// run computes the first rows of the batch.
func (c *compiled) run(t testing.TB, rows int) {
	t.Helper()
	c.rows.SetLive(rows)
	if err := c.machine.RunAll(); err != nil {
		t.Fatalf("run: %v", err)
	}
	c.machine.Reset()
}

// gradient returns the gradient of the loss in input i, of its live rows if it
// is a batch.
func (c *compiled) gradient(m model, i int) []float32 {
	g := floats(c.gradients[i])
	if m.inputs[i].batch {
		g = g[:c.rows.Live*m.inputs[i].shape[0]]
	}
	return g
}

func (c *compiled) mean() float32 { return float32(*c.loss.Node.Value().(*gorgonia.F32)) }

func floats(n *gorgonia.Node) []float32 { return n.Value().(*tensor.Dense).Float32s() }

// near fails if got and want differ by more than rounding errors of float32.
func near(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	scale := 1e-2
	for _, w := range want {
		scale = max(scale, math.Abs(w))
	}
	for i, w := range want {
		if !(math.Abs(float64(got[i])-w) <= 2e-5*scale) {
			t.Fatalf("%s[%d] = %g, want %g", what, i, got[i], w)
		}
	}
}

// same fails if two results differ in one bit.
func same(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s[%d] = %g, want %g to the bit", what, i, got[i], want[i])
		}
	}
}

// check compares a model with its reference, and its gradients with finite
// differences of the reference. It then compares a machine that is compiled for
// more rows with one that is compiled for live, bit for bit.
func (m model) check(t *testing.T, live, rows int) {
	t.Helper()
	all := m.values(rows)
	in := m.live(all, live)
	exact := m.compile(t, live, in)
	exact.run(t, live)
	m.checkReference(t, exact, in)
	if live == rows {
		return
	}

	for i, a := range all { // rows beyond the live ones must not be read
		for j := len(in[i].values); j < len(a.values); j++ {
			a.values[j] = math.NaN()
		}
	}
	partial := m.compile(t, rows, all)
	partial.run(t, live)
	width := exact.y.Shape()[1]
	y := floats(partial.y)
	same(t, "output", y[:live*width], floats(exact.y))
	same(t, "rows beyond the live ones", y[live*width:], make([]float32, (rows-live)*width))
	same(t, "loss", []float32{partial.mean()}, []float32{exact.mean()})
	same(t, "loss per image", partial.loss.PerImage(), exact.loss.PerImage())
	same(t, "squared error per image", partial.loss.SquaredPerImage(), exact.loss.SquaredPerImage())
	for i, name := range m.names() {
		if m.inputs[i].wrt {
			same(t, "gradient of "+name, partial.gradient(m, i), exact.gradient(m, i))
		}
	}
}

func (m model) names() []string {
	names := make([]string, len(m.inputs))
	for i, in := range m.inputs {
		names[i] = in.name
	}
	return names
}

func (m model) checkReference(t *testing.T, c *compiled, in []array) {
	t.Helper()
	y, l := m.reference(in)
	near(t, "output", floats(c.y), y.values)
	near(t, "loss per image", c.loss.PerImage(), l.perImage)
	near(t, "squared error per image", c.loss.SquaredPerImage(), l.squared)
	near(t, "loss", []float32{c.mean()}, []float64{l.mean()})
	cost := func() float64 {
		_, l := m.reference(in)
		return l.mean()
	}
	for i, name := range m.names() {
		if !m.inputs[i].wrt {
			continue
		}
		got := c.gradient(m, i)
		var sample []float32
		var want []float64
		for _, j := range rand.New(rand.NewPCG(1, 2)).Perm(len(got))[:min(len(got), 48)] { // large tensors are sampled
			sample = append(sample, got[j])
			want = append(want, slope(&in[i].values[j], cost))
		}
		near(t, "gradient of "+name, sample, want)
	}
}

// eachPath runs a test with every implementation of the kernels that this
// processor supports.
func eachPath(t *testing.T, test func(t *testing.T)) {
	old := kernel.Path()
	t.Cleanup(func() {
		if err := kernel.Use(old); err != nil {
			t.Error(err)
		}
	})
	for _, path := range kernel.Paths() {
		t.Run(path, func(t *testing.T) {
			if err := kernel.Use(path); err != nil {
				t.Fatal(err)
			}
			test(t)
		})
	}
}

// elementwise is an elementwise function under a squared error, on rows of 24
// values or on images of 2×4×3.
func elementwise(lo, hi float64, images bool, declare func(rows *op.Rows, x *gorgonia.Node) (*gorgonia.Node, error), reference func(x array) array) model {
	return onInput(lo, hi, -1, 1, 24, func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
		y := must[*gorgonia.Node](t)(declare(rows, layOut(t, rows, images, x)))
		if images {
			y = must[*gorgonia.Node](t)(op.ToRows("last", rows, y))
		}
		return y, must[op.Loss](t)(op.SquaredError("loss", rows, y, target))
	}, func(x, target array) (array, losses) {
		y := reference(x)
		return y, squaredError(y, target)
	})
}

// layOut declares rows of 24 values as images of 2×4×3, or returns them
// unchanged.
func layOut(t *testing.T, rows *op.Rows, images bool, x *gorgonia.Node) *gorgonia.Node {
	t.Helper()
	if !images {
		return x
	}
	return must[*gorgonia.Node](t)(op.FromRows(x.Name()+" as images", rows, 2, 4, 3, false, x))
}

// checkAllocations bounds the bytes of a run. The machine allocates some for
// each node, and nothing of the size of a batch is allowed.
func (m model) checkAllocations(t *testing.T) {
	t.Helper()
	if kernel.Path() != kernel.Paths()[0] { // allocations do not depend on the path
		return
	}
	c := m.compile(t, 512, m.values(512))
	c.run(t, 512)
	if got := bytesPerRun(func() { c.run(t, 512) }); got > 8192 {
		t.Errorf("%d bytes per run", got)
	}
}
