package cmd

import (
	"strings"
	"testing"

	"gaetrain/trainer/measure"
)

// TestPrintUnconverged names only the logistic regressions that have not converged.
func TestPrintUnconverged(t *testing.T) {
	var out strings.Builder
	printUnconverged(&out, []measure.Probed{{Features: "codes", Converged: true}, {Features: "pixels", Iterations: 500, Gradient: 0.00321}})
	if got, want := out.String(), "logistic regression of pixels: not converged after 500 iterations, relative gradient norm 0.0032 (tolerance 0.0001); hint: set a larger --l2\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}
