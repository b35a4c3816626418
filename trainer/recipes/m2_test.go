package recipes_test

import (
	"slices"
	"testing"

	"gaetrain/trainer"
)

// TestHiddenLabels checks that m2 does not use the labels of images whose labels are not
// given.
func TestHiddenLabels(t *testing.T) {
	const rows = 8
	u := find("m2").small()
	e := experiment(t, u, tinyData(u))
	stage := e.Final()
	program := training(t, stage, e.Parameters, rows)
	b := batch(t, stage, e.Parameters, program, e.Data.Train, rows)
	var first []float32
	for _, shift := range []float32{0, 3, 7} {
		hidden := 0
		for i, known := range b.Inputs[trainer.Known] {
			if known == 0 {
				b.Inputs[trainer.Labels][i] = shift
				hidden++
			}
		}
		if hidden == 0 || hidden == rows {
			t.Fatalf("%d of %d labels are hidden", hidden, rows)
		}
		run(t, program, b)
		results := []float32{float32(program.Mean())}
		for _, g := range program.Gradients() {
			results = append(results, g.Values()...)
		}
		if first == nil {
			first = results
		}
		if !slices.Equal(first, results) {
			t.Error("the loss or a gradient depends on hidden labels")
		}
	}
}
