package graph_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// forward computes layers in float64.
func forward(layers []graph.Layer, part string, p map[string][]float64, x []float64) []float64 {
	for i, l := range layers {
		name := fmt.Sprintf("%s/%d", part, i+1)
		w, y := p[name+"/weights"], make([]float64, l.Units)
		if !l.NoBias {
			copy(y, p[name+"/bias"])
		}
		for k, v := range x {
			for j := range y {
				y[j] += v * w[k*l.Units+j]
			}
		}
		if l.Activation == kernel.Tanh {
			for j := range y {
				y[j] = math.Tanh(y[j])
			}
		}
		x = y
	}
	return x
}

// reference is an autoencoder of linear and tanh layers in float64.
type reference struct {
	graph.Architecture
	graph.Objective
	parameters map[string][]float64
}

func newReference(a graph.Architecture, o graph.Objective, p *graph.Parameters) reference {
	r := reference{a, o, make(map[string][]float64)}
	for _, parameter := range p.All() {
		for _, v := range parameter.Values() {
			r.parameters[parameter.Name] = append(r.parameters[parameter.Name], float64(v))
		}
	}
	return r
}

// image computes one image: code, reconstruction, loss and squared error.
func (r reference) image(input, target []float32) (code, reconstruction []float64, loss, squared float64) {
	x := make([]float64, len(input))
	for i, v := range input {
		x[i] = float64(v)
	}
	code = forward(r.Encoder, "encoder", r.parameters, x)
	reconstruction = forward(r.Decoder, "decoder", r.parameters, code)
	for i, z := range reconstruction {
		v := float64(target[i])
		if r.Reconstruction == graph.CrossEntropy {
			loss += math.Log1p(math.Exp(z)) - z*v
			reconstruction[i] = 1 / (1 + math.Exp(-z))
		}
		squared += (reconstruction[i] - v) * (reconstruction[i] - v)
	}
	if r.Reconstruction == graph.SquaredError {
		loss = squared
	}
	return code, reconstruction, loss, squared
}

func (r reference) mean(rows int, input, target []float32) float64 {
	var sum float64
	d := r.Input.Size()
	for i := range rows {
		_, _, loss, _ := r.image(input[i*d:(i+1)*d], target[i*d:(i+1)*d])
		sum += loss
	}
	return sum / float64(rows)
}

// TestPrograms holds the programs of all modes against the reference, the
// gradients against its finite differences.
func TestPrograms(t *testing.T) {
	const rows, batch = 3, 5
	for _, o := range objectives {
		t.Run(string(o.Reconstruction), func(t *testing.T) {
			a := small(kernel.Tanh)
			a.Decoder[0].NoBias = true
			p := parameters(t, a, 1)
			r := newReference(a, o, p)
			d, l := a.Input.Size(), a.CodeSize()
			input, target := images(batch, d), images(2*batch, d)[batch*d:]

			evaluation := compile(t, a, o, p, graph.Evaluation, batch)
			run(t, evaluation, rows, input, target)
			encoder := compile(t, a, o, p, graph.Encoding, batch)
			run(t, encoder, rows, input, nil)
			decoder := compile(t, a, o, p, graph.Decoding, batch)
			run(t, decoder, rows, encoder.Codes(), nil)
			training := compile(t, a, o, p, graph.Training, batch)
			run(t, training, rows, input, target)

			same(t, "codes of the encoder", encoder.Codes(), evaluation.Codes())
			same(t, "codes in training", training.Codes(), evaluation.Codes())
			same(t, "decoded codes", decoder.Reconstructions(), evaluation.Reconstructions())
			same(t, "loss in training", []float32{float32(training.Mean())}, []float32{float32(evaluation.Mean())})
			for i := range rows {
				code, reconstruction, loss, squared := r.image(input[i*d:(i+1)*d], target[i*d:(i+1)*d])
				for j, v := range code {
					near(t, "code", float64(evaluation.Codes()[i*l+j]), v)
				}
				for j, v := range reconstruction {
					near(t, "reconstruction", float64(evaluation.Reconstructions()[i*d+j]), v)
				}
				near(t, "loss of an image", float64(evaluation.Terms[0].PerImage()[i]), loss)
				near(t, "squared error of an image", float64(evaluation.Terms[0].SquaredPerImage()[i]), squared)
			}
			near(t, "loss", evaluation.Mean(), r.mean(rows, input, target))
			checkGradients(t, training, r, p, func() float64 { return r.mean(rows, input, target) })
		})
	}
}

