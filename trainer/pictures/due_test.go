package pictures

import "testing"

// TestDue counts the pictures of long runs: their number grows with the logarithm
// of the number of epochs.
func TestDue(t *testing.T) {
	for _, test := range []struct{ epochs, every, want int }{{20, 1, 20}, {32, 1, 32}, {64, 1, 48}, {300, 1, 82}, {2000, 1, 127}, {320, 10, 32}, {640, 10, 48}} {
		count := 0
		for epoch := 1; epoch <= test.epochs; epoch++ {
			if due(epoch, test.every) {
				count++
			}
		}
		if count != test.want {
			t.Errorf("of %d epochs every %d give %d pictures, want %d", test.epochs, test.every, count, test.want)
		}
	}
}
