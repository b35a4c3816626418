package trainer

import (
	"fmt"
	"slices"
	"strings"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/loaders"
)

// Validate reports the first value that makes no sense, wrapping
// ErrConfiguration.
func (c Config) Validate() error {
	for _, number := range slices.Concat(c.modelNumbers(), c.trainingNumbers(), c.generativeNumbers()) {
		if !number.ok {
			return fmt.Errorf("%w: %s is %v; hint: %s", ErrConfiguration, number.key, number.value, number.hint)
		}
	}
	for _, choice := range []struct {
		key, value string
		names      []string
	}{
		{"bias", c.Bias, []string{"all", "output", "none"}},
		{"gates", c.Gates, []string{string(graph.Product), string(graph.Exchange), string(graph.Energy)}},
		{"discriminator-norm", c.JudgingNorm, []string{"spectral", "none"}},
		{"sparsity-mean", c.SparsityMean, []string{"running", "batch"}},
		{"gradient", c.Gradient, []string{"plain", "dreg"}},
		{"solver", c.Solver, solverNames()},
		{"schedule", c.Schedule, scheduleNames()},
	} {
		if !slices.Contains(choice.names, choice.value) {
			return fmt.Errorf("%w: unknown %s %q; hint: one of %s", ErrConfiguration, choice.key, choice.value, strings.Join(choice.names, ", "))
		}
	}
	for _, validate := range []func() error{c.validateLists, c.validateLoss, c.validateDivergence, c.validateEmphasis} {
		if err := validate(); err != nil {
			return err
		}
	}
	return nil
}

// number is a value of a configuration, and whether it is within its bounds.
type number struct {
	ok    bool
	key   string
	value any
	hint  string
}

func (c Config) modelNumbers() []number {
	return []number{
		{c.Code >= 1, "code", c.Code, "at least 1"},
		{c.KernelSize >= 1, "kernel-size", c.KernelSize, "at least 1"},
		{c.Stride >= 1, "stride", c.Stride, "at least 1"},
		{c.CorruptedWeight >= 0 && finite(c.CorruptedWeight), "corrupted-weight", c.CorruptedWeight, "0 or more"},
		{c.IntactWeight >= 0 && finite(c.IntactWeight), "intact-weight", c.IntactWeight, "0 or more"},
		{c.Dropout >= 0 && c.Dropout < 1, "dropout", c.Dropout, "from 0 to below 1"},
		{c.Threshold >= 0 && finite(c.Threshold), "threshold", c.Threshold, "0 for none, or more"},
		{c.Sparsity >= 0 && finite(c.Sparsity), "sparsity", c.Sparsity, "0 for none, or more"},
		{c.SparsityTarget > 0 && c.SparsityTarget < 1, "sparsity-target", c.SparsityTarget, "between 0 and 1"},
		{c.SparsityMomentum >= 0 && c.SparsityMomentum < 1, "sparsity-momentum", c.SparsityMomentum, "from 0 to below 1"},
		{c.L1 >= 0 && finite(c.L1), "l1", c.L1, "0 for none, or more"},
		{c.TopK >= 0 && c.TopK <= c.Code, "top-k", c.TopK, "0 for all, or as many values as are in a code at most"},
		{c.Contraction >= 0 && finite(c.Contraction), "contraction", c.Contraction, "0 for none, or more"},
	}
}

func (c Config) trainingNumbers() []number {
	return []number{
		{c.TrainImages >= 0, "train-images", c.TrainImages, "0 for all, or more"},
		{c.TestImages >= 0, "test-images", c.TestImages, "0 for all, or more"},
		{c.Validation >= 0, "validation", c.Validation, "0 for none, or more"},
		{c.PretrainEpochs >= 1, "pretrain-epochs", c.PretrainEpochs, "at least 1"},
		{c.Epochs >= 0, "epochs", c.Epochs, "at least 1"},
		{c.BatchSize >= 1 && c.BatchSize <= maxBatch, "batch-size", c.BatchSize, fmt.Sprintf("from 1 to %d", maxBatch)},
		{c.LearningRate > 0 && finite(c.LearningRate), "learning-rate", c.LearningRate, "above 0"},
		{c.Warmup >= 0 && finite(c.Warmup), "warmup", c.Warmup, "0 or more epochs"},
		{c.StepEpochs >= 1, "step-epochs", c.StepEpochs, "at least 1"},
		{c.StepFactor > 0 && c.StepFactor <= 1, "step-factor", c.StepFactor, "above 0, at most 1"},
		{c.Momentum >= 0 && c.Momentum < 1, "momentum", c.Momentum, "from 0 to below 1"},
		{c.Beta1 >= 0 && c.Beta1 < 1, "beta1", c.Beta1, "from 0 to below 1"},
		{c.Beta2 >= 0 && c.Beta2 < 1, "beta2", c.Beta2, "from 0 to below 1"},
		{c.Rho >= 0 && c.Rho < 1, "rho", c.Rho, "from 0 to below 1"},
		{float32(c.Epsilon) > 0 && finite(c.Epsilon), "epsilon", c.Epsilon, "above 0, also as a float32"},
		{c.WeightDecay >= 0 && finite(c.WeightDecay), "weight-decay", c.WeightDecay, "0 or more"},
		{c.ClipNorm >= 0 && finite(c.ClipNorm), "clip-norm", c.ClipNorm, "0 for never, or more"},
		{c.Patience >= 0, "patience", c.Patience, "0 for never, or more"},
		{c.MinDelta >= 0 && finite(c.MinDelta), "min-delta", c.MinDelta, "0 or more"},
		{c.TimeLimit >= 0, "time-limit", c.TimeLimit, "0 for never, or more"},
		{c.CheckpointEvery >= 0, "checkpoint-every", c.CheckpointEvery, "0 for only after epochs, or more"},
		{c.Pictures >= 0, "pictures", c.Pictures, "0 for never, or more"},
	}
}