func checkGradients(t *testing.T, training *graph.Program, r reference, p *graph.Parameters, cost func() float64) {
	t.Helper()
	gradients := training.Gradients()
	if len(gradients) != len(p.All()) {
		t.Fatalf("%d gradients of %d parameters", len(gradients), len(p.All()))
	}
	for i, g := range gradients {
		if want := p.All()[i]; g.Name != want.Name || len(g.Values()) != len(want.Values()) {
			t.Fatalf("gradient %d is of %s, %d values; want %s, %d", i, g.Name, len(g.Values()), want.Name, len(want.Values()))
		}
		values := r.parameters[g.Name]
		for j := 0; j < len(values); j += 1 + len(values)/50 {
			const step = 1e-5
			old := values[j]
			values[j] = old + step
			above := cost()
			values[j] = old - step
			below := cost()
			values[j] = old
			near(t, fmt.Sprintf("gradient of %s[%d]", g.Name, j), float64(g.Values()[j]), (above-below)/(2*step))
		}
	}
}

// TestWidthsOfOne has vectors in all the places where matrices are expected.
func TestWidthsOfOne(t *testing.T) {
	for _, o := range objectives {
		a := fullyConnected(graph.Shape{Channels: 1, Height: 1, Width: 1}, []int{1}, 1, kernel.Tanh, kernel.Tanh, kernel.Linear, graph.GlorotUniform)
		p := parameters(t, a, 1)
		r := newReference(a, o, p)
		for _, batch := range []int{1, 4} {
			input := images(batch, 1)
			training := compile(t, a, o, p, graph.Training, batch)
			run(t, training, batch, input, input)
			near(t, "loss", training.Mean(), r.mean(batch, input, input))
			checkGradients(t, training, r, p, func() float64 { return r.mean(batch, input, input) })
		}
	}
}

func TestProgramsShareParameters(t *testing.T) {
	a, o := small(kernel.ReLU), objectives[1]
	p := parameters(t, a, 1)
	x := images(6, 20)
	training := compile(t, a, o, p, graph.Training, 6)
	evaluation := compile(t, a, o, p, graph.Evaluation, 6)
	run(t, evaluation, 6, x, x)
	before := evaluation.Mean()
	var solver adam
	for range 20 {
		run(t, training, 6, x, x)
		solver.descend(training)
	}
	run(t, training, 6, x, x)
	run(t, evaluation, 6, x, x)
	if training.Mean() != evaluation.Mean() {
		t.Errorf("loss is %g in training, %g in evaluation", training.Mean(), evaluation.Mean())
	}
	if after := evaluation.Mean(); !(after < before) {
		t.Errorf("loss went from %g to %g", before, after)
	}
	fill(values(t, p, "decoder/2/weights"), 0)
	bias := values(t, p, "decoder/2/bias")
	fill(bias, 0.25)
	run(t, evaluation, 1, x, x)
	same(t, "reconstruction", evaluation.Reconstructions(), bias)
}

// TestBatchSize computes the same images in batches of several sizes.
func TestBatchSize(t *testing.T) { eachPath(t, testBatchSize) }

