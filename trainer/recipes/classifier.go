package recipes

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/graph/op"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

// Classifier is the recipe of a classifier on the encoder of a trained model. It
// is not listed among the models: finetune trains it.
var Classifier = trainer.Recipe{
	Name:    "classifier",
	Summary: "a classifier on the encoder of a trained model",
	Idea: `An encoder that was trained on images without labels is a good start for a classifier that needs
few labels. A linear layer is added to the code, and both are trained on the labelled images.`,
	Citation: "G. E. Hinton, R. R. Salakhutdinov: Reducing the Dimensionality of Data with Neural Networks. Science 313 (2006), 504–507",
	BibTeX: `@article{hinton2006reducing,
  author = {Hinton, Geoffrey E. and Salakhutdinov, Ruslan R.},
  title = {Reducing the Dimensionality of Data with Neural Networks},
  journal = {Science},
  volume = {313},
  number = {5786},
  pages = {504--507},
  year = {2006},
  doi = {10.1126/science.1127647},
}`,
	Defaults: func(c *trainer.Config) {
		c.Schedule = "constant"
		c.Epochs, c.BatchSize, c.Patience, c.LearningRate = 100, 32, 20, 1e-2
	},
	New: func() trainer.Model { return &classifier{EncoderLRScale: 0.1} },
}

// classifier is a softmax of logits, which are linear in the code or in the output of
// hidden layers after the code.
type classifier struct {
	encoder
	Widths         []int   `toml:"classifier-hidden" group:"classifier" help:"Widths of the hidden layers between the code and the classes, such as 64 or 128,64"`
	EncoderLRScale float64 `toml:"encoder-lr-scale" group:"classifier" help:"Learning rate of the encoder divided by that of the classifier, 0 or more; 0 freezes the encoder"`
	Thaw           bool    `toml:"thaw" group:"classifier" help:"Train the classifier alone first, then with one more layer of the encoder at a time"`

	head   *layer.Stack
	source trainer.Source
}

// encoder is a model that a classifier can use.
type encoder interface {
	trainer.Model
	trainer.Layered
}

// SetEncoder implements trainer.Transfer.
func (m *classifier) SetEncoder(of trainer.Model) error {
	e, ok := of.(encoder)
	if !ok {
		return fmt.Errorf("%w: a classifier needs an encoder of separate layers, which the model does not have; hint: --model dense", settings.ErrConfiguration)
	}
	if r, ok := of.(interface{ RandomWeights() }); ok { // because there may be fewer labelled images than units
		r.RandomWeights()
	}
	m.encoder = e
	return nil
}

// Place implements trainer.Model.
func (m *classifier) Place(source trainer.Source) (err error) {
	if err := m.encoder.Place(source); err != nil {
		return err
	}
	var layers layer.Sequence
	for _, units := range m.Widths {
		layers = append(layers, layer.Dense{Units: units, Options: layer.Options{Activation: layer.ReLU, Initialiser: graph.GlorotUniform}})
	}
	layers = append(layers, layer.Dense{Units: source.Classes, Options: layer.Options{Initialiser: graph.GlorotUniform}})
	m.source = source
	m.head, err = layer.NewStack("classifier", m.encoder.CodeShape(), layers)
	return err
}

// Classify implements trainer.Classifier.
func (m *classifier) Classify(s *graph.Scope, x graph.Value) (features, logits graph.Value) {
	return m.classify(s, m.encoder.Encode(s, x))
}

// classify declares the classifier of a code (z: B×L). features is the input of its
// last layer, and logits its output (B×C for C classes).
func (m *classifier) classify(s *graph.Scope, z graph.Value) (features, logits graph.Value) {
	last := m.head.Depth() - 1
	features = m.head.First(last).On(s, z)
	logits = m.head.From(last).On(s, features)
	s.Output(trainer.Features, features)
	s.Output(trainer.Logits, logits)
	return features, logits
}

// Declare implements trainer.Network.
func (m *classifier) Declare(s *graph.Scope) {
	z := m.encoder.Encode(s, s.Input(trainer.Input, graph.Data, m.source.Shape))
	s.Minimise(m.loss(s, z))
}

