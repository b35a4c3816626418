package recipes_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestResidualBlocksTrainDeepNets trains an encoder of 18 convolutions and the decoder
// that mirrors it, with and without residual sums around each two convolutions. Without
// the sums, training stalls at blurred images (He 2016).
func TestResidualBlocksTrainDeepNets(t *testing.T) {
	t.Parallel()
	mse := func(block string) float64 {
		deep := strings.TrimSpace(strings.Repeat(block+" ", 4))
		u := find("residual").plain("batch-size=50; epochs=5; activation=relu; learning-rate=2e-3", fmt.Sprintf("encoder=conv:4,3,s2 %s conv:8,3,s2 %s dense:16", deep, strings.ReplaceAll(deep, "4,3", "8,3")))
		d := halfData(t, u, 1000, 200)
		e, _ := trained(t, u, d)
		return evaluated(t, e.Trained(), d.Test).MSE
	}
	plain, residual := mse("conv:4,3 conv:4,3,linear"), mse("residual(conv:4,3 conv:4,3,linear)")
	t.Logf("test mse of a deep net %.4f, of residual blocks %.4f", plain, residual)
	if residual > 0.35*plain {
		t.Error("residual blocks do not help")
	}
}

// TestBlocks checks that the setting is the number of blocks after each convolution.
func TestBlocks(t *testing.T) {
	t.Parallel()
	for blocks, want := range map[string]int{"1": 5, "2": 7} {
		u := find("residual").small("blocks=" + blocks)
		e := experiment(t, u, tinyData(u))
		if got := e.Trained().Depth(); got != want {
			t.Errorf("%s blocks after each of two convolutions: %d layers, want %d", blocks, got, want)
		}
	}
}