func testBatchSize(t *testing.T) {
	const n = 70
	a := fullyConnected(graph.Shape{Channels: 1, Height: 9, Width: 11}, []int{37}, 5, kernel.Softplus, kernel.Tanh, kernel.Linear, graph.HeUniform)
	d := a.Input.Size()
	x := images(n, d)
	for _, o := range objectives {
		p := parameters(t, a, 1)
		var want [4][]float32
		for _, batch := range []int{1, 7, 64, n} {
			evaluation := compile(t, a, o, p, graph.Evaluation, batch)
			var got [4][]float32
			for at := 0; at < n; at += batch {
				rows := min(batch, n-at)
				run(t, evaluation, rows, x[at*d:], x[at*d:])
				for i, values := range [][]float32{evaluation.Codes(), evaluation.Reconstructions(), evaluation.Terms[0].PerImage(), evaluation.Terms[0].SquaredPerImage()} {
					got[i] = append(got[i], values...)
				}
			}
			if batch == 1 {
				want = got
			}
			for i, what := range []string{"codes", "reconstructions", "losses", "squared errors"} {
				same(t, fmt.Sprintf("%s of %s in batches of %d", what, o.Reconstruction, batch), got[i], want[i])
			}
		}
	}
}

// TestPartialBatch trains on fewer images than the program is compiled for.
func TestPartialBatch(t *testing.T) {
	a, o := small(kernel.ELU), objectives[0]
	p := parameters(t, a, 1)
	x := images(8, 20)
	exact := compile(t, a, o, p, graph.Training, 3)
	run(t, exact, 3, x, x)
	padded := compile(t, a, o, p, graph.Training, 8)
	run(t, padded, 8, x, x)
	for name, input := range map[string][]float32{"a whole buffer": x, "a short one": x[:3*20], "one between": x[:5*20]} {
		run(t, padded, 3, input, input)
		if padded.Mean() != exact.Mean() {
			t.Errorf("%s: loss is %g, want %g", name, padded.Mean(), exact.Mean())
		}
		for i, g := range padded.Gradients() {
			same(t, name+": gradient of "+g.Name, g.Values(), exact.Gradients()[i].Values())
		}
	}
	other := images(16, 20)[8*20:]
	run(t, exact, 3, other, other)
	run(t, padded, 3, other[:3*20], other[:3*20])
	same(t, "loss of other images", []float32{float32(padded.Mean())}, []float32{float32(exact.Mean())})
}

func TestRunErrors(t *testing.T) {
	a, o := small(kernel.ReLU), objectives[0]
	p := parameters(t, a, 1)
	x := images(4, 20)
	evaluation := compile(t, a, o, p, graph.Evaluation, 4)
	decoder := compile(t, a, o, p, graph.Decoding, 4)
	for _, c := range []struct {
		name          string
		program       *graph.Program
		rows          int
		input, target []float32
		want          []string
	}{
		{"no images", evaluation, 0, x, x, []string{"evaluation", "0 images", "1 to 4"}},
		{"negative", evaluation, -1, x, x, []string{"-1 images"}},
		{"too many", evaluation, 5, x, x, []string{"5 images", "1 to 4"}},
		{"short input", evaluation, 4, x[:79], x, []string{"input", "79", "4×20"}},
		{"no input", evaluation, 1, nil, x, []string{"input", "0", "1×20"}},
		{"short target", evaluation, 3, x, x[:59], []string{"target", "59", "3×20"}},
		{"no target", evaluation, 4, x, nil, []string{"target", "0", "4×20"}},
		{"short codes", decoder, 4, x[:11], nil, []string{"decoding", "input", "11", "4×3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			mentions(t, c.program.Run(graph.Batch{Rows: c.rows, Input: c.input, Target: c.target}), c.want...)
		})
	}
	run(t, evaluation, 4, x, x) // goes on after an error
}

