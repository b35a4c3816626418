package memory

import (
	"os"
	"strings"
	"testing"
)

// TestTrim checks that the program runs on after its pages were returned, and that data
// which it has written are kept.
func TestTrim(t *testing.T) {
	counter++
	Trim()
	if counter != 42 || !strings.Contains(Format(3<<20), "3 MiB") {
		t.Errorf("after Trim, the counter is %d and 3 MiB are %q", counter, Format(3<<20))
	}
	if _, err := os.Stat("."); err != nil {
		t.Error(err)
	}
}

var counter = 41 // in pages that the program has written
