package recipes

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
)

// netGAN is a generator 3-13-20 with a discriminator 20-13-1.
func netGAN(t testing.TB, change func(m *gan)) *gan {
	m := defaultGAN()
	m.Hidden, m.CodeSize, m.Activation, m.Units, m.EMA.Decay = []int{13}, 3, layer.Tanh, layer.Tanh, 0.5
	if change != nil {
		change(&m)
	}
	return place(t, &m, netShape)
}

// newGAN has the parameters of a generator and of its discriminator.
func newGAN(t testing.TB, m *gan) net { return newNet(t, 1, m.Declare, m.Discriminator.Declare) }

// only fails unless a program moves the given number of parameters of one part.
func only(t *testing.T, p *graph.Program, part string, count int) {
	t.Helper()
	names := netMoved(p)
	if len(names) != count || slices.ContainsFunc(names, func(name string) bool { return !strings.HasPrefix(name, part+"/") }) {
		t.Errorf("the program moves %v, want %d of %s", names, count, part)
	}
}

// TestGenerator trains a generator against its discriminator: neither program moves
// parameters of the other, and the losses are those of the logits.
func TestGenerator(t *testing.T) {
	const rows = 6
	m := netGAN(t, func(m *gan) { m.EMA.Decay = 0 })
	n := newGAN(t, m)
	noise := map[string][]float32{trainer.Noise: netNormals(rows*3, 1)}
	training := n.training(rows, m.Declare, trainer.Reconstruction)
	discriminator := n.training(2*rows, m.Discriminator.Declare)
	only(t, training, "decoder", 4)
	only(t, discriminator, "discriminator", 4)
	n.run(training, rows, noise)
	made := slices.Clone(training.Output(trainer.Reconstruction))
	decoder := n.evaluation(rows, decodes(m), trainer.Reconstruction)
	n.run(decoder, rows, map[string][]float32{trainer.Code: noise[trainer.Noise]})
	netSame(t, "image", decoder.Output(trainer.Reconstruction), made)

	real := netImages(rows, 20)
	samples := map[string][]float32{trainer.Samples: slices.Concat(real, made)}
	n.run(discriminator, 2*rows, samples)
	w := effective(n, 2)
	for i := range 2 * rows {
		z := w.logit(samples[trainer.Samples][20*i : 20*i+20])
		sign := 1.0
		if i < rows {
			sign = -1
		}
		netNear(t, "discriminator's loss", float64(discriminator.Terms()[0].PerImage()[i]), math.Log1p(math.Exp(sign*z)))
		if i >= rows {
			netNear(t, "adversarial loss", float64(training.Terms()[0].PerImage()[i-rows]), math.Log1p(math.Exp(-z)))
		}
	}

	// A step of one network changes only the loss of the other.
	for _, step := range []struct {
		program    *graph.Program
		rows       int
		inputs     map[string][]float32
		moves, not string
	}{{training, rows, noise, "decoder", "discriminator"}, {discriminator, 2 * rows, samples, "discriminator", "decoder"}} {
		before := make(map[string][]float32)
		for _, p := range n.All() {
			before[p.Name] = slices.Clone(p.Values())
		}
		n.run(step.program, step.rows, step.inputs)
		first := step.program.Mean()
		for range 20 {
			n.run(step.program, step.rows, step.inputs)
			descend(step.program, 0.05)
			step.program.Advance()
		}
		if step.program.Mean() >= first {
			t.Errorf("the loss of %s went from %g to %g", step.moves, first, step.program.Mean())
		}
		for _, p := range n.All() {
			if moved := !slices.Equal(p.Values(), before[p.Name]); p.Role != graph.Statistic && moved != (p.Part == step.moves) || p.Part == step.not && moved {
				t.Errorf("a step of %s: %s moves: %t", step.moves, p.Name, moved)
			}
		}
	}
}

// discriminated is a discriminator of tanh units in float64, whose weights are
// divided by norms from one step of power iteration.
type discriminated struct{ weights, biases [][]float64 }

