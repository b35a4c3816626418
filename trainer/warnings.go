package trainer

import (
	"context"
	"fmt"
)

// Signs that a contest goes wrong.
const (
	won       = 0.99 // win rate of a discriminator from which the model learns little
	collapsed = 0.1  // spread of samples that are nearly all alike
	patience  = 3    // epochs in a row that make a sign
)

// contested warns where a discriminator wins all the time and samples get no
// better, or where they are nearly all alike.
func contested() Hook {
	return Hook{
		Name: "contested",
		Epoch: func(_ context.Context, l *Loop) error {
			l.Warnings = nil
			if l.adversary == nil {
				return nil
			}
			records, err := ReadRecords(l.Run.Dir)
			if err != nil {
				return err
			}
			l.Warnings = contestWarnings(records, l.Latest[1].Split)
			return nil
		},
	}
}

// contestWarnings reads the signs in the last records of a split.
func contestWarnings(records []Record, split string) (warnings []string) {
	var last []Record
	for _, r := range records {
		if r.Split == split {
			last = append(last, r)
		}
	}
	if len(last) < patience {
		return nil
	}
	last = last[len(last)-patience:]
	wins, alike := true, true
	for _, r := range last {
		wins = wins && r.Measures[WinRate] > won
		alike = alike && r.Measures[Spread] < collapsed
	}
	now := last[patience-1]
	if wins && now.Criterion() >= last[0].Criterion() {
		warnings = append(warnings, fmt.Sprintf("the discriminator wins %.3g %% of its pairs and samples get no better; hint: a lower --discriminator-learning-rate, or a higher --learning-rate", 100*now.Measures[WinRate]))
	}
	if alike {
		warnings = append(warnings, fmt.Sprintf("samples are nearly all alike: they spread %.3g times as far as the images; hint: another --seed, --contest or --learning-rate", now.Measures[Spread]))
	}
	return warnings
}
