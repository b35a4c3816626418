package recipes

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/graph/op"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

var m2Recipe = trainer.Recipe{
	Name:    "m2",
	Summary: "a cvae that is trained with the labels of few images, and predicts those of the others",
	Idea: `An image has a class y and a style z. The decoder computes p(x|y, z), the encoder q(z|x, y), and a
classifier q(y|x). The labels of only some images are used (labels). The loss of a labelled image
is the negative bound of log p(x, y). Without a label, the loss is its expectation over all
classes, weighted by q(y|x), minus the entropy of q(y|x): a class costs little if the decoder
explains the image with it. This trains the classifier on images without labels. Each of them
takes one pass through encoder and decoder per class. The classifier is also trained on the
labelled images alone, with the cross-entropy times alpha: each step takes as many of them, in
turn, as its batch has images. The accuracy rises slowly, over tens of thousands of steps, as the
decoder learns to use the class; batches are small for that reason. All images are evaluated with
their labels; the accuracy is that of q(y|x), which does not see them.`,
	Citation: "D. P. Kingma, D. J. Rezende, S. Mohamed, M. Welling: Semi-Supervised Learning with Deep Generative Models. NIPS 2014, arXiv:1406.5298",
	BibTeX: `@inproceedings{kingma2014semi,
  author = {Kingma, Diederik P. and Rezende, Danilo J. and Mohamed, Shakir and Welling, Max},
  title = {Semi-Supervised Learning with Deep Generative Models},
  booktitle = {Advances in Neural Information Processing Systems},
  volume = {27},
  year = {2014},
  eprint = {1406.5298},
  archivePrefix = {arXiv},
}`,
	Defaults: func(c *trainer.Config) { c.LearningRate, c.BatchSize = 2e-3, 32 },
	New: func() trainer.Model {
		m := m2{GaussianCode: defaultGaussianCode(), Beta: 1, Labels: 100, Alpha: 10}
		m.CodeSize, m.Activation = 50, layer.Softplus
		return &m
	},
}

// m2 is a conditional model whose labels are latent for most images (Kingma 2014).
type m2 struct {
	GaussianCode
	Labelled
	Beta   float64 `toml:"beta" group:"model" help:"Weight in the loss of the KL divergence of the posterior from the prior N(0, I), 0 or more"`
	Labels int     `toml:"labels" group:"model" help:"Number of labelled training images, equally many per class, selected by --seed; 0 for all"`
	Alpha  float64 `toml:"alpha" group:"model" help:"Weight of the classifier's cross-entropy per labelled image, relative to the bound per image"`

	classifier *layer.Stack
}

// Place implements trainer.Model: the classifier has the layers of the encoder, and
// an output for each class in place of the code.
func (m *m2) Place(source trainer.Source) error {
	if err := m.require(source); err != nil {
		return err
	}
	if err := m.placeFor(source, source.Classes); err != nil {
		return err
	}
	of := m.Layers
	if of.Initialiser == graph.Images {
		of.Initialiser = graph.GlorotUniform
	}
	layers, _, _, err := of.parts(source.Shape, m.CodeSize, of.code(layer.LinearUnits), m.last(), false)
	if err != nil {
		return err
	}
	layers[len(layers)-1] = layer.Dense{Units: source.Classes, Options: of.code(layer.LinearUnits)}
	m.classifier, err = layer.NewStack("classifier", source.Shape, layers)
	return err
}

// Classify implements trainer.Classifier: q(y|x) is the softmax of the logits.
func (m *m2) Classify(s *graph.Scope, x graph.Value) (features, logits graph.Value) {
	last := m.classifier.Depth() - 1
	features = m.classifier.First(last).On(s, x)
	logits = m.classifier.From(last).On(s, features)
	s.Output(trainer.Features, features)
	s.Output(trainer.Logits, logits)
	return features, logits
}

