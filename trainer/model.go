package trainer

import (
	"gaetrain/graph"
	"gaetrain/graph/latent"
	"gaetrain/loaders"
)

// Recipe is a model one can name.
type Recipe struct {
	Name     string
	Summary  string        // one line
	Idea     string        // a paragraph
	Citation string        // the papers, as plain text
	BibTeX   string        // an entry of the first of them
	Defaults func(*Config) // settings of training and data that differ from Defaults; nil for none
	New      func() Model  // with the default settings of the model
}

// Find returns the recipe of a model by its name.
type Find func(model string) (Recipe, error)

// Source is what a model needs to know of the data.
type Source struct {
	Shape   graph.Shape // of an image
	Classes int         // that labels have; 0: there are no labels
}

// Model is a pointer to the struct of a recipe. Its tagged fields are the settings of the
// model; it and the structs that it embeds may check them, see package settings.
// Place puts the network together for a source of data; everything else may be
// called after that. The interfaces that a model implements say what it can do
// besides training.
type Model interface {
	Network
	Place(source Source) error // wraps graph.ErrArchitecture
	Stages(c Config) ([]Stage, error)
}

// Names of the inputs and outputs of networks.
const (
	Input          = "input"          // B×D, the images, corrupted where the stage says so
	Target         = "target"         // B×D, the images as they are
	Mask           = "mask"           // B×D, 1 where corruption has hit the input, else 0
	Noise          = "noise"          // standard normal numbers
	Labels         = "labels"         // B×1
	Code           = "code"           // B×L
	Statistics     = "statistics"     // B×2L, of the Gaussian that a code is drawn from: L means, then L log-variances
	Reconstruction = "reconstruction" // B×D; every network whose model is an Encoder and no Classifier has it
	Features       = "features"       // B×F, what the last layer of a classifier takes
	Logits         = "logits"         // B×C
	Direction      = "direction"      // B×L, what a Jacobian is multiplied with
	Sensitivity    = "sensitivity"    // B×D, the product
	Samples        = "samples"        // 2B×D, of a discriminator: B real ones, then B that a model has made
)

// Names of terms of the loss, which other packages look up.
const (
	AdversarialLoss   = "adversarial_loss"   // of a model against its opponent
	DiscriminatorLoss = "discriminator_loss" // of the opponent, reported beside the terms
)

// Network declares the loss of a batch, with the inputs above and those of the
// outputs above that it has.
type Network interface {
	Declare(s *graph.Scope)
}

// Encoder is a model that has an encoder.
type Encoder interface {
	// Encode declares the code z of images (x: B×D, z: B×L).
	Encode(s *graph.Scope, x graph.Value) graph.Value
	CodeShape() graph.Shape // of z
}

// Layered is an encoder whose layers can be taken apart.
type Layered interface {
	Encoder
	// Depth is the number of layers with weights; First declares those up to
	// depth (x: B×D), From what makes the code of their output.
	Depth() int
	First(s *graph.Scope, depth int, x graph.Value) graph.Value
	From(s *graph.Scope, depth int, h graph.Value) graph.Value
	LayerShape(depth int) graph.Shape // of what layer depth gives; 0: the image
	Convolutional(depth int) bool     // reports whether layer depth, counted from 1, is a convolution
}

// Decoder is a model that makes images of codes alone.
type Decoder interface {
	// Decode declares what the likelihood takes of codes (z: B×L).
	Decode(s *graph.Scope, z graph.Value) graph.Value
	Likelihood() Likelihood
	CodeShape() graph.Shape
	// Decodable reports why this model cannot do it after all; nil where it can.
	Decodable() error
}

// Likelihood is how the output y of a decoder stands for an image.
type Likelihood interface {
	// Mean declares the reconstruction x̂ (y, x̂: B×D).
	Mean(s *graph.Scope, y graph.Value) graph.Value
	// Term declares the reconstruction term (y: BK×D, target: B×D).
	Term(s *graph.Scope, y, target graph.Value) graph.Term
	// LogNormaliser is what the term of an image of so many values lacks to be
	// −log p(x|z).
	LogNormaliser(values int) float64
}

// Posterior is a model that draws its codes from a Gaussian for each image.
type Posterior interface {
	Posterior(s *graph.Scope, x graph.Value) latent.Gaussian
}

// Generator is a model whose codes follow the prior N(0, I), so that draws from
// it decode to images of the kind learned.
type Generator interface {
	Decoder
	HasPrior()
}

// Conditional is a model that takes the labels of images besides them. Its
// programs have the input Labels.
type Conditional interface {
	Classes() int
}

// Classifier is a model that predicts the classes of images; its network has the
// outputs Features and Logits.
type Classifier interface {
	Classify(s *graph.Scope, x graph.Value) (features, logits graph.Value)
}

// Transfer is a model that has the encoder of another model. SetEncoder is called
// before Place, which places that model as well. Parameters that are not of the
// other model have the part "classifier".
type Transfer interface {
	Model
	SetEncoder(m Model) error // wraps ErrConfiguration
}

// Quantiser is a model whose encoder rounds each value of a code to the nearest of a
// few levels. Quantise does so in place with codes N×L.
type Quantiser interface {
	Quantise(codes []float32)
}

// Linear is a model that knows whether its decoder is a linear map of the code
// that is trained by the squared error.
type Linear interface {
	LinearDecoder() bool
}

// DataDependent is a model some of whose parameters start from training images.
type DataDependent interface {
	InitialiseFrom(images graph.Sample, p *graph.Parameters, seed uint64) error
}

// Stage is training of one network for a while.
type Stage struct {
	Name   string
	Epochs int
	// Objective names what a stage of several minimises, and of what, such as
	// "squared error of the codes of layer 1"; "": the loss of the model.
	Objective string
	// Network is what is trained. Model is the model of images after the stage,
	// with what it can do; it is the network itself unless the stage trains a part.
	Network, Model Network
	// Below is the part of the model that the stage neither moves nor runs: the
	// network's inputs are the codes that it gives, computed once. nil: none.
	Below Encoder
	// Opponent is what the network plays against; nil: nothing.
	Opponent *Opponent

	Corruption loaders.Corruption // of the inputs; the target stays clean
	Binarise   bool               // the images, inputs and targets alike, afresh in each epoch
	// Rates are factors of the learning rate by the part of the model, such as
	// encoder; a part that is missing has 1.
	Rates map[string]float64
	// Rising is the number of epochs over which terms of the loss still rise.
	Rising float64
	// Titles are what drawings call parts and outputs that have another name here,
	// such as "generator" for the decoder; nil for none.
	Titles map[string]string
	// Measures are taken on each evaluated split, by new ones each time.
	Measures func() []Measure

	images int               // that it is trained on; 0: not known
	flops  float64           // of a training step
	units  map[string]string // of figures
	main   string            // the first term of the loss
	plain  bool              // evaluated with all pixels alike, whatever corruption has hit
	mean   bool              // evaluated with codes at the mean of their posterior
}

// Opponent is a network that learns, together with that of a stage, to distinguish
// real examples from those that the latter has just made: a discriminator. Its
// loss is that of op.DiscriminatorLoss.
type Opponent struct {
	Network // of the input Samples and, where it takes them, Labels
	// Real is the input of the stage's batches that is real, Made the output of its
	// network that is to look like it: Target and Reconstruction, or Noise and Code.
	Real, Made string
	Title      string // of Real in drawings, such as "real images"
}

// Measure is taken on the programs that evaluate a split.
type Measure interface {
	Outputs() []string       // that the programs must give
	Add(p *graph.Program)    // counts the images of the last run in
	Report(figures *Figures) // adds what was measured
}
