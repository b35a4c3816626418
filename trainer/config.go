package trainer

import (
	"time"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/loaders"
)

// Config is everything a training run can be told. It is the one source of
// flags (the toml names with two dashes), environment (GAETRAIN_ and the name in
// capitals) and file alike. The values of one that was told nothing are Defaults.
type Config struct {
	Model            string               `toml:"model" group:"model" help:"recipe to train; see 'gaetrain models'"`
	Hidden           []int                `toml:"hidden" group:"model" help:"widths of the encoder's hidden layers, mirrored by the decoder"`
	Code             int                  `toml:"code" group:"model" help:"values in a code"`
	Filters          []int                `toml:"filters" group:"model" help:"channels of the encoder's convolutions, before its hidden layers; none: fully connected"`
	KernelSize       int                  `toml:"kernel-size" group:"model" help:"side of the filters of those convolutions"`
	Stride           int                  `toml:"stride" group:"model" help:"step of those convolutions"`
	Upsampling       graph.Upsampling     `toml:"upsampling" group:"model" help:"how a decoder makes images larger: transposed, nearest, bilinear, or unpool (to where max pooling found the greatest values; codes alone cannot be decoded then)"`
	Encoder          string               `toml:"encoder" group:"model" help:"all layers of the encoder as text (the last makes the code), such as 'conv:16,3,s2 conv:32,3,s2 dense:64', in place of filters, hidden and code"`
	Decoder          string               `toml:"decoder" group:"model" help:"all layers of the decoder as text; by default they mirror the encoder's"`
	Activation       kernel.Activation    `toml:"activation" group:"model" help:"activation of hidden layers: linear, sigmoid, tanh, relu, leaky-relu, elu, softplus, selu"`
	CodeActivation   kernel.Activation    `toml:"code-activation" group:"model" help:"activation of the code"`
	OutputActivation kernel.Activation    `toml:"output-activation" group:"model" help:"activation of the last layer; with cross-entropy it is always sigmoid"`
	Initialiser      graph.Initialiser    `toml:"initialiser" group:"model" help:"initial weights: glorot-, he-, lecun- with uniform or normal; normal, uniform, zeros; images (of the first layer, the others glorot-uniform)"`
	Normalisation    graph.Normalisation  `toml:"normalisation" group:"model" help:"of hidden layers before they are activated: none, batch (of each unit or channel over the batch) or layer (of each image over all units)"`
	Dropout          float64              `toml:"dropout" group:"model" help:"share of the outputs of hidden layers that is put to 0 while training; 0 for none"`
	Threshold        float64              `toml:"threshold" group:"model" help:"units of a relu or linear code give 0 up to it while they learn; 0 for none"`
	Tied             bool                 `toml:"tied" group:"model" help:"decoder weights are the encoder's, transposed"`
	Bias             string               `toml:"bias" group:"model" help:"which layers have biases: all, output (the last one alone) or none"`
	Corruption       loaders.Corruption   `toml:"corruption" group:"model" help:"of the inputs, the target stays clean: none, gaussian:0.3, masking:0.25 or salt-and-pepper:0.1"`
	CorruptedWeight  float64              `toml:"corrupted-weight" group:"model" help:"weight in the loss of pixels that masking or salt-and-pepper noise has hit"`
	IntactWeight     float64              `toml:"intact-weight" group:"model" help:"weight in the loss of the other pixels"`
	Gates            string               `toml:"gates" group:"model" help:"model synchrony: product (of the responses to two frames opens a unit), exchange (so too, and each frame is rebuilt from the other's) or energy (the squared sum opens it)"`
	Beta             float64              `toml:"beta" group:"model" help:"weight of the divergence of a Gaussian code from its prior"`
	KLWarmup         float64              `toml:"kl-warmup" group:"model" help:"epochs over which that weight rises from zero"`
	FreeBits         float64              `toml:"free-bits" group:"model" help:"nats of divergence that each value of a Gaussian code has for nothing, on average over a batch; 0 for none"`
	Capacity         float64              `toml:"capacity" group:"model" help:"nats C that the divergence of a Gaussian code is held at, by capacity-weight·|KL − C| in place of beta·KL; 0 for none"`
	CapacityWeight   float64              `toml:"capacity-weight" group:"model" help:"weight of the distance from the capacity"`
	CapacityEpochs   float64              `toml:"capacity-epochs" group:"model" help:"epochs over which the capacity rises from zero; 0: it is there at once"`
	Samples          int                  `toml:"samples" group:"model" help:"codes drawn for each image from its Gaussian posterior"`
	Gradient         string               `toml:"gradient" group:"model" help:"model iwae: plain, or dreg (doubly reparametrised), whose noise does not grow with the samples"`
	Sparsity         float64              `toml:"sparsity" group:"model" help:"weight of Σ KL(ρ‖ρ̂), ρ̂ the mean activation of each unit of a sigmoid code; 0 for none"`
	SparsityTarget   float64              `toml:"sparsity-target" group:"model" help:"ρ, the mean activation that sparsity asks for"`
	SparsityMean     string               `toml:"sparsity-mean" group:"model" help:"what ρ̂ is while training: batch, or running over past ones too, for batches too small to tell"`
	SparsityMomentum float64              `toml:"sparsity-momentum" group:"model" help:"of the running mean; evaluation goes by that in any case"`
	L1               float64              `toml:"l1" group:"model" help:"weight of Σ|h| of the code; 0 for none"`
	TopK             int                  `toml:"top-k" group:"model" help:"keep only the k largest values of each code, the others are 0; 0 for all"`
	Contraction      float64              `toml:"contraction" group:"model" help:"weight of Σ‖∂h/∂x‖² over the encoder's layers, of each in its own input; 0 for none"`
	Contest          graph.Contest        `toml:"contest" group:"model" help:"models gan and aae: what the discriminator plays for: non-saturating, least-squares, hinge or wasserstein"`
	Deception        float64              `toml:"deception" group:"model" help:"model aae: weight of what the encoder loses to the discriminator of its codes"`
	Discriminator    []int                `toml:"discriminator-hidden" group:"model" help:"model aae: widths of the discriminator's hidden layers; that of model gan mirrors the generator"`
	Judging          kernel.Activation    `toml:"discriminator-activation" group:"model" help:"models gan and aae: activation of the discriminator's hidden layers"`
	JudgingNorm      string               `toml:"discriminator-norm" group:"model" help:"models gan and aae: spectral (the discriminator's weights are divided by their largest singular value) or none"`
	Smoothing        float64              `toml:"label-smoothing" group:"model" help:"models gan and aae: what the label of a real image lacks to 1, with contest non-saturating or least-squares"`
	Averaging        float64              `toml:"averaging" group:"model" help:"model gan: decay of the running mean of the generator's weights, which gives the samples; 0 for none"`
	Loss             graph.Reconstruction `toml:"loss" group:"model" help:"reconstruction term: cross-entropy (from logits), squared-error, or gaussian (a negative log-likelihood in nats)"`
	Variance         float64              `toml:"variance" group:"model" help:"of a pixel by the gaussian loss; 0: learned, one for all pixels"`

	Dataset     string         `toml:"dataset" group:"data" help:"data set: see 'gaetrain datasets list'"`
	DataDir     string         `toml:"data-dir" group:"data" help:"folder to look for data sets in first"`
	TrainImages int            `toml:"train-images" group:"data" help:"use only the first N training images; 0 for all"`
	TestImages  int            `toml:"test-images" group:"data" help:"use only the first N test images; 0 for all"`
	Validation  int            `toml:"validation" group:"data" help:"hold the last N training images out; they then decide about the best epoch, not the test images"`
	Motion      loaders.Motion `toml:"motion" group:"data" help:"of the second frame, where pairs of frames are made of images: none, or some of shift:3,rotate:20,patch:14"`

	Binarise bool `toml:"binarise" group:"data" help:"draw each pixel anew in each epoch: 1 with the probability that its value is, else 0; evaluation always has the same ones"`

	PretrainEpochs int `toml:"pretrain-epochs" group:"model" help:"model stacked: passes over the training images for each layer, before those for all of them together"`

	Epochs       int           `toml:"epochs" group:"training" help:"passes over the training images; 0 with model stacked: each layer by itself is all"`
	BatchSize    int           `toml:"batch-size" group:"training" help:"images per step"`
	Seed         uint64        `toml:"seed" group:"training" help:"the same seed gives the same run, bit for bit"`
	Solver       string        `toml:"solver" group:"training" help:"sgd, momentum, nesterov, rmsprop, adam or adamw"`
	LearningRate float64       `toml:"learning-rate" group:"training" help:"learning rate before the schedule"`
	JudgingRate  float64       `toml:"discriminator-learning-rate" group:"training" help:"models gan and aae: learning rate of the discriminator before the schedule; 0 for that of the model"`
	Schedule     string        `toml:"schedule" group:"training" help:"of the learning rate: constant, step or cosine"`
	Warmup       float64       `toml:"warmup" group:"training" help:"epochs over which the learning rate rises from zero"`
	StepEpochs   int           `toml:"step-epochs" group:"training" help:"schedule step: epochs between drops"`
	StepAt       []int         `toml:"step-at" group:"training" help:"schedule step: the epochs after which it drops, such as 1,4,13, in place of step-epochs"`
	StepFactor   float64       `toml:"step-factor" group:"training" help:"schedule step: factor of a drop"`
	Momentum     float64       `toml:"momentum" group:"training" help:"of momentum and nesterov"`
	Beta1        float64       `toml:"beta1" group:"training" help:"decay of Adam's first moment"`
	Beta2        float64       `toml:"beta2" group:"training" help:"decay of Adam's second moment"`
	Rho          float64       `toml:"rho" group:"training" help:"decay of RMSProp's mean square"`
	Epsilon      float64       `toml:"epsilon" group:"training" help:"added to the divisor by adam, adamw and rmsprop"`
	WeightDecay  float64       `toml:"weight-decay" group:"training" help:"of weights, not biases; decoupled with adamw, else a term of the gradient"`
	ClipNorm     float64       `toml:"clip-norm" group:"training" help:"scale gradients down to this global norm; 0 for never"`
	Patience     int           `toml:"patience" group:"training" help:"stop after this many epochs without a better one; 0 for never"`
	MinDelta     float64       `toml:"min-delta" group:"training" help:"how much lower a loss must be to count as better"`
	TimeLimit    time.Duration `toml:"time-limit" group:"training" help:"stop with a checkpoint and exit code 75 after this time, such as 55m; 0 for never"`

	Run             string        `toml:"run" group:"output" help:"run folder (default: runs/<model>-<dataset>-<n>)"`
	Resume          bool          `toml:"resume" group:"output" help:"go on with the run in the run folder, or begin it"`
	CheckpointEvery time.Duration `toml:"checkpoint-every" group:"output" help:"save a checkpoint within an epoch after this time; 0 for only after epochs"`
	Pictures        int           `toml:"pictures" group:"output" help:"draw pictures every N epochs; 0 for never"`
}

