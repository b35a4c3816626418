package recipes_test

import (
	"math"
	"testing"
)

// TestFiniteWordsAreUsed checks that nearly all words of the codebook are used, nearly
// equally often, without a loss for it. Every value of a code is one of its levels, and
// more words have a lower error.
func TestFiniteWordsAreUsed(t *testing.T) {
	t.Parallel()
	mse := make(map[string]float64)
	for _, words := range []string{"4", "12"} {
		u := find("fsq").plain("hidden=64; levels=5,4,3; batch-size=25; epochs=15; words=" + words)
		d := halfData(t, u, 1000, 250)
		e, _ := trained(t, u, d)
		figures := evaluated(t, e.Trained(), d.Test)
		mse[words] = figures.MSE
		used, perplexity := figures.Measures["codebook_use"], figures.Measures["perplexity"]
		t.Logf("%s words of 60: mse %.4f, codebook use %.3f, perplexity %.1f", words, figures.MSE, used, perplexity)
		if used < 0.9 || used > 1 {
			t.Errorf("%.3f of the words are used, want nearly all", used)
		}
		if perplexity > 60*used+1e-9 || perplexity < 30 {
			t.Errorf("perplexity %g with 60 words, of which %g are used; want at least 30", perplexity, 60*used)
		}
		codes := encoded(t, e.Trained(), d.Test)
		seen := make([]map[float32]bool, 3)
		for unit := range seen {
			seen[unit] = make(map[float32]bool)
			for i := range codes.Rows {
				seen[unit][codes.Row(i)[unit]] = true
			}
			if got, want := len(seen[unit]), []int{5, 4, 3}[unit]; got > want || got < want-1 {
				t.Errorf("value %d has %d different values, of %d levels", unit, got, want)
			}
		}
		for v := range seen[0] {
			if scaled := float64(v) * 2; math.Abs(scaled-math.Round(scaled)) > 1e-6 || math.Abs(float64(v)) > 1 {
				t.Errorf("%g is not one of 5 levels from −1 to 1", v)
			}
		}
	}
	if mse["12"] > 0.85*mse["4"] {
		t.Errorf("mse %v by the number of words", mse)
	}
}
