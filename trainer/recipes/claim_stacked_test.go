package recipes_test

import "testing"

// TestPretrainingHelpsDeepSigmoidNets trains ten layers of sigmoid units for 24
// epochs: all of them from random weights, where training stalls at blurred images, and
// with pretraining layer by layer (Bengio 2007, section 4).
func TestPretrainingHelpsDeepSigmoidNets(t *testing.T) {
	t.Parallel()
	mse := func(model, epochs string) float64 {
		u := find(model).plain("hidden=128,64,64,32; code=16; activation=sigmoid; code-activation=sigmoid; learning-rate=0.01; batch-size=25", epochs)
		d := halfData(t, u, 1000, 250)
		e, _ := trained(t, u, d)
		return evaluated(t, e.Trained(), d.Test).MSE
	}
	plain, pretrained := mse("dense", "epochs=24"), mse("stacked", "pretrain-epochs=3; epochs=9")
	t.Logf("test mse without pretraining %.4f, with it %.4f", plain, pretrained)
	if pretrained > 0.8*plain {
		t.Error("pretraining does not help")
	}
}
