package trainer

import (
	"context"
	"math"
	"runtime"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/loaders"
	"gaetrain/trainer/evaluate"
)

// linearGaussian returns a model whose likelihood has a closed form: z ~ N(0, I) and
// x ~ N(W·z + b, I/2). W has orthogonal columns, so that the posterior is a Gaussian
// with a diagonal covariance. The encoder computes that posterior, with log-variances
// larger by excess. It also returns W (D×L).
func linearGaussian(t *testing.T, excess float64) (*Trained, [][]float64) {
	t.Helper()
	const d, l = 6, 2
	w := [][]float64{{1, .5}, {-1, .5}, {1, .5}, {-1, .5}, {1, 0}, {0, .75}}
	n := &drawn{net{Code: l, Loss: squaredError, Initialiser: graph.Zeros}}
	m := untrained(t, n, graph.Shape{Channels: 1, Height: 2, Width: 3})
	p := m.Parameters
	set := func(name string, value func(i int) float64) {
		parameter, _ := p.Get(name)
		for i := range parameter.Values() {
			parameter.Values()[i] = float32(value(i))
		}
	}
	var precision [l]float64 // of the posterior: 1 + 2·‖column of W‖²
	for j := range precision {
		precision[j] = 1
		for i := range d {
			precision[j] += 2 * w[i][j] * w[i][j]
		}
	}
	const bias = 0.25
	set("decoder/1/weights", func(i int) float64 { return w[i%d][i/d] })
	set("decoder/1/bias", func(int) float64 { return bias })
	set("encoder/1/weights", func(i int) float64 { // mean = 2·Wᵀ(x − b)/precision
		if j := i % (2 * l); j < l {
			return 2 * w[i/(2*l)][j] / precision[j]
		}
		return 0
	})
	set("encoder/1/bias", func(j int) float64 {
		if j >= l {
			return excess - math.Log(precision[j-l])
		}
		var sum float64
		for i := range d {
			sum -= 2 * w[i][j] * bias / precision[j]
		}
		return sum
	})
	return m, w
}

// untrained is a model with its initial weights.
func untrained(t testing.TB, m Model, image graph.Shape) *Trained {
	t.Helper()
	if err := m.Place(Source{Shape: image}); err != nil {
		t.Fatal(err)
	}
	stages, err := m.Stages(Config{})
	if err != nil {
		t.Fatal(err)
	}
	stages[0].Corruption = loaders.Corruption{}
	p := new(graph.Parameters)
	if err := stages[0].declare(p, 1, 2); err != nil {
		t.Fatal(err)
	}
	c := Defaults()
	c.Seed = 7
	return &Trained{Name: "untrained", Config: c, Source: Source{Shape: image}, Stage: stages[0], Parameters: p, model: m}
}

// exact returns the mean of −log N(x; b, I/2 + W·Wᵀ). Because the columns of W are
// orthogonal, the inverse is a sum over the columns and the determinant a product.
func exact(split loaders.Split, w [][]float64) float64 {
	const bias = 0.25
	d, x := split.Shape.Size(), make([]float32, split.Shape.Size())
	var total float64
	for n := range split.Len() {
		if err := split.Read(x, n, 0); err != nil {
			panic(err)
		}
		var squares float64
		for _, v := range x {
			squares += (float64(v) - bias) * (float64(v) - bias)
		}
		quadratic, determinant := 2*squares, -float64(d)*math.Log(2)
		for j := range w[0] {
			var norm, product float64
			for i, v := range x {
				norm += w[i][j] * w[i][j]
				product += w[i][j] * (float64(v) - bias)
			}
			quadratic -= 4 * product * product / (1 + 2*norm)
			determinant += math.Log(1 + 2*norm)
		}
		total += (quadratic + determinant + float64(d)*math.Log(2*math.Pi)) / 2
	}
	return total / float64(split.Len())
}

// flat returns n images of 1×2×3.
func flat(n int) loaders.Split {
	var pixels []uint8
	for i := range 6 * n {
		pixels = append(pixels, uint8(37*i*i+11*i))
	}
	return loaders.Pixels(loaders.Shape{Channels: 1, Height: 2, Width: 3}, pixels)
}

