package trainer

import (
	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/latent"
	"gaetrain/loaders"
)

// Recipe describes a model that users can name.
type Recipe struct {
	Name     string
	Summary  string        // one line
	Idea     string        // a paragraph
	Citation string        // the papers, as plain text
	BibTeX   string        // an entry for the first paper
	Defaults func(*Config) // settings of training and data that differ from Defaults; nil for none
	New      func() Model  // with the default settings of the model
}

// Find returns the recipe of a model by its name.
type Find func(model string) (Recipe, error)

// Source holds the properties of the data that a model depends on.
type Source struct {
	Shape   graph.Shape // of an image
	Classes int         // number of classes; 0: there are no labels
	Images  int         // number of training images; 0: not known
}

// Model is a pointer to the struct of a recipe. Its tagged fields are the settings of the
// model. The struct and the structs that it embeds can validate them, see package
// settings. Place builds the network for a source of data, and must be called before
// all other methods. The interfaces that a model implements define what it can do
// besides training.
type Model interface {
	Network
	Place(source Source) error // wraps graph.ErrArchitecture
	Stages(c Config) ([]Stage, error)
}

// Names of the inputs and outputs of networks.
const (
	Input          = "input"          // B×D, the images, which are corrupted if the stage has a corruption
	Target         = "target"         // B×D, the clean images
	Mask           = "mask"           // B×D, the corruption mask: 1 where the input is corrupted, else 0
	Noise          = "noise"          // standard normal numbers
	Labels         = "labels"         // B×1
	Known          = "known"          // B×1, 1 if the label of the image is given, else 0
	Example        = "example"        // B×D, a labelled image for each image of a training batch
	ExampleLabel   = "example_label"  // B×1
	Code           = "code"           // B×L
	Statistics     = "statistics"     // B×2L, of the Gaussian from which a code is drawn: L means, then L log-variances
	Reconstruction = "reconstruction" // B×D; every network whose model is an Encoder and does not only classify has it
	Features       = "features"       // B×F, the input of the last layer of a classifier
	Logits         = "logits"         // B×C
	Direction      = "direction"      // B×L, the vector of a vector–Jacobian product
	Sensitivity    = "sensitivity"    // B×D, that product
	Permuted       = "permuted"       // B×L, the codes with each dimension in another random order over the batch; only as Opponent.Real
	Samples        = "samples"        // 2B×D, input of a discriminator: B real examples, then B generated ones
)

// Names of terms of the loss that other packages use.
const (
	AdversarialLoss   = "adversarial_loss"   // of a model against its opponent
	DiscriminatorLoss = "discriminator_loss" // of the opponent, reported as a measure
	Classification    = "classification"     // cross-entropy of labels
)

// Network declares the loss of a batch. The names above are the names of its inputs and
// outputs.
type Network interface {
	Declare(s *graph.Scope)
}

// Encoder is a model that has an encoder.
type Encoder interface {
	// Encode declares the code z of images (x: B×D, z: B×L).
	Encode(s *graph.Scope, x graph.Value) graph.Value
	CodeShape() graph.Shape // of z
}

// Layered is an encoder that is a sequence of layers.
type Layered interface {
	Encoder
	// Depth is the number of layers with weights. First declares the layers up to
	// depth (x: B×D). From declares the layers after depth, which compute the code.
	Depth() int
	First(s *graph.Scope, depth int, x graph.Value) graph.Value
	From(s *graph.Scope, depth int, h graph.Value) graph.Value
	LayerShape(depth int) graph.Shape // of the output of layer depth; 0: of the image
	Convolutional(depth int) bool     // reports whether layer depth, counted from 1, is a convolution
}

// Decoder is a model that decodes codes to images.
type Decoder interface {
	// Decode declares the input of the likelihood for codes (z: B×L).
	Decode(s *graph.Scope, z graph.Value) graph.Value
	Likelihood() Likelihood
	CodeShape() graph.Shape
	// Decodable returns an error if the settings of this model make it impossible to
	// decode codes alone.
	Decodable() error
}

