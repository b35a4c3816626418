package measure

import "testing"

// TestClassNumber checks that classes are found by name, and by number only if that is
// not ambiguous.
func TestClassNumber(t *testing.T) {
	words, numbers := []string{"bag", "hat"}, []string{"1", "2"}
	for _, test := range []struct {
		class string
		names []string
		want  int // −1: refused
	}{
		{"hat", words, 1}, {"1", words, 1}, {"2", words, -1}, {"-1", words, -1}, {"cap", words, -1},
		{"1", numbers, 0}, {"2", numbers, 1}, {"0", numbers, -1},
	} {
		got, err := classNumber(test.class, test.names)
		if err == nil && got != test.want || (err != nil) != (test.want < 0) {
			t.Errorf("class %s of %v is number %d, error %v, want %d", test.class, test.names, got, err, test.want)
		}
	}
}
