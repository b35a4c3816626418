package graph_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"gaetrain/graph"
)

// reference is an autoencoder of fully connected tanh and linear layers in
// float64.
type reference struct {
	autoencoder
	parameters map[string][]float64
}

func newReference(a autoencoder, p *graph.Parameters) reference {
	r := reference{a, make(map[string][]float64)}
	for _, parameter := range p.All() {
		for _, v := range parameter.Values() {
			r.parameters[parameter.Name] = append(r.parameters[parameter.Name], float64(v))
		}
	}
	return r
}

// forward computes the two layers of a part: a tanh layer and a linear one.
func (r reference) forward(part string, x []float64) []float64 {
	for depth := range 2 {
		name := fmt.Sprintf("%s/%d", part, depth+1)
		w := r.parameters[name+"/weights"]
		y := make([]float64, len(w)/len(x))
		copy(y, r.parameters[name+"/bias"])
		for k, v := range x {
			for j := range y {
				y[j] += v * w[k*len(y)+j]
			}
		}
		if depth == 0 {
			for j := range y {
				y[j] = math.Tanh(y[j])
			}
		}
		x = y
	}
	return x
}

// image computes the code, the reconstruction, the loss and the squared error
// of one image.
func (r reference) image(input, target []float32) (code, reconstruction []float64, loss, squared float64) {
	x := make([]float64, len(input))
	for i, v := range input {
		x[i] = float64(v)
	}
	code = r.forward("encoder", x)
	reconstruction = r.forward("decoder", code)
	for i, z := range reconstruction {
		v := float64(target[i])
		if r.logits {
			loss += math.Log1p(math.Exp(z)) - z*v
			reconstruction[i] = 1 / (1 + math.Exp(-z))
		}
		squared += (reconstruction[i] - v) * (reconstruction[i] - v)
	}
	if !r.logits {
		loss = squared
	}
	return code, reconstruction, loss, squared
}

func (r reference) mean(rows int, input, target []float32) float64 {
	var sum float64
	d := r.encoder.In().Size()
	for i := range rows {
		_, _, loss, _ := r.image(input[i*d:(i+1)*d], target[i*d:(i+1)*d])
		sum += loss
	}
	return sum / float64(rows)
}

// TestPrograms compares programs that train, evaluate, encode and decode with
// the reference, and the gradients with finite differences of the reference.
func TestPrograms(t *testing.T) {
	t.Parallel()
	const rows, batch = 3, 5
	for _, logits := range []bool{true, false} {
		t.Run(fmt.Sprintf("logits=%t", logits), func(t *testing.T) {
			a := small(t, "tanh", logits)
			p := parameters(t, 1, a.declare)
			r := newReference(a, p)
			const d, l = 20, 3
			input, target := images(batch, d), images(2*batch, d)[batch*d:]
			inputs := map[string][]float32{"input": input, "target": target}

			evaluation := evaluationOf(t, p, batch, a.declare, "code", "reconstruction")
			run(t, evaluation, rows, inputs)
			decoder := evaluationOf(t, p, batch, a.decode, "reconstruction")
			run(t, decoder, rows, map[string][]float32{"code": evaluation.Output("code")})
			training := trainingOf(t, p, batch, a.declare)
			run(t, training, rows, inputs)

			same(t, "codes in training", training.Output("code"), evaluation.Output("code"))
			if !logits {
				same(t, "decoded codes", decoder.Output("reconstruction"), evaluation.Output("reconstruction"))
			}
			same(t, "loss in training", []float32{float32(training.Mean())}, []float32{float32(evaluation.Mean())})
			for i := range rows {
				code, reconstruction, loss, squared := r.image(input[i*d:(i+1)*d], target[i*d:(i+1)*d])
				for j, v := range code {
					near(t, "code", float64(evaluation.Output("code")[i*l+j]), v)
				}
				for j, v := range reconstruction {
					near(t, "reconstruction", float64(evaluation.Output("reconstruction")[i*d+j]), v)
				}
				near(t, "loss of an image", float64(evaluation.Terms()[0].PerImage()[i]), loss)
				near(t, "squared error of an image", float64(evaluation.Terms()[0].SquaredPerImage()[i]), squared)
			}
			near(t, "loss", evaluation.Mean(), r.mean(rows, input, target))
			checkGradients(t, training, r, p, func() float64 { return r.mean(rows, input, target) })
			if len(evaluation.Gradients()) != 0 {
				t.Error("evaluation has gradients")
			}
		})
	}
}

