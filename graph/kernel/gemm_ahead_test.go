package kernel

import "testing"

// TestLookahead checks that spans are taken in reverse order, and then nothing.
func TestLookahead(t *testing.T) {
	t.Parallel()
	var l lookahead
	memory := make([]float32, 100)
	for i := range memory {
		memory[i] = float32(i)
	}
	l.add(memory[50:], 10, 3)
	l.add(memory[:0], 1, 0)
	l.add(memory, line, 5)
	for i, want := range []float32{0, 2 * line, 4 * line, 50, 70} {
		data, _ := l.next(2)
		if data == nil || data[0] != want {
			t.Fatalf("span %d begins at %v, want %g", i, data, want)
		}
	}
	if data, step := l.next(2); data != nil || step != 0 {
		t.Errorf("%v with step %d is left", data, step)
	}
}
