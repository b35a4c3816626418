package trainer

import (
	"slices"
	"testing"

	"gaetrain/graph/kernel"
)

// TestWordsWithoutTemperature draws words whose logits are nearly equal. Without temperature,
// each is the most probable one.
func TestWordsWithoutTemperature(t *testing.T) {
	w := Words{
		Layout: kernel.WordLayout{Count: 1, Size: 1},
		Prior: kernel.CausalPrior{
			Others: [][]int{{}}, Size: 1, Codebook: []float32{0, 1, 2},
			Layers: []kernel.CausalLayer{{Weights: []float32{0, 0, 0}, Bias: []float32{1, 1.0001, 1.0001}}},
		},
	}
	for temperature, want := range map[float64][]uint16{0: {1}, 1e-9: {1, 2}, 1e-3: {0, 1, 2}} {
		drawn, err := w.draw(t.Context(), 200, 1, temperature)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(drawn)
		if got := slices.Compact(drawn); !slices.Equal(got, want) {
			t.Errorf("temperature %g: words %d, want %d", temperature, got, want)
		}
	}
}