func TestCompileErrors(t *testing.T) {
	a := small(kernel.ReLU)
	wider := small(kernel.ReLU)
	wider.Encoder[1].Units = 4
	for _, c := range []struct {
		name  string
		o     graph.Objective
		p     *graph.Parameters
		mode  graph.Mode
		batch int
		want  []string
	}{
		{"batch", objectives[0], parameters(t, a, 1), graph.Training, 0, []string{"batches of 0 images"}},
		{"no parameters", objectives[0], &graph.Parameters{}, graph.Training, 1, []string{"encoder/1/weights"}},
		{"other parameters", objectives[0], parameters(t, wider, 1), graph.Evaluation, 1, []string{"encoder/2/weights", "[13 4]", "[13 3]"}},
		{"no objective", graph.Objective{}, parameters(t, a, 1), graph.Training, 1, []string{`loss ""`, "cross-entropy"}},
		{"unknown objective", graph.Objective{Reconstruction: "guess"}, parameters(t, a, 1), graph.Decoding, 1, []string{`loss "guess"`}},
		{"mode", objectives[0], parameters(t, a, 1), graph.Mode(9), 1, []string{"mode(9)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := graph.Compile(a, c.o, c.p, c.mode, c.batch)
			mentions(t, err, c.want...)
		})
	}
	_, err := graph.Compile(a, objectives[0], parameters(t, wider, 1), graph.Training, 1)
	if !errors.Is(err, graph.ErrArchitecture) {
		t.Errorf("error %q does not wrap ErrArchitecture", err)
	}
	compile(t, a, graph.Objective{}, parameters(t, a, 1), graph.Encoding, 1) // needs none
}

