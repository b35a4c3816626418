package recipes_test

import (
	"context"
	"fmt"
	"hash"
	"hash/fnv"
	"log"
	"os"
	"path/filepath"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/graph/op"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// This file is the worked example of docs/architecture.md: a new op, and a new
// model that uses it. It uses only exported names. TestWorkedExample makes sure
// that the document shows the same text.

// softThreshold declares y = sign(x)·max(|x| − λ, 0) (x, y: B×L). Its gradient
// passes where y is not 0.
func softThreshold(s *graph.Scope, lambda float64, x graph.Value) graph.Value {
	return s.Apply(func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Node, error) {
		return gorgonia.ApplyOp(&threshold{elementwise{name: "code: soft threshold", rows: rows}, float32(lambda)}, x)
	}, s.Rows("code", x))
}

type threshold struct {
	elementwise
	lambda float32
}

func (t *threshold) Arity() int    { return 1 }
func (t *threshold) Type() hm.Type { return hm.NewFnType(matrixType(), matrixType()) }

func (t *threshold) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	x, y := t.live(in[0]), t.result(in[0])
	for i, v := range x {
		y[i] = max(v-t.lambda, 0) + min(v+t.lambda, 0)
	}
	return t.out, nil
}

func (t *threshold) DiffWRT(int) []bool { return []bool{true} }

func (t *threshold) SymDiff(_ gorgonia.Nodes, y, dy op.Node) (gorgonia.Nodes, error) {
	dx, err := gorgonia.ApplyOp(&thresholdGradient{elementwise{name: t.name + " backward", rows: t.rows}}, y, dy)
	return gorgonia.Nodes{dx}, err
}

// thresholdGradient computes dx = dy where y is not 0, and 0 elsewhere.
type thresholdGradient struct{ elementwise }

func (g *thresholdGradient) Arity() int { return 2 }
func (g *thresholdGradient) Type() hm.Type {
	return hm.NewFnType(matrixType(), matrixType(), matrixType())
}

func (g *thresholdGradient) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	y, dy, dx := g.live(in[0]), g.live(in[1]), g.result(in[0])
	for i, v := range y {
		dx[i] = 0
		if v != 0 {
			dx[i] = dy[i]
		}
	}
	return g.out, nil
}

// elementwise has what both ops share. Inside graph/op, the type base has it.
type elementwise struct {
	name string // unique in a graph: Gorgonia merges ops of equal hash and inputs
	rows *op.Rows
	out  *tensor.Dense // the op owns its result, so that a step allocates nothing
}

func (e *elementwise) String() string        { return e.name }
func (e *elementwise) WriteHash(h hash.Hash) { fmt.Fprint(h, e.name) }
func (e *elementwise) ReturnsPtr() bool      { return false } // the machine allocates no result
func (e *elementwise) CallsExtern() bool     { return false }
func (e *elementwise) OverwritesInput() int  { return -1 }

func (e *elementwise) Hashcode() uint32 {
	h := fnv.New32a()
	e.WriteHash(h)
	return h.Sum32()
}

func (e *elementwise) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}

// live returns the live rows of an input: the last batch of an epoch can be short.
func (e *elementwise) live(v gorgonia.Value) []float32 {
	return v.(*tensor.Dense).Float32s()[:e.rows.Live*v.Shape()[1]]
}

// result returns the live rows of the result, which has the shape of an input.
func (e *elementwise) result(like gorgonia.Value) []float32 {
	if e.out == nil {
		e.out = tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(like.Shape()...))
	}
	return e.live(e.out)
}

func matrixType() hm.Type { return gorgonia.TensorType{Dims: 2, Of: hm.TypeVariable('a')} }

var shrinkageRecipe = trainer.Recipe{
	Name:     "shrinkage",
	Summary:  "soft threshold: small values of the code are exactly 0",
	Idea:     `A gradient step on an L1 norm never sets a value to 0. The soft threshold does: it is the proximal step of that norm.`,
	Citation: "K. Gregor, Y. LeCun: Learning Fast Approximations of Sparse Coding. ICML 2010",
	BibTeX: `@inproceedings{gregor2010learning,
  author = {Gregor, Karol and LeCun, Yann},
  title = {Learning Fast Approximations of Sparse Coding},
  booktitle = {International Conference on Machine Learning},
  year = {2010},
}`,
	Defaults: func(c *trainer.Config) { c.LearningRate = 3e-3 },
	New: func() trainer.Model {
		return &shrinkage{
			Latent: recipes.Latent{CodeSize: 64}, Reconstruction: recipes.Reconstruction{Loss: "cross-entropy"}, Threshold: 0.1, L1: 0.1,
		}
	},
}

// shrinkage is an autoencoder with the code z = softThreshold(x·W + b).
type shrinkage struct {
	recipes.Latent                 // the setting code
	recipes.Reconstruction         // the settings loss and variance, and the method Likelihood
	Threshold              float64 `toml:"threshold" group:"model" help:"Threshold λ of the code: values from −λ to λ become 0, the others move towards 0 by λ"`
	L1                     float64 `toml:"l1" group:"model" help:"Weight of the L1 norm Σ|z| of the code; 0 for none"`

	image            graph.Shape
	encoder, decoder *layer.Stack
}