// generativeNumbers are of codes that are drawn, and of discriminators.
func (c Config) generativeNumbers() []number {
	return []number{
		{c.Beta >= 0 && finite(c.Beta), "beta", c.Beta, "0 or more"},
		{c.KLWarmup >= 0 && finite(c.KLWarmup), "kl-warmup", c.KLWarmup, "0 or more epochs"},
		{c.FreeBits >= 0 && finite(c.FreeBits), "free-bits", c.FreeBits, "0 for none, or more"},
		{c.Capacity >= 0 && finite(c.Capacity), "capacity", c.Capacity, "0 for none, or more"},
		{c.CapacityWeight > 0 && finite(c.CapacityWeight), "capacity-weight", c.CapacityWeight, "above 0"},
		{c.CapacityEpochs >= 0 && finite(c.CapacityEpochs), "capacity-epochs", c.CapacityEpochs, "0 or more epochs"},
		{c.Variance >= 0 && finite(c.Variance), "variance", c.Variance, "above 0, or 0 for a learned one"},
		{c.Deception > 0 && finite(c.Deception), "deception", c.Deception, "above 0"},
		{c.Smoothing >= 0 && c.Smoothing < 0.5, "label-smoothing", c.Smoothing, "0 for none, or below 0.5"},
		{c.Averaging >= 0 && c.Averaging < 1, "averaging", c.Averaging, "0 for none, or below 1"},
		{c.JudgingRate >= 0 && finite(c.JudgingRate), "discriminator-learning-rate", c.JudgingRate, "0 for that of the model, or more"},
		{c.Samples >= 1 && c.Samples <= maxSamples && c.Samples*c.BatchSize <= maxBatch, "samples", c.Samples, fmt.Sprintf("from 1 to %d, and with the batch size at most %d codes in a step", maxSamples, maxBatch)},
	}
}

// validateLists looks at the members of lists.
func (c Config) validateLists() error {
	for _, widths := range []struct {
		key, of string
		values  []int
	}{{"hidden", "units", c.Hidden}, {"filters", "channels", c.Filters}, {"discriminator-hidden", "units", c.Discriminator}} {
		for _, width := range widths.values {
			if width < 1 {
				return fmt.Errorf("%w: %s has a layer of %d %s; hint: at least 1", ErrConfiguration, widths.key, width, widths.of)
			}
		}
	}
	for i, epoch := range c.StepAt {
		if epoch < 1 || i > 0 && epoch <= c.StepAt[i-1] {
			return fmt.Errorf("%w: step-at has a drop after %d epochs; hint: from 1 on, each later than the one before", ErrConfiguration, epoch)
		}
	}
	return nil
}

// validateLoss asks for values that the loss has a likelihood of, and for
// labels where they are smoothed.
func (c Config) validateLoss() error {
	switch {
	case c.Loss == graph.CrossEntropy && c.OutputActivation != kernel.Sigmoid:
		return fmt.Errorf("%w: output-activation is %s, but cross-entropy needs probabilities; hint: sigmoid, or --loss squared-error", ErrConfiguration, c.OutputActivation)
	case c.Binarise && c.Loss != graph.CrossEntropy:
		return fmt.Errorf("%w: binarise with the loss %s; hint: pixels of 0 and 1 have a likelihood by --loss cross-entropy", ErrConfiguration, c.Loss)
	case c.Smoothing > 0 && c.Contest != graph.NonSaturating && c.Contest != graph.LeastSquares:
		return fmt.Errorf("%w: label-smoothing is %g, but the contest %s has no labels; hint: non-saturating or least-squares", ErrConfiguration, c.Smoothing, c.Contest)
	}
	return nil
}

// validateEmphasis asks for a corruption that tells pixels apart.
func (c Config) validateEmphasis() error {
	if c.CorruptedWeight == 1 && c.IntactWeight == 1 {
		return nil
	}
	refused := func(why string) error {
		return fmt.Errorf("%w: corrupted-weight is %g and intact-weight %g, but %s", ErrConfiguration, c.CorruptedWeight, c.IntactWeight, why)
	}
	switch {
	case c.Emphasis() == (kernel.PixelWeights{}):
		return refused("then the reconstruction has no weight; hint: one of them above 0")
	case c.Corruption.Kind == loaders.NoCorruption:
		return refused("nothing is corrupted; hint: --corruption masking:0.25")
	case c.Corruption.Kind == loaders.Gaussian:
		return refused("gaussian noise hits every pixel; hint: --corruption masking:0.25 or salt-and-pepper:0.1")
	}
	return nil
}

// Bounds of the memory of a step.
const (
	maxBatch   = 1 << 16
	maxSamples = 1 << 10
)

func finite(v float64) bool { return v-v == 0 }
