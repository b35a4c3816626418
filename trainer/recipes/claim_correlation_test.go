package recipes_test

import "testing"

// TestTotalCorrelationFalls checks that a weight of the total correlation lowers it.
func TestTotalCorrelationFalls(t *testing.T) {
	t.Parallel()
	plain, heavy := drawn(t, "btcvae", "beta=1; epochs=4"), drawn(t, "btcvae", "beta=10; epochs=4")
	with, without := heavy.Terms["total_correlation"], plain.Terms["total_correlation"]
	t.Logf("total correlation with beta 10: %.2f nats, with beta 1: %.2f nats", with, without)
	if with > 0.6*without {
		t.Errorf("the total correlation is %.2f nats with beta 10, and %.2f with beta 1", with, without)
	}
}