// loss is the cross-entropy of the labels under the softmax of the logits of
// codes z.
func (m *classifier) loss(s *graph.Scope, z graph.Value) graph.Loss {
	_, logits := m.classify(s, z)
	return graph.Sum(classification(s, logits, s.Labels(graph.Target, m.source.Classes)))
}

// classification declares the cross-entropy of labels (B×1) under the softmax of logits (B×C).
func classification(s *graph.Scope, logits, labels graph.Value) graph.Term {
	return s.Term(trainer.Classification, func(rows *op.Rows, logits op.Node, more ...op.Node) (op.Loss, error) {
		return op.SoftmaxCrossEntropy("loss", rows, logits, more[0])
	}, logits, labels).In("nats per image")
}

// Stages implements trainer.Model: the classifier alone if the encoder is frozen,
// both together, or the classifier with one more layer of the encoder in each
// stage, from the code to the image.
func (m *classifier) Stages(c trainer.Config) ([]trainer.Stage, error) {
	if c.Binarise {
		return nil, fmt.Errorf("%w: binarise is not supported by a classifier, which uses unchanged images; hint: --binarise=false", settings.ErrConfiguration)
	}
	depth := m.encoder.Depth()
	switch frozen := m.stage("classifier", c, depth); {
	case m.Thaw:
		stages := []trainer.Stage{frozen}
		for below := depth - 1; below >= 0; below-- {
			stages = append(stages, m.stage(fmt.Sprintf("thaw-%d", below+1), c, below))
		}
		return stages, nil
	case m.EncoderLRScale == 0:
		return []trainer.Stage{frozen}, nil
	}
	return []trainer.Stage{m.stage("classifier", c, 0)}, nil
}

// stage trains all layers above the first below layers of the encoder.
func (m *classifier) stage(name string, c trainer.Config, below int) trainer.Stage {
	s := trainer.Stage{Name: name, Epochs: c.Epochs, Network: m, Model: m}
	if below > 0 {
		s.Network, s.Below = above{m, below}, prefix{m.encoder, below}
	}
	if below < m.encoder.Depth() && m.EncoderLRScale != 1 {
		s.Rates = map[string]float64{"encoder": m.EncoderLRScale}
	}
	return s
}

// above is a classifier with the layers of its encoder above the first depth layers.
type above struct {
	*classifier
	depth int
}

func (a above) Declare(s *graph.Scope) {
	z := s.Input(trainer.Input, graph.Data, prefix{a.encoder, a.depth}.CodeShape())
	if a.depth < a.encoder.Depth() {
		z = a.encoder.From(s, a.depth, z)
	}
	s.Minimise(a.loss(s, z))
}

// prefix is the first depth layers of an encoder, or all of them.
type prefix struct {
	encoder
	depth int
}

func (p prefix) Encode(s *graph.Scope, x graph.Value) graph.Value {
	if p.depth == p.Depth() {
		return p.encoder.Encode(s, x)
	}
	h := p.First(s, p.depth, x)
	s.Output(trainer.Code, h)
	return h
}

func (p prefix) CodeShape() graph.Shape {
	if p.depth == p.Depth() {
		return p.encoder.CodeShape()
	}
	return p.LayerShape(p.depth)
}

// InitialiseFrom implements trainer.DataDependent.
func (m *classifier) InitialiseFrom(images graph.Sample, p *graph.Parameters, seed uint64) error {
	if d, ok := m.encoder.(trainer.DataDependent); ok {
		return d.InitialiseFrom(images, p, seed)
	}
	return nil
}

// Validate implements settings.Validator.
func (m *classifier) Validate() error {
	if m.Thaw && m.EncoderLRScale == 0 {
		return fmt.Errorf("%w: thaw has no effect with encoder-lr-scale 0, because thawed layers are not trained; hint: --encoder-lr-scale 0.1", settings.ErrConfiguration)
	}
	if err := settings.Widths("classifier-hidden", "units", m.Widths); err != nil {
		return err
	}
	return settings.Numbers(settings.Number{OK: m.EncoderLRScale >= 0 && settings.Finite(m.EncoderLRScale), Name: "encoder-lr-scale", Value: m.EncoderLRScale, Hint: "0 for a frozen encoder, 1 for the classifier's rate"})
}