// Loss is, with L(x, y) = −E log p(x|y, z) + β·KL(q(z|x, y) ‖ p(z)) and p(y) = 1/C,
//
//	L(x, y) − log p(y)                          of a labelled image,
//	Σ_y q(y|x)·L(x, y) + KL(q(y|x) ‖ p(y))      of another image,
//
// and α·(−log q(y|x)) of labelled images.
func (m *m2) Loss(s *graph.Scope, x, target graph.Value) graph.Loss {
	_, logits := m.Classify(s, x)
	labelled := s.Input(trainer.Known, graph.Data, graph.Row(1))
	var terms []graph.Term
	if s.Training() {
		terms = append(terms, m.marginal(s, x, target, logits, labelled))
	} else {
		q := m.Posterior(s, x)
		terms = append(terms, m.Likelihood().Term(s, m.Decode(s, q.Draw(s, 1)), target), q.Divergence(s).Times(m.Beta))
	}
	return graph.Sum(terms...).Plus(m.divergence(s, logits, labelled), m.classification(s, logits).Times(m.Alpha))
}

// marginal declares the expectation of L(x, y) over the classes.
func (m *m2) marginal(s *graph.Scope, x, target, logits, labelled graph.Value) graph.Term {
	every := s.EveryClass(m.classes, x)
	q := m.Posterior(every, x)
	y := m.Decode(every, q.Draw(every, 1))
	beta := s.Rising(m.Beta, m.KLWarmup)
	var parts op.Marginal
	of := m.likelihood()
	whole := of.term(s, y, target, func(of op.Likelihood) graph.Term {
		return s.Term(reconstruction, func(rows *op.Rows, y op.Node, more ...op.Node) (loss op.Loss, err error) {
			from := op.Classes{Logits: more[2], Labels: more[3], Labelled: more[4]}
			parts, err = of.Marginal("loss", rows, beta, y, more[0], more[1], from)
			return parts.Loss, err
		}, y, target, q.Statistics(), logits, s.Labels(graph.Target, m.classes), labelled)
	})
	return whole.MadeOf(graph.NewTerm(reconstruction, parts.Reconstruction).In(of.unit), graph.NewTerm("kl", parts.Divergence).In("nats per image").Times(m.Beta))
}

// divergence declares the KL divergence of q(y|x) from the prior of the classes.
func (m *m2) divergence(s *graph.Scope, logits, labelled graph.Value) graph.Term {
	return s.Term("kl_class", func(rows *op.Rows, logits op.Node, more ...op.Node) (op.Loss, error) {
		return op.ClassDivergence("kl_class", rows, logits, more[0])
	}, logits, labelled).In("nats per image")
}

// classification declares the cross-entropy of labels: in training of further
// labelled images, one for each image of the batch, and else of the images.
func (m *m2) classification(s *graph.Scope, logits graph.Value) graph.Term {
	labels := s.Labels(graph.Target, m.classes)
	if s.Training() {
		_, logits = m.Classify(s, s.Input(trainer.Example, graph.Data, m.image))
		labels = s.Input(trainer.ExampleLabel, graph.Target, graph.Row(1))
	}
	return classification(s, logits, labels)
}

// Declare implements trainer.Network.
func (m *m2) Declare(s *graph.Scope) { declare(s, m) }

// Stages implements trainer.Model.
func (m *m2) Stages(c trainer.Config) ([]trainer.Stage, error) {
	s, err := m.posteriorStage(c, m)
	s.Labelled = m.Labels
	s.Measures = func() []trainer.Measure {
		return []trainer.Measure{trainer.PosteriorMeasure(), trainer.ClassificationMeasure()}
	}
	return []trainer.Stage{s}, err
}

// Validate implements settings.Validator.
func (m *m2) Validate() error {
	switch {
	case m.weighted(): // a class belongs to a whole image
		return fmt.Errorf("%w: model m2 cannot be combined with corrupted-weight or intact-weight; hint: --model vae", settings.ErrConfiguration)
	case m.perceives():
		return fmt.Errorf("%w: model m2 cannot be combined with ssim or perceptual, because its loss is a bound of the likelihood; hint: --model vae", settings.ErrConfiguration)
	}
	if err := validBeta(m.Beta, m.KLWarmup); err != nil {
		return err
	}
	return settings.Numbers(
		settings.Number{OK: m.Labels >= 0, Name: "labels", Value: m.Labels, Hint: "0 for all, or more"},
		settings.Number{OK: m.Alpha >= 0 && settings.Finite(m.Alpha), Name: "alpha", Value: m.Alpha, Hint: "0 or more"},
	)
}