func TestNotFinite(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		name  string
		o     graph.Objective
		spoil func(p *graph.Parameters, input, target []float32)
		want  string
	}{
		{"nothing", objectives[0], func(*graph.Parameters, []float32, []float32) {}, ""},
		{"weights", objectives[0], func(p *graph.Parameters, _, _ []float32) {
			values(t, p, "decoder/1/bias")[2] = nan
			values(t, p, "encoder/2/weights")[5] = nan
		}, "encoder/2/weights"},
		{"bias", objectives[1], func(p *graph.Parameters, _, _ []float32) { values(t, p, "decoder/2/bias")[19] = inf }, "decoder/2/bias"},
		{"input", objectives[0], func(_ *graph.Parameters, input, _ []float32) { input[39] = nan }, "input"},
		{"target", objectives[0], func(_ *graph.Parameters, _, target []float32) { target[39] = inf }, "target"},
		{"output of a layer", objectives[1], func(p *graph.Parameters, _, _ []float32) {
			fill(values(t, p, "encoder/1/weights"), 1e30)
			fill(values(t, p, "encoder/2/weights"), 1e30)
		}, "encoder/2: affine+linear"},
		{"loss", objectives[1], func(p *graph.Parameters, _, _ []float32) { fill(values(t, p, "decoder/2/bias"), 1e25) }, "loss: squared error"},
		{"gradient", objectives[0], func(p *graph.Parameters, _, target []float32) {
			for _, parameter := range p.All() {
				clear(parameter.Values())
			}
			fill(values(t, p, "decoder/2/weights"), 3e38) // 20 · ½ of it is too much for dx = dz·Wᵀ
			clear(target)
		}, "decoder/2: affine+linear dx"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := small(kernel.Linear)
			p := parameters(t, a, 1)
			input, target := images(2, 20), images(2, 20)
			c.spoil(p, input, target)
			training := compile(t, a, c.o, p, graph.Training, 2)
			run(t, training, 2, input, target)
			if got := training.NotFinite(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestNotFiniteLooksAtLiveRows lets a partial batch follow one with a NaN in
// its last image.
func TestNotFiniteLooksAtLiveRows(t *testing.T) {
	const batch = 13
	a := small(kernel.Tanh)
	p := parameters(t, a, 1)
	training := compile(t, a, objectives[0], p, graph.Training, batch)
	x := images(batch, 20)
	bad := slices.Clone(x)
	bad[len(bad)-1] = float32(math.NaN())
	run(t, training, batch, bad, x)
	if got := training.NotFinite(); got != "input" {
		t.Errorf("%q of a batch with a NaN", got)
	}
	run(t, training, 2, bad, x)
	if got := training.NotFinite(); got != "" {
		t.Errorf("%q is not finite in a batch without the NaN", got)
	}
}

// TestNotFiniteLooksAtWholeGradients compiles for as many images as a gradient
// has rows and spoils the last of these with one image alive.
func TestNotFiniteLooksAtWholeGradients(t *testing.T) {
	a := small(kernel.Linear)
	p := parameters(t, a, 1)
	values(t, p, "encoder/1/bias")[12] = 1e30 // an input of encoder/2, whose weights are zero
	clear(values(t, p, "encoder/2/weights"))
	fill(values(t, p, "decoder/1/weights"), 1e10)
	fill(values(t, p, "decoder/2/weights"), 1)
	training := compile(t, a, objectives[0], p, graph.Training, 13)
	x := make([]float32, 20)
	run(t, training, 1, x, x)
	if got, want := training.NotFinite(), "encoder/2: affine+linear backward"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestConcurrentPrograms runs programs that share their parameters at once.
func TestConcurrentPrograms(t *testing.T) {
	a := small(kernel.SELU)
	p := parameters(t, a, 1)
	x := images(64, 20)
	want := compile(t, a, objectives[0], p, graph.Evaluation, 64)
	run(t, want, 64, x, x)
	var programs []*graph.Program
	for _, batch := range []int{3, 16} {
		programs = append(programs, compile(t, a, objectives[0], p, graph.Evaluation, batch))
	}
	var group sync.WaitGroup
	for _, program := range programs {
		group.Go(func() {
			for i := range 100 {
				if err := program.Run(graph.Batch{Rows: 3, Input: x[i%60*20:], Target: x[i%60*20:]}); err != nil {
					t.Error(err)
					return
				}
				if got := program.Terms[0].PerImage()[0]; got != want.Terms[0].PerImage()[i%60] {
					t.Errorf("loss of image %d is %g, want %g", i%60, got, want.Terms[0].PerImage()[i%60])
					return
				}
			}
		})
	}
	group.Wait()
}

// TestThreads trains with one thread and with more.
func TestThreads(t *testing.T) { eachPath(t, testThreads) }

func testThreads(t *testing.T) {
	a := fullyConnected(graph.Shape{Channels: 1, Height: 14, Width: 14}, []int{96}, 16, kernel.Sigmoid, kernel.Linear, kernel.Linear, graph.GlorotNormal)
	x := images(64, 196)
	train := func(threads int) *graph.Parameters {
		setThreads(t, threads)
		p := parameters(t, a, 1)
		training := compile(t, a, objectives[0], p, graph.Training, 64)
		var solver adam
		for range 5 {
			run(t, training, 64, x, x)
			solver.descend(training)
		}
		return p
	}
	want := train(1)
	for _, threads := range []int{2, 3} {
		for i, got := range train(threads).All() {
			same(t, fmt.Sprintf("%s with %d threads", got.Name, threads), got.Values(), want.All()[i].Values())
		}
	}
}

// TestAllocations bounds the bytes of a run: bookkeeping, nothing that grows
// with the batch, be it whole, partial, or in a buffer that is too short.
func TestAllocations(t *testing.T) {
	a := small(kernel.ReLU)
	p := parameters(t, a, 1)
	x := images(256, 20)
	training := compile(t, a, objectives[0], p, graph.Training, 256)
	for _, c := range []struct {
		name        string
		rows, holds int
	}{{"a whole batch", 256, 256}, {"a partial batch", 100, 256}, {"a short buffer", 100, 100}} {
		if got := bytesPerRun(func() { run(t, training, c.rows, x[:c.holds*20], x[:c.holds*20]) }); got > 4096 {
			t.Errorf("%s: %d bytes a run", c.name, got)
		}
	}
}
