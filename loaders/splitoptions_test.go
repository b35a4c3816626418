package loaders

import (
	"math"
	"testing"
)

func TestSplitOptions(t *testing.T) {
	t.Parallel()
	for _, share := range []float64{-0.1, 1, 1.5, math.NaN(), math.Inf(1)} {
		wantError(t, SplitOptions{TestShare: share}.Validate(), ErrUnknown, "test-share is ")
	}
	for share, want := range map[float64]float64{0: 0.1, 0.25: 0.25, 0.999: 0.999} {
		o := SplitOptions{TestShare: share}
		if err := o.Validate(); err != nil || o.Share() != want {
			t.Errorf("share %g is %g (%v), want %g", share, o.Share(), err, want)
		}
	}
	if err := (SplitOptions{}).Needless("npz:a.npz", "an array x_test"); err != nil {
		t.Error(err)
	}
	wantError(t, SplitOptions{SplitSeed: 3}.Needless("npz:a.npz", "an array x_test"), ErrUnknown, "split-seed has no effect with npz:a.npz, because it has an array x_test; hint: leave --split-seed out")
	for dataset, want := range map[string]bool{"sample": false, "idx:a": false, "folder:a": true, "array:a.csv": true} {
		if CanSplit(dataset) != want {
			t.Errorf("CanSplit(%q) is %v", dataset, !want)
		}
	}
}