// effective computes the norms of the weights, and the normalised weights.
func effective(n net, depth int) (d discriminated) {
	for i := range depth {
		name := fmt.Sprintf("discriminator/%d", i+1)
		w, vector, b := n.values(name+"/weights"), n.values(name+"/singular"), n.values(name+"/bias")
		from, to := len(vector), len(w)/len(vector)
		right := unit(func(j int) (sum float64) {
			for i := range from {
				sum += float64(vector[i]) * float64(w[i*to+j])
			}
			return sum
		}, to)
		product := func(i int) (sum float64) {
			for j := range to {
				sum += float64(w[i*to+j]) * right[j]
			}
			return sum
		}
		left := unit(product, from)
		var sigma float64
		for i, u := range left {
			sigma += u * product(i)
		}
		quotients, biases := make([]float64, len(w)), make([]float64, len(b))
		for i, v := range w {
			quotients[i] = float64(v) / sigma
		}
		for i, v := range b {
			biases[i] = float64(v)
		}
		d.weights, d.biases = append(d.weights, quotients), append(d.biases, biases)
	}
	return d
}

// unit is a vector of length 1.
func unit(of func(i int) float64, n int) []float64 {
	v, squares := make([]float64, n), 0.0
	for i := range v {
		v[i] = of(i)
		squares += v[i] * v[i]
	}
	for i := range v {
		v[i] /= math.Sqrt(squares)
	}
	return v
}

func (d discriminated) logit(image []float32) float64 {
	x := make([]float64, len(image))
	for i, v := range image {
		x[i] = float64(v)
	}
	for depth, w := range d.weights {
		y := slices.Clone(d.biases[depth])
		for i, v := range x {
			for j := range y {
				y[j] += v * w[i*len(y)+j]
			}
		}
		if depth < len(d.weights)-1 {
			for j := range y {
				y[j] = math.Tanh(y[j])
			}
		}
		x = y
	}
	return x[0]
}

// TestSpectralNorm trains a discriminator for some steps. Then the largest singular value
// of the normalised weights is 1, so the slope of its logit is at most 1. The singular
// vector moves only in steps of the discriminator.
func TestSpectralNorm(t *testing.T) {
	const rows = 6
	m := netGAN(t, nil)
	n := newGAN(t, m)
	for i, v := range n.values("discriminator/1/weights") {
		n.values("discriminator/1/weights")[i] = 5 * v
	}
	samples := map[string][]float32{trainer.Samples: netImages(2*rows, 20)}
	training, discriminator := n.training(rows, m.Declare), n.training(2*rows, m.Discriminator.Declare)
	before := slices.Clone(n.values("discriminator/1/singular"))
	n.run(training, rows, map[string][]float32{trainer.Noise: netNormals(rows*3, 1)})
	training.Advance()
	netSame(t, "vector after a step of the generator", n.values("discriminator/1/singular"), before)
	for range 300 {
		n.run(discriminator, 2*rows, samples)
		discriminator.Advance()
	}
	d := effective(n, 2)
	for i, w := range d.weights {
		if norm := largestSingular(w, len(d.biases[i])); !(norm < 1.001 && norm > 0.999) {
			t.Errorf("the spectral norm of layer %d is %g", i+1, norm)
		}
	}
	logits := make([]float64, 2*rows)
	for i := range logits {
		x := samples[trainer.Samples][20*i : 20*i+20]
		logits[i] = d.logit(x)
		for j := range i {
			var distance float64
			for k, v := range samples[trainer.Samples][20*j : 20*j+20] {
				distance += math.Pow(float64(v-x[k]), 2)
			}
			if math.Abs(logits[i]-logits[j]) > 1.001*math.Sqrt(distance) {
				t.Errorf("logits %g and %g of images %g apart", logits[i], logits[j], math.Sqrt(distance))
			}
		}
	}
	without := netGAN(t, func(m *gan) { m.Norm = "none" })
	if _, ok := newGAN(t, without).Get("discriminator/1/singular"); ok {
		t.Error("a discriminator without spectral normalisation has singular vectors")
	}
}