// Likelihood defines the distribution of an image, given the output y of a decoder.
type Likelihood interface {
	// Mean declares the reconstruction x̂ (y, x̂: B×D).
	Mean(s *graph.Scope, y graph.Value) graph.Value
	// Term declares the reconstruction term (y: BK×D, target: B×D).
	Term(s *graph.Scope, y, target graph.Value) graph.Term
	// LogNormaliser is the constant that must be added to the term of an image with
	// the given number of values to get −log p(x|z).
	LogNormaliser(values int) float64
}

// Posterior is a model that draws the code of each image from a Gaussian.
type Posterior interface {
	Posterior(s *graph.Scope, x graph.Value) latent.Gaussian
}

// Generator is a model that is trained so that its codes follow the prior N(0, I).
// Draws from the prior then decode to images like the training images.
type Generator interface {
	Decoder
	HasPrior()
}

// Conditional is a model that takes images together with their labels. Its programs
// have the input Labels.
type Conditional interface {
	Classes() int
}

// Classifier is a model that predicts the classes of images. Its network has the
// outputs Features and Logits. If it is also a Decoder, its network reconstructs images.
type Classifier interface {
	Classify(s *graph.Scope, x graph.Value) (features, logits graph.Value)
}

// Transfer is a model that uses the encoder of another model. SetEncoder is called
// before Place, which also places the other model. Parameters that do not belong to the
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

// Linear is a model that reports whether its decoder is a linear map of the code that
// is trained on the squared error.
type Linear interface {
	LinearDecoder() bool
}

// DataDependent is a model with parameters whose initial values depend on training
// images.
type DataDependent interface {
	InitialiseFrom(images graph.Sample, p *graph.Parameters, seed uint64) error
}

// Stage is the training of one network for a number of epochs.
type Stage struct {
	Name   string
	Epochs int
	// Objective describes what the stage minimises if this is not the loss of the
	// model, such as "squared error of the codes of layer 1"; "": the loss of the model.
	Objective string
	// Network is the network that is trained. Model is the model of images after the
	// stage. It is the network itself unless the stage trains a part of the model.
	Network, Model Network
	// Below is a part of the model that the stage does not train. Its codes are computed
	// once and are the inputs of the network. nil: the inputs are the images.
	Below Encoder
	// Opponent is trained against the network; nil for none.
	Opponent *Opponent

	Corruption loaders.Corruption // of the inputs; the target stays clean
	Prior      bool               // it trains the prior of the words of a Worded model
	Binarise   bool               // sample inputs and targets as 0 or 1, again in each epoch
	// Rates are factors of the learning rate by the part of the model, such as
	// encoder. A part that is missing has the factor 1.
	Rates map[string]float64
	// Rising is the number of epochs during which weights of terms of the loss rise.
	Rising float64
	// Labelled is the number of training images whose labels the network gets, equally many
	// of each class; 0: all. It is used if the network has the input Example.
	Labelled int
	// Titles are the names of parts and outputs in drawings if these differ, such as
	// "generator" for the decoder; nil for none.
	Titles map[string]string
	// Measures returns new measures for each evaluated split; nil for none.
	Measures func() []Measure

	images  int                  // number of training images; 0: not known
	augment loaders.Augmentation // of the training images
	flops   float64              // of a training step
	dense   float64              // those of them in fully connected layers
	rounds  kernel.Precision     // of those in training
	units   map[string]string    // of figures
	main    string               // the first term of the loss
	image   loaders.Shape        // of the data; zero: not known
	plain   bool                 // in evaluation, all pixels have the same weight, whether corrupted or not
	mean    bool                 // in evaluation, codes are the means of their posteriors
}

// Opponent is a discriminator: a network that is trained together with the network of a
// stage, to distinguish real examples from those that the latter has generated. Its loss
// is op.DiscriminatorLoss.
type Opponent struct {
	Network // with the input Samples and, if it takes labels, Labels
	// Real is the input with the real examples. Made is the output of the stage's
	// network that should resemble them. The pair is Target and Reconstruction, Noise and
	// Code, or Permuted and Code.
	Real, Made string
	Title      string // of Real in drawings, such as "real images"

	permuted []float32 // B×L, of the last batch
}

// Measure measures a split from the programs that evaluate it.
type Measure interface {
	Outputs() []string       // outputs that the program must compute
	Add(p *graph.Program)    // adds the images of the program's last run
	Report(figures *Figures) // adds the results to the figures
}
