package graph_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
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