// checkGradients compares gradients with finite differences. The bound is
// relative to the largest gradient in the same tensor.
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
		values, bound := r.parameters[g.Name], 1e-5*scale(g.Values())
		if bound == 0 {
			t.Errorf("the gradient of %s is zero", g.Name)
		}
		for j := range values {
			const step = 1e-5
			old := values[j]
			values[j] = old + step
			above := cost()
			values[j] = old - step
			below := cost()
			values[j] = old
			within(t, fmt.Sprintf("gradient of %s[%d]", g.Name, j), float64(g.Values()[j]), (above-below)/(2*step), bound+1e-8)
		}
	}
}

// TestWidthsOfOne uses vectors wherever matrices are expected.
func TestWidthsOfOne(t *testing.T) {
	t.Parallel()
	for _, logits := range []bool{true, false} {
		a := spelled(t, graph.Row(1), "dense:1,tanh dense:1", "dense:1,tanh dense:1", logits)
		p := parameters(t, 1, a.declare)
		r := newReference(a, p)
		for _, batch := range []int{1, 4} {
			input := images(batch, 1)
			training := trainingOf(t, p, batch, a.declare)
			run(t, training, batch, both(input))
			near(t, "loss", training.Mean(), r.mean(batch, input, input))
			checkGradients(t, training, r, p, func() float64 { return r.mean(batch, input, input) })
		}
	}
}

func TestProgramsShareParameters(t *testing.T) {
	t.Parallel()
	a := small(t, "relu", false)
	p := parameters(t, 1, a.declare)
	x := both(images(6, 20))
	training, evaluation := trainingOf(t, p, 6, a.declare), evaluationOf(t, p, 6, a.declare, "reconstruction")
	run(t, evaluation, 6, x)
	before := evaluation.Mean()
	var solver adam
	for range 20 {
		run(t, training, 6, x)
		solver.descend(training)
	}
	run(t, training, 6, x)
	run(t, evaluation, 6, x)
	if training.Mean() != evaluation.Mean() {
		t.Errorf("loss is %g in training, %g in evaluation", training.Mean(), evaluation.Mean())
	}
	if after := evaluation.Mean(); !(after < before) {
		t.Errorf("loss went from %g to %g", before, after)
	}
	fill(values(t, p, "decoder/2/weights"), 0)
	bias := values(t, p, "decoder/2/bias")
	fill(bias, 0.25)
	run(t, evaluation, 1, x)
	same(t, "reconstruction", evaluation.Output("reconstruction"), bias)
}

// TestBatchSize computes the same images in batches of several sizes.
func TestBatchSize(t *testing.T) { eachPath(t, testBatchSize) }

func testBatchSize(t *testing.T) {
	const n, d = 70, 99
	x := images(n, d)
	for name, a := range map[string]autoencoder{
		"dense":       spelled(t, graph.Shape{Channels: 1, Height: 9, Width: 11}, "dense:37,softplus dense:5,tanh", "dense:37,softplus dense:99,1x9x11", true),
		"convolution": spelled(t, graph.Shape{Channels: 1, Height: 9, Width: 11}, "conv:4,3,s2,selu dense:5", "dense:4,1x2x2 up:5 conv:1,3 dense:99,1x9x11", false),
	} {
		p := parameters(t, 1, a.declare)
		var want [4][]float32
		for _, batch := range []int{1, 7, 64, n} {
			evaluation := evaluationOf(t, p, batch, a.declare, "code", "reconstruction")
			var got [4][]float32
			for at := 0; at < n; at += batch {
				rows := min(batch, n-at)
				run(t, evaluation, rows, both(x[at*d:]))
				term := evaluation.Terms()[0]
				for i, values := range [][]float32{evaluation.Output("code"), evaluation.Output("reconstruction"), term.PerImage(), term.SquaredPerImage()} {
					got[i] = append(got[i], values...)
				}
			}
			if batch == 1 {
				want = got
			}
			for i, what := range []string{"codes", "reconstructions", "losses", "squared errors"} {
				same(t, fmt.Sprintf("%s, %s in batches of %d", name, what, batch), got[i], want[i])
			}
		}
	}
}

