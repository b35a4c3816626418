package trainer

import (
	"fmt"

	"gaetrain/graph/kernel"
)

// Values of the setting precision.
const (
	float32Precision = "float32"
	bf16Precision    = "bf16"
)

// rounds is the precision of the products of fully connected layers in training.
// Evaluation and all verbs that use a trained model compute in float32.
func (t Training) rounds() kernel.Precision {
	if t.Precision == bf16Precision {
		return kernel.BF16
	}
	return kernel.Float32
}

// checkPrecision returns an error if the precision applies to no layer.
func (e *Experiment) checkPrecision() error {
	if dense, _ := e.products(); e.Config.rounds() == kernel.BF16 && dense == 0 {
		return fmt.Errorf("%w: precision is bf16, but it applies only to fully connected layers, and the model has none; hint: --precision float32", ErrConfiguration)
	}
	return nil
}

// products returns the operations of the products of a training step of each stage, in
// fully connected layers and in all layers.
func (e *Experiment) products() (dense, all float64) {
	for _, s := range e.Stages {
		dense, all = dense+s.dense, all+s.flops
	}
	return dense, all
}

// Precision returns a note about which products a precision other than float32 applies to,
// and a warning if this processor multiplies no faster with it.
func (e *Experiment) Precision() (note, warning string) {
	if e.Config.rounds() == kernel.Float32 {
		return "", ""
	}
	if dense, all := e.products(); dense < all {
		note = fmt.Sprintf("precision bf16 applies to fully connected layers, which have %.0f %% of the operations; convolutions stay in float32", 100*dense/all)
	}
	if !kernel.BF16Faster() {
		warning = fmt.Sprintf("with the kernel path %s, this processor multiplies bfloat16 numbers no faster than float32, so training with precision bf16 may be slower; hint: gaetrain bench measures both", kernel.Path())
	}
	return note, warning
}
