package recipes_test

import (
	"math"
	"slices"
	"testing"
)

// TestWordPriorCodes checks that the frequencies with which words are compressed are the
// probabilities that training has measured, and that sample i does not depend on their number.
func TestWordPriorCodes(t *testing.T) {
	t.Parallel()
	for model, more := range map[string]string{"vqvae": "epochs=1", "fsq": "epochs=1; prior-epochs=2; prior-hidden=6"} {
		u := find(model).small(more)
		d := tinyData(u)
		e, _ := trained(t, u, d)
		figures := evaluated(t, e.Trained(), d.Test)
		w, ok := e.Trained().Words()
		if !ok || !w.HasPrior() || !e.Trained().Samples() {
			t.Fatalf("%s has no words with a prior", model)
		}
		codes := encoded(t, e.Trained(), d.Test)
		indices := w.Indices(codes.Values)
		if got := w.Codes(indices); !slices.Equal(got, codes.Values) {
			t.Errorf("%s: the codes of the words differ from those of the encoder", model)
		}
		bits, of := 0.0, w.Coder()
		for code := range slices.Chunk(indices, w.Layout.Count) {
			for p, k := range code {
				sums := of(code[:p], p)
				bits -= math.Log2(float64(sums[k+1]-sums[k])/float64(sums[len(sums)-1])) / float64(codes.Rows)
			}
		}
		if want := figures.Measures["code_bits"]; math.Abs(bits-want) > 1e-4*want {
			t.Errorf("%s: %g bits per image, but %g were measured", model, bits, want)
		}
		draw := func(n int) []float32 {
			drawn, err := e.Trained().Draw(t.Context(), n, 5, 1)
			if err != nil {
				t.Fatal(err)
			}
			return drawn
		}
		if all := draw(20); !slices.Equal(all[:7*codes.Columns], draw(7)) || e.Trained().Unquantised(all) > 0 {
			t.Errorf("%s: samples depend on their number, or have values that are not in the codebook", model)
		}
		stage := e.Trained()
		stage.Stage = e.Stages[0]
		if stage.Samples() {
			t.Errorf("%s: the prior is used before it is trained", model)
		}
	}
}