// TestPartialBatch trains on fewer images than the program was compiled for.
// The result must equal that of a program for this number, bit for bit.
func TestPartialBatch(t *testing.T) {
	t.Parallel()
	const d = 20
	for name, a := range map[string]autoencoder{
		"dense":       small(t, "elu", true),
		"convolution": spelled(t, image, "conv:3,3,elu conv:2,3,s2,groupnorm:2 dense:3", "dense:8,2x2x2 transposed:2,4,s2,elu dense:20,1x4x5", true),
		"normalised":  spelled(t, image, "dense:13,batchnorm dense:3 dropout:0.3", "dense:13,layernorm dense:20,1x4x5", false),
	} {
		t.Run(name, func(t *testing.T) {
			p := parameters(t, 1, a.declare)
			x := images(24, d)
			exact, padded := trainingOf(t, p, 3, a.declare), trainingOf(t, p, 24, a.declare)
			run(t, exact, 3, both(x))
			run(t, padded, 24, both(x))
			compare := func(what string) {
				t.Helper()
				if padded.Mean() != exact.Mean() {
					t.Errorf("%s: loss is %g, want %g", what, padded.Mean(), exact.Mean())
				}
				for i, g := range padded.Gradients() {
					same(t, what+": gradient of "+g.Name, g.Values(), exact.Gradients()[i].Values())
				}
				same(t, what+": codes", padded.Output("code"), exact.Output("code"))
			}
			for what, input := range map[string][]float32{"a whole buffer": x, "a short one": x[:3*d], "one between": x[:5*d]} {
				run(t, padded, 3, both(input))
				compare(what)
			}
			other := x[9*d:]
			run(t, exact, 3, both(other))
			run(t, padded, 3, both(other[:3*d]))
			compare("other images")
		})
	}
}

func TestCompileErrors(t *testing.T) {
	t.Parallel()
	a, wider := small(t, "relu", false), spelled(t, image, "dense:13 dense:4", "dense:13,nobias dense:20,1x4x5", false)
	for _, c := range []struct {
		name string
		p    *graph.Parameters
		want []string
	}{
		{"no parameters", new(graph.Parameters), []string{"encoder/1/weights"}},
		{"other parameters", parameters(t, 1, wider.declare), []string{"encoder/2/weights", "[13 4]", "[13 3]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, training := range []bool{true, false} {
				_, err := graph.Compile(c.p, graph.Options{Name: "some", Batch: 1, Training: training}, a.declare)
				mentions(t, err, append(c.want, "declare the some program")...)
				if !errors.Is(err, graph.ErrArchitecture) {
					t.Errorf("error %q does not wrap ErrArchitecture", err)
				}
			}
		})
	}
}