// Place implements trainer.Model.
func (m *shrinkage) Place(source trainer.Source) (err error) {
	m.image = source.Shape
	units := layer.Options{Initialiser: graph.GlorotUniform}
	if m.encoder, err = layer.NewStack("encoder", m.image, layer.Sequence{layer.Dense{Units: m.CodeSize, Options: units}}); err != nil {
		return err
	}
	mirror, err := layer.Mirror(m.encoder, units, units, false, layer.ByTransposed)
	if err != nil {
		return err
	}
	m.decoder, err = layer.NewStack("decoder", m.CodeShape(), mirror)
	return err
}

// Encode implements trainer.Encoder.
func (m *shrinkage) Encode(s *graph.Scope, x graph.Value) graph.Value {
	z := softThreshold(s, m.Threshold, m.encoder.On(s, x))
	s.Output(trainer.Code, z)
	return z
}

// Decode implements trainer.Decoder.
func (m *shrinkage) Decode(s *graph.Scope, z graph.Value) graph.Value { return m.decoder.On(s, z) }

// Loss is −log p(x|z) + w·Σ|z|.
func (m *shrinkage) Loss(s *graph.Scope, x, target graph.Value) graph.Loss {
	z := m.Encode(s, x)
	l1 := s.Term("l1", func(rows *op.Rows, z op.Node, _ ...op.Node) (op.Loss, error) { return op.L1("l1", rows, z) }, z)
	return graph.Sum(m.Likelihood().Term(s, m.Decode(s, z), target), l1.Times(m.L1))
}

// Declare implements trainer.Network.
func (m *shrinkage) Declare(s *graph.Scope) {
	x, target := s.Input(trainer.Input, graph.Data, m.image), s.Input(trainer.Target, graph.Target, m.image)
	s.Minimise(m.Loss(s, x, target))
}

// Stages implements trainer.Model.
func (m *shrinkage) Stages(c trainer.Config) ([]trainer.Stage, error) {
	measures := func() []trainer.Measure { return []trainer.Measure{trainer.CodeMeasure()} }
	return []trainer.Stage{{Name: "train", Epochs: c.Epochs, Network: m, Model: m, Measures: measures}}, nil
}

// CodeShape implements trainer.Encoder and trainer.Decoder.
func (m *shrinkage) CodeShape() graph.Shape { return graph.Row(m.CodeSize) }

// Decodable implements trainer.Decoder.
func (m *shrinkage) Decodable() error { return nil }

// Validate implements settings.Validator.
func (m *shrinkage) Validate() error {
	return settings.Numbers(
		settings.Number{OK: m.Threshold >= 0 && settings.Finite(m.Threshold), Name: "threshold", Value: m.Threshold, Hint: "0 or more"},
		settings.Number{OK: m.L1 >= 0 && settings.Finite(m.L1), Name: "l1", Value: m.L1, Hint: "0 for none, or more"})
}

// trainBriefly trains a recipe for a few epochs on some embedded images.
func trainBriefly(r trainer.Recipe, dir string) ([]trainer.Record, error) {
	c := trainer.Defaults()
	r.Defaults(&c)
	c.Epochs, c.BatchSize, c.TrainImages, c.TestImages = 3, 64, 600, 100
	data, err := trainer.OpenData(context.Background(), c, loaders.Options{})
	if err != nil {
		return nil, err
	}
	model := r.New()
	experiment, err := trainer.NewExperiment(c, r.Name, model, data)
	if err != nil {
		return nil, err
	}
	run, err := trainer.CreateRun(dir, experiment, settings.Record(nil, &c, model))
	if err != nil {
		return nil, err
	}
	defer run.Close()
	loop, err := trainer.NewLoop(context.Background(), experiment, run)
	if err != nil {
		return nil, err
	}
	if err := loop.Train(context.Background()); err != nil {
		return nil, err
	}
	return trainer.ReadRecords(dir)
}

func Example_model() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	dir := filepath.Join(folder, "run")
	records, err := trainBriefly(shrinkageRecipe, dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	first, last := records[1], records[len(records)-1] // of the test set
	fmt.Println(last.Split, "loss falls:", last.Loss < 0.9*first.Loss)
	for name := range last.All() {
		fmt.Println(name)
	}

	// The verbs open a run in this way.
	find := func(string) (trainer.Recipe, error) { return shrinkageRecipe, nil }
	trained, err := trainer.OpenModel(find, dir, trainer.LastCheckpoint)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(trained.HasEncoder(), trained.CanDecode(), trained.HasNormalPrior(), trained.CodeSize())
	// Output:
	// test loss falls: true
	// l1
	// reconstruction
	// mse
	// dead_units
	// hoyer_sparsity
	// mean_activation
	// true <nil> false 64
}
