package trainer

import (
	"fmt"
	"testing"

	"gaetrain/loaders"
)

// TestFewSteps checks the warning about epochs with few steps, and that the batch size
// in its hint gives enough steps.
func TestFewSteps(t *testing.T) {
	for _, test := range []struct{ images, batch, steps, better, more int }{
		{108, 128, 1, 8, 14}, {1280, 128, 10, 0, 0}, {1152, 128, 9, 64, 18}, {3, 128, 1, 1, 3}, {90, 10, 9, 8, 12}, {1, 1, 1, 0, 0}, {5, 1, 5, 0, 0},
	} {
		e := &Experiment{Config: Defaults(), Data: &loaders.Dataset{}}
		e.Config.BatchSize, e.Config.Validation = test.batch, 0
		e.Data.Train = loaders.Pixels(loaders.Shape{Channels: 1, Height: 1, Width: 1}, make([]uint8, test.images))
		want := ""
		if test.better > 0 {
			want = fmt.Sprintf("the number of steps per epoch is only %d, because there are %d training rows; hint: --batch-size %d gives %d", test.steps, test.images, test.better, test.more)
		}
		if got := e.FewSteps(); got != want {
			t.Errorf("%d images in batches of %d: %q, want %q", test.images, test.batch, got, want)
		}
		e.Encoder = &EncoderInfo{}
		if got := e.FewSteps(); got != "" {
			t.Errorf("a classifier gets the warning %q", got)
		}
	}
}