// Defaults returns the configuration of a run that was told nothing.
func Defaults() Config {
	return Config{
		Model: "dense", Hidden: []int{512, 256}, Code: 32, KernelSize: 3, Stride: 2, Upsampling: graph.Transposed,
		Activation: kernel.ReLU, CodeActivation: kernel.Linear, OutputActivation: kernel.Sigmoid,
		Initialiser: graph.GlorotUniform, Bias: "all", Gates: "exchange", CorruptedWeight: 1, IntactWeight: 1, Beta: 1, Loss: graph.CrossEntropy,
		CapacityWeight: 100, Samples: 1, Gradient: "plain",
		Contest: graph.NonSaturating, Deception: 1, Discriminator: []int{256, 256}, Judging: kernel.LeakyReLU, JudgingNorm: "spectral",
		SparsityTarget: 0.05, SparsityMean: "batch", SparsityMomentum: 0.9,

		Dataset: "sample",

		PretrainEpochs: 10, Epochs: 20, BatchSize: 128, Seed: 1,
		Solver: "adam", LearningRate: 1e-3, Schedule: "cosine", StepEpochs: 10, StepFactor: 0.1,
		Momentum: 0.9, Beta1: 0.9, Beta2: 0.999, Rho: 0.9, Epsilon: 1e-8,

		CheckpointEvery: 5 * time.Minute, Pictures: 1,
	}
}

// Masking is the corruption that blackens a share of the pixels.
func Masking(share float32) loaders.Corruption {
	return loaders.Corruption{Kind: loaders.Masking, Level: share}
}

// Emphasis weighs the pixels of the loss; zero where all weigh 1.
func (c Config) Emphasis() kernel.PixelWeights {
	if c.CorruptedWeight == 1 && c.IntactWeight == 1 {
		return kernel.PixelWeights{}
	}
	return kernel.PixelWeights{Corrupted: float32(c.CorruptedWeight), Intact: float32(c.IntactWeight)}
}