// largestSingular is the largest singular value of weights with the given number of
// columns.
func largestSingular(w []float64, columns int) float64 {
	rows := len(w) / columns
	v := unit(func(i int) float64 { return 1 + float64(i%3) }, columns)
	var sigma float64
	for range 5000 {
		u := make([]float64, rows)
		var squares float64
		for i := range u {
			for j := range columns {
				u[i] += w[i*columns+j] * v[j]
			}
			squares += u[i] * u[i]
		}
		sigma = math.Sqrt(squares)
		v = unit(func(j int) (sum float64) {
			for i := range rows {
				sum += w[i*columns+j] * u[i]
			}
			return sum
		}, columns)
	}
	return sigma
}

// TestAdversarialCodes has a discriminator of codes. The encoder gets the gradients of
// both terms, and the discriminator gets none.
func TestAdversarialCodes(t *testing.T) {
	const rows = 4
	m := &aae{Plain: *netPlain(squaredError), Discriminator: defaultDiscriminator(), DiscriminatorLayers: DiscriminatorLayers{[]int{7}}, Weight: 2}
	m.Discriminator.Units = layer.Tanh
	place(t, m, netShape)
	n := newNet(t, 1, m.Declare, m.Discriminator.Declare)
	training := n.training(rows, m.Declare, trainer.Code)
	inputs := netBoth(netImages(rows, 20))
	n.run(training, rows, inputs)
	if got := netMoved(training); len(got) != 8 || slices.ContainsFunc(got, func(name string) bool { return strings.HasPrefix(name, "discriminator/") }) {
		t.Errorf("training moves %v", got)
	}
	if got := netReported(training); got["reconstruction"] != 1 || got["adversarial_loss"] != 2 {
		t.Errorf("reported %v", got)
	}
	netNear(t, "loss", training.Mean(), netMean(t, training, "reconstruction")+2*netMean(t, training, "adversarial_loss"))
	w := effective(n, 2)
	codes := training.Output(trainer.Code)
	for i, got := range netTerm(t, training, "adversarial_loss").PerImage() {
		netNear(t, "adversarial loss", float64(got), math.Log1p(math.Exp(-w.logit(codes[3*i:3*i+3]))))
	}
	gradients := func(weight float64) []float32 {
		other := *m
		other.Weight = weight
		program := n.training(rows, other.Declare)
		n.run(program, rows, inputs)
		return slices.Clone(program.Gradients()[0].Values())
	}
	if none, two := gradients(0), gradients(2); slices.Equal(none, two) {
		t.Error("the encoder gets no gradient from the discriminator")
	}
	discriminator := n.training(2*rows, m.Discriminator.Declare)
	only(t, discriminator, "discriminator", 4)
	if discriminator.Width(trainer.Samples) != 3 {
		t.Errorf("the discriminator takes %d values", discriminator.Width(trainer.Samples))
	}
	if evaluation := n.evaluation(2*rows, m.Discriminator.Declare); len(evaluation.Gradients()) != 0 {
		t.Error("evaluation has gradients")
	}
}

// TestDescribeGenerator checks that every parameter is in the layer of its operation,
// also if the operation uses averages.
func TestDescribeGenerator(t *testing.T) {
	m := netGAN(t, nil)
	n := newGAN(t, m)
	nodes, err := n.evaluation(2, m.Declare).Describe()
	if err != nil {
		t.Fatal(err)
	}
	places := make(map[string]int)
	for _, node := range nodes {
		if node.Role == "parameter" {
			places[node.Place]++
		}
	}
	for _, place := range []string{"average/decoder/1", "average/decoder/2", "discriminator/1", "discriminator/2"} {
		if places[place] != 2 {
			t.Errorf("%d parameters in %s, want weights and bias: %v", places[place], place, places)
		}
	}
}

// TestDiscriminatorRefuses checks that layers are refused whose output depends on the
// other images of the batch.
func TestDiscriminatorRefuses(t *testing.T) {
	m := defaultGAN()
	m.EncoderText = "dense:5,batchnorm dense:3"
	m.CodeSize = 3
	netMentions(t, m.Place(trainer.Source{Shape: netShape}), "the discriminator has", "leave out batch normalisation")
	c := cgan{gan: defaultGAN()}
	c.Hidden, c.Filters = nil, []int{4}
	netMentions(t, c.Place(trainer.Source{Shape: netShape, Classes: 3}), "discriminator", "a fully connected hidden layer")
}
