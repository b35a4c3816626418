package recipes_test

import (
	"testing"

	"gaetrain/graph/kernel"
)

// TestPretrainingHelpsDeepSigmoidNets trains ten layers of sigmoid units for 24
// epochs: all of them from random weights, where they stall at blurs, and
// layer by layer first (Bengio 2007, section 4).
func TestPretrainingHelpsDeepSigmoidNets(t *testing.T) {
	mse := func(model string, pretrainEpochs, epochs int) float64 {
		c := find(model).Configure()
		c.Hidden, c.Code, c.Activation, c.CodeActivation = []int{128, 64, 64, 32}, 16, kernel.Sigmoid, kernel.Sigmoid
		c.LearningRate, c.BatchSize, c.PretrainEpochs, c.Epochs, c.Pictures = 0.01, 50, pretrainEpochs, epochs, 0
		whole, err := sample()
		if err != nil {
			t.Fatal(err)
		}
		data := *whole
		data.Train = whole.Train.Limit(2000)
		e, _ := trained(t, c, &data, find(model))
		figures, err := e.Model().Evaluate(t.Context(), data.Test)
		if err != nil {
			t.Fatal(err)
		}
		return figures.MSE
	}
	plain, pretrained := mse("dense", 1, 24), mse("stacked", 3, 9)
	t.Logf("test mse without pretraining %.4f, with it %.4f", plain, pretrained)
	if pretrained > 0.8*plain {
		t.Error("pretraining does not help")
	}
}
