package trainer

import (
	"context"
	"fmt"
)

// Signs that training goes wrong.
const (
	won       = 0.99 // win rate of a discriminator from which the model learns little
	collapsed = 0.1  // spread of samples that are nearly all alike
	patience  = 3    // epochs in a row that make a sign
)

// warnings reads signs that training goes wrong in the records of the stage.
func warnings() Hook {
	return Hook{
		Name: "warnings",
		Start: func(_ context.Context, l *Loop) error {
			if !l.Resumed {
				return nil
			}
			records, err := l.Records()
			for _, r := range records {
				if r.Stage == l.Stage.Name && r.Epoch == l.Position.Epoch {
					l.Latest = append(l.Latest, r)
				}
			}
			if err != nil || len(l.Latest) == 0 {
				return err
			}
			return l.warn()
		},
		Epoch: func(_ context.Context, l *Loop) error {
			l.Warnings = nil
			return l.warn()
		},
	}
}

// warn adds the warnings about the latest epoch.
func (l *Loop) warn() error {
	last := l.Latest[len(l.Latest)-1]
	_, drawn := last.Measures[ActiveUnits]
	if l.opponent == nil && !drawn {
		return nil
	}
	records, err := l.Records()
	if err != nil {
		return err
	}
	l.Warnings = append(l.Warnings, adversarialWarnings(of(records, l.Stage.Name, l.Latest[1].Split))...)
	if warning := collapseWarning(of(records, l.Stage.Name, last.Split), l.Stage); warning != "" {
		l.Warnings = append(l.Warnings, warning)
	}
	return nil
}

// of picks the records of a stage and a split.
func of(records []Record, stage, split string) (picked []Record) {
	for _, r := range records {
		if r.Stage == stage && r.Split == split {
			picked = append(picked, r)
		}
	}
	return picked
}

// adversarialWarnings warns where a discriminator wins all the time and samples
// get no better, or where samples are nearly all alike.
func adversarialWarnings(records []Record) (warnings []string) {
	if len(records) < patience {
		return nil
	}
	last := records[len(records)-patience:]
	wins, alike := true, true
	for _, r := range last {
		spread, measured := r.Measures[SampleSpread]
		wins = wins && r.Measures[WinRate] > won
		alike = alike && measured && spread < collapsed
	}
	now := last[patience-1]
	if wins && now.Criterion() >= last[0].Criterion() {
		warnings = append(warnings, fmt.Sprintf("the discriminator ranks %.3g %% of its pairs correctly and samples get no better; hint: a lower --discriminator-learning-rate, or a higher --learning-rate", 100*now.Measures[WinRate]))
	}
	if alike {
		warnings = append(warnings, fmt.Sprintf("samples are nearly all alike: their spread is %.3g times that of the images; hint: another --seed, --adversarial-loss or --learning-rate", now.Measures[SampleSpread]))
	}
	return warnings
}

// collapseWarning warns once of posteriors that stay collapsed, or are so in the
// end. It waits until all terms of the loss have risen.
func collapseWarning(records []Record, s Stage) string {
	if len(records) == 0 {
		return ""
	}
	epochs, last := 0, records[len(records)-1]
	for _, r := range records {
		epochs++
		if r.Collapse() == "" || float64(r.Epoch) <= s.Rising {
			epochs = 0
		}
	}
	if epochs == patience || last.Epoch == s.Epochs && epochs > 0 && epochs < patience {
		return last.Collapse()
	}
	return ""
}