// weigh estimates the likelihoods of images. It returns the mean negative
// log-likelihood, the mean negative bound, the smallest number of effective draws, and
// all weights.
func weigh(t *testing.T, m *Trained, split loaders.Split, draws int) (nll, elbo, effective float64, all []float64) {
	t.Helper()
	next := 0
	effective = math.Inf(1)
	err := m.ImportanceWeights(context.Background(), split, draws, func(image int, w []float64) error {
		if image != next || len(w) != draws {
			t.Fatalf("%d weights of image %d, want %d of %d", len(w), image, draws, next)
		}
		next++
		var s evaluate.Importance
		s.Add(w...)
		nll, elbo, effective = nll-s.LogLikelihood(), elbo-s.Bound(), min(effective, s.EffectiveDraws())
		all = append(all, w...)
		return nil
	})
	if err != nil || next != split.Len() {
		t.Fatalf("%d of %d images: %v", next, split.Len(), err)
	}
	return nll / float64(next), elbo / float64(next), effective, all
}

func TestImportanceInClosedForm(t *testing.T) {
	const images = 300 // more than are evaluated at once
	split := flat(images)
	for _, draws := range []int{1, 7, 256, 1300} {
		m, w := linearGaussian(t, 0)
		want := exact(split, w)
		nll, elbo, effective, _ := weigh(t, m, split, draws)
		if math.Abs(nll-want) > 1e-4 || math.Abs(elbo-want) > 1e-4 || effective < 0.999*float64(draws) {
			t.Errorf("%d draws of the posterior: %g nats, bound %g, %g effective draws; want %g of all", draws, nll, elbo, effective, want)
		}
	}
	m, w := linearGaussian(t, 0.7)
	want := exact(split, w)
	nll, elbo, effective, _ := weigh(t, m, split, 2000)
	divergence := 2 * (math.Exp(0.7) - 1 - 0.7) / 2
	if math.Abs(nll-want) > 0.005 || math.Abs(elbo-want-divergence) > 0.005 || effective < 500 || effective > 1900 {
		t.Errorf("a wider proposal gives %g nats, bound %g, %g effective draws; want %g and %g", nll, elbo, effective, want, want+divergence)
	}
}

// TestImportanceDraws checks that a draw depends only on its image and its number.
func TestImportanceDraws(t *testing.T) {
	m, _ := linearGaussian(t, 0.5)
	_, _, _, all := weigh(t, m, flat(5), 700)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	_, _, _, few := weigh(t, m, flat(3), 40)
	for i, v := range few {
		if want := all[i/40*700+i%40]; v != want {
			t.Fatalf("draw %d of image %d has the weight %g, but %g among more draws", i%40, i/40, v, want)
		}
	}
}

func TestImportanceErrors(t *testing.T) {
	m, _ := linearGaussian(t, 0)
	ignore := func(int, []float64) error { return nil }
	for _, draws := range []int{-1, 0, 1 << 30} {
		fails(t, m.ImportanceWeights(context.Background(), flat(1), draws, ignore), ErrConfiguration, "hint: from 1 to")
	}
	m.Stage.Model = newNet()
	fails(t, m.ImportanceWeights(context.Background(), flat(1), 5, ignore), ErrConfiguration, "no posterior")
}

// BenchmarkImportanceWeights computes the weights of 5,000 draws per image with the
// network of Burda et al. The matrix products of its decoder are 413,600 operations per
// draw.
func BenchmarkImportanceWeights(b *testing.B) {
	const draws = 5000
	n := &drawn{net{Hidden: []int{200, 200}, Code: 50, Loss: crossEntropy, Activation: layer.Tanh, Initialiser: graph.GlorotUniform}}
	m := untrained(b, n, graph.Shape{Channels: 1, Height: 28, Width: 28})
	split := loaders.Pixels(loaders.Shape{Channels: 1, Height: 28, Width: 28}, make([]uint8, 4*784))
	for b.Loop() {
		if err := m.ImportanceWeights(context.Background(), split, draws, func(int, []float64) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(413600*draws*4*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
