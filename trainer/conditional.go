package trainer

import (
	"fmt"
	"slices"

	"gaetrain/graph"
	"gaetrain/loaders"
)

// condition gives conditional stages the classes of a data set.
func condition(stages []Stage, data *loaders.Dataset) error {
	for i := range stages {
		if !stages[i].Conditional {
			continue
		}
		if data.Train.Labels == nil || data.Test.Labels == nil || len(data.Classes) == 0 {
			return fmt.Errorf("%w: %s has no labels; hint: --model vae needs none", loaders.ErrData, data.Name)
		}
		stages[i].Architecture.Classes = len(data.Classes)
		if err := stages[i].Architecture.Validate(); err != nil {
			return fmt.Errorf("%w: %w", ErrConfiguration, err)
		}
	}
	return nil
}

// requireLabels asks for labels of n images or codes where the architecture is
// conditional on them.
func requireLabels(a graph.Architecture, labels []uint8, n int) error {
	if a.Classes == 0 {
		return nil
	}
	if len(labels) != n {
		return fmt.Errorf("%w: %d labels for %d images or codes of a conditional model; hint: one each", ErrConfiguration, len(labels), n)
	}
	if highest := slices.Max(labels); int(highest) >= a.Classes {
		return fmt.Errorf("%w: label %d of %d classes; hint: from 0 to %d", ErrConfiguration, highest, a.Classes, a.Classes-1)
	}
	return nil
}