func TestNotFinite(t *testing.T) {
	t.Parallel()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		name   string
		logits bool
		spoil  func(p *graph.Parameters, input, target []float32)
		want   string
	}{
		{"nothing", true, func(*graph.Parameters, []float32, []float32) {}, ""},
		{"weights", true, func(p *graph.Parameters, _, _ []float32) {
			values(t, p, "decoder/2/bias")[2] = nan
			values(t, p, "encoder/2/weights")[5] = nan
		}, "encoder/2/weights"},
		{"bias", false, func(p *graph.Parameters, _, _ []float32) { values(t, p, "decoder/2/bias")[19] = inf }, "decoder/2/bias"},
		{"input", true, func(_ *graph.Parameters, input, _ []float32) { input[39] = nan }, "input"},
		{"target", true, func(_ *graph.Parameters, _, target []float32) { target[39] = inf }, "target"},
		{"output of a layer", false, func(p *graph.Parameters, _, _ []float32) {
			fill(values(t, p, "encoder/1/weights"), 1e30)
			fill(values(t, p, "encoder/2/weights"), 1e30)
		}, "encoder/2: affine+linear"},
		{"loss", false, func(p *graph.Parameters, _, _ []float32) { fill(values(t, p, "decoder/2/bias"), 1e25) }, "reconstruction: squared error"},
		{"gradient", true, func(p *graph.Parameters, _, target []float32) {
			for _, parameter := range p.All() {
				clear(parameter.Values())
			}
			fill(values(t, p, "decoder/2/weights"), 3e38) // 20 · ½ of it overflows in dx = dz·Wᵀ
			clear(target)
		}, "decoder/2: affine+linear dx"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := small(t, "linear", c.logits)
			p := parameters(t, 1, a.declare)
			input, target := images(2, 20), images(2, 20)
			c.spoil(p, input, target)
			training := trainingOf(t, p, 2, a.declare)
			run(t, training, 2, map[string][]float32{"input": input, "target": target})
			if got := training.NotFinite(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestNotFiniteLooksAtLiveRows runs a partial batch after a batch with a NaN in
// its last image.
func TestNotFiniteLooksAtLiveRows(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]autoencoder{
		"dense":       small(t, "tanh", true),
		"convolution": spelled(t, image, "conv:3,3,tanh maxpool:2 dense:3", "dense:20,1x4x5 conv:1,3", true),
	} {
		for _, batch := range []int{13, 70} {
			p := parameters(t, 1, a.declare)
			training := trainingOf(t, p, batch, a.declare)
			x := images(batch, 20)
			bad := slices.Clone(x)
			bad[len(bad)-1] = float32(math.NaN())
			run(t, training, batch, map[string][]float32{"input": bad, "target": x})
			if got := training.NotFinite(); got != "input" {
				t.Errorf("%s: %q of a batch with a NaN", name, got)
			}
			for _, rows := range []int{batch - 1, 2} {
				run(t, training, rows, map[string][]float32{"input": bad, "target": x})
				if got := training.NotFinite(); got != "" {
					t.Errorf("%s: %q is not finite in a batch of %d without the NaN", name, got, rows)
				}
			}
		}
	}
}

// TestNotFiniteLooksAtWholeGradients compiles for as many images as a gradient
// has rows, and makes the last row infinite in a batch of one image.
func TestNotFiniteLooksAtWholeGradients(t *testing.T) {
	t.Parallel()
	a := small(t, "linear", true)
	p := parameters(t, 1, a.declare)
	values(t, p, "encoder/1/bias")[12] = 1e30 // input of encoder/2, whose weights are zero
	clear(values(t, p, "encoder/2/weights"))
	fill(values(t, p, "decoder/1/weights"), 1e10)
	fill(values(t, p, "decoder/2/weights"), 1)
	training := trainingOf(t, p, 13, a.declare)
	run(t, training, 1, both(make([]float32, 20)))
	if got, want := training.NotFinite(), "encoder/2: affine+linear backward"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestConcurrentPrograms runs two programs with shared parameters at the same
// time.
func TestConcurrentPrograms(t *testing.T) {
	t.Parallel()
	a := small(t, "selu", true)
	p := parameters(t, 1, a.declare)
	x := images(64, 20)
	want := evaluationOf(t, p, 64, a.declare)
	run(t, want, 64, both(x))
	var programs []*graph.Program
	for _, batch := range []int{3, 16} {
		programs = append(programs, evaluationOf(t, p, batch, a.declare))
	}
	var group sync.WaitGroup
	for _, program := range programs {
		group.Go(func() {
			for i := range 100 {
				if err := program.Run(context.Background(), graph.Batch{Rows: 3, Inputs: both(x[i%60*20:])}); err != nil {
					t.Error(err)
					return
				}
				if got := program.Terms()[0].PerImage()[0]; got != want.Terms()[0].PerImage()[i%60] {
					t.Errorf("loss of image %d is %g, want %g", i%60, got, want.Terms()[0].PerImage()[i%60])
					return
				}
			}
		})
	}
	group.Wait()
}

// TestThreads trains with one thread and with more. The results must be equal.
func TestThreads(t *testing.T) { eachPath(t, testThreads) }

func testThreads(t *testing.T) {
	a := spelled(t, graph.Shape{Channels: 1, Height: 14, Width: 14}, "dense:96,sigmoid dense:16", "dense:96,sigmoid dense:196,1x14x14", true)
	x := both(images(64, 196))
	train := func(threads int) *graph.Parameters {
		setThreads(t, threads)
		p := parameters(t, 1, a.declare)
		training := trainingOf(t, p, 64, a.declare)
		var solver adam
		for range 5 {
			run(t, training, 64, x)
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

// TestAllocations bounds the bytes that a run allocates. They must not grow
// with the batch, whether it is whole, partial, or in a buffer that is too
// short.
func TestAllocations(t *testing.T) {
	a := small(t, "relu", true)
	training := trainingOf(t, parameters(t, 1, a.declare), 256, a.declare)
	x := images(256, 20)
	for _, c := range []struct {
		name        string
		rows, holds int
	}{{"a whole batch", 256, 256}, {"a partial batch", 100, 256}, {"a short buffer", 100, 100}} {
		inputs := both(x[:c.holds*20])
		if got := bytesPerRun(func() { run(t, training, c.rows, inputs) }); got > 4096 {
			t.Errorf("%s: %d bytes a run", c.name, got)
		}
	}
}

// TestLayersAllocateLittle checks that a run of many layers allocates little
// more than the machine itself.
func TestLayersAllocateLittle(t *testing.T) {
	setThreads(t, 2)
	const rows = 16
	shape := graph.Shape{Channels: 1, Height: 8, Width: 8}
	bytes := func(encoder, decoder string) uint64 {
		a := spelled(t, shape, encoder, decoder, true)
		training := trainingOf(t, parameters(t, 1, a.declare), rows, a.declare)
		inputs := both(images(rows, 64))
		return bytesPerRun(func() { run(t, training, rows, inputs); training.Advance() })
	}
	if got := bytes("conv:4,3,s2 conv:5,3,s2 dense:4", "dense:20,5x2x2 transposed:4,4,s2 transposed:1,4,s2"); got > 4700 {
		t.Errorf("convolutions: %d bytes a run", got)
	}
	plain := bytes("conv:3,3,s2 dense:6 dense:4", "dense:64 dense:64,1x8x8")
	if got := bytes("conv:3,3,s2,batchnorm dense:6,layernorm dropout:0.5 dense:4", "dense:64,batchnorm dropout:0.2 dense:64,1x8x8"); got > plain+2000 {
		t.Errorf("normalisation and dropout: %d bytes a run, without them %d", got, plain)
	}
}

// TestFLOPs compares the number of operations with a count by hand. Evaluation
// has one product per layer. Training has three, but two for the first layer,
// whose input needs no gradient, and two for a frozen layer, whose weights need
// none.
func TestFLOPs(t *testing.T) {
	t.Parallel()
	const batch = 6
	const first, second, third, fourth = 2 * 20 * 13, 2 * 13 * 3, 2 * 3 * 13, 2 * 13 * 20 // of one image
	a := small(t, "relu", false)
	p := parameters(t, 1, a.declare)
	frozenDecoder := func(s *graph.Scope) {
		x := s.Input("input", graph.Data, image)
		s.Minimise(graph.Sum(squaredError(s, a.decoder.On(s.Frozen(), a.encoder.On(s, x)), x)))
	}
	frozenEncoder := func(s *graph.Scope) {
		x := s.Input("input", graph.Data, image)
		s.Minimise(graph.Sum(squaredError(s, a.decoder.On(s, a.encoder.On(s.Frozen(), x)), x)))
	}
	variable := func(s *graph.Scope) {
		x := s.Variable("input", image)
		s.Minimise(graph.Sum(squaredError(s, a.decoder.On(s, a.encoder.On(s, x)), x)))
	}
	conv := spelled(t, image, "conv:3,3,s2", "dense:20,1x4x5", false) // 1×4×5 to 3×2×3
	q := parameters(t, 1, conv.declare)
	const taps = (2 + 3) * (2 + 3 + 2) // positions inside the image, summed along height and width
	const filters, out = 2 * 3 * taps, 2 * 18 * 20
	for _, c := range []struct {
		name     string
		p        *graph.Parameters
		training bool
		declare  graph.Declaration
		want     float64 // of one image
	}{
		{"evaluation", p, false, a.declare, first + second + third + fourth},
		{"training", p, true, a.declare, 2*first + 3*second + 3*third + 3*fourth},
		{"frozen decoder", p, true, frozenDecoder, 2*first + 3*second + 2*third + 2*fourth},
		{"frozen encoder", p, true, frozenEncoder, first + 2*second + 3*third + 3*fourth},
		{"variable", p, true, variable, 3*first + 3*second + 3*third + 3*fourth},
		{"convolution, evaluation", q, false, conv.declare, filters + out},
		{"convolution, training", q, true, conv.declare, 2*filters + 3*out},
	} {
		program := compile(t, c.p, graph.Options{Batch: batch, Training: c.training}, c.declare)
		if got := program.FLOPs(); got != batch*c.want {
			t.Errorf("%s: %g operations, want %g", c.name, got, batch*c.want)
		}
	}
}

// TestStep checks that the gradients of fully connected weights are deferred
// products, and that these equal Values.
func TestStep(t *testing.T) {
	t.Parallel()
	a := small(t, "relu", false)
	p := parameters(t, 1, a.declare)
	training := trainingOf(t, p, 4, a.declare)
	run(t, training, 4, both(images(4, 20)))
	for _, g := range training.Gradients() {
		step := g.Step()
		if deferred := step.Values == nil; deferred != strings.HasSuffix(g.Name, "/weights") {
			t.Errorf("%s: deferred is %t", g.Name, deferred)
		}
		got := make([]float32, len(g.Parameter.Values()))
		if step.Values != nil {
			copy(got, step.Values)
		} else {
			step.Compute(got)
		}
		same(t, g.Name, got, g.Values())
	}
}
