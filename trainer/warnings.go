package trainer

import (
	"context"
	"fmt"
	"slices"
)

// Thresholds of the alerts.
const (
	won       = 0.99 // win rate of a discriminator above which the model learns little
	collapsed = 0.1  // spread of samples below which they are nearly all alike
	patience  = 3    // number of consecutive epochs that cause an alert
)

// alert is a sign that training does not work well.
type alert struct {
	warning  string
	resolved string // reported once the alert no longer holds; it also identifies the alert
}

// alerts holds the alerts of an epoch.
type alerts []alert

// without lists the alerts that others do not have.
func (s alerts) without(other alerts) (list alerts) {
	for _, one := range s {
		if !slices.ContainsFunc(other, func(o alert) bool { return o.resolved == one.resolved }) {
			list = append(list, one)
		}
	}
	return list
}

// warnings finds alerts in the records of the stage. Each alert is reported once, and
// again when it no longer holds.
func warnings() Hook {
	var before alerts
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
			now, err := l.alerts(nil)
			for _, s := range now {
				l.Warnings = append(l.Warnings, s.warning)
			}
			return err
		},
		Epoch: func(_ context.Context, l *Loop) error {
			if l.Position.Epoch == 0 {
				before = nil // the alerts of an earlier stage
			}
			now, err := l.alerts(before)
			if err != nil {
				return err
			}
			l.Warnings, l.News = nil, nil
			for _, s := range now {
				l.Warnings = append(l.Warnings, s.warning)
			}
			for _, s := range now.without(before) {
				l.News = append(l.News, s.warning)
			}
			for _, s := range before.without(now) {
				l.News = append(l.News, s.resolved)
			}
			before = now
			return nil
		},
	}
}

// alerts returns the alerts of the latest epoch, given those of the epoch before.
func (l *Loop) alerts(before alerts) (now alerts, err error) {
	last := l.Latest[len(l.Latest)-1]
	_, drawn := last.Measures[ActiveUnits]
	if l.opponent == nil && !drawn {
		return nil, nil
	}
	records, err := l.Records()
	if err != nil {
		return nil, err
	}
	now = adversarialAlerts(of(records, l.Stage.Name, l.Latest[1].Split))
	warning := collapseWarning(of(records, l.Stage.Name, last.Split), l.Stage)
	if slices.ContainsFunc(before, func(s alert) bool { return s.resolved == collapseResolved }) {
		warning = last.Collapse() // because collapseWarning reports it only once
	}
	if warning != "" {
		now = append(now, alert{warning, collapseResolved})
	}
	return now, nil
}

const collapseResolved = "resolved: the posterior no longer collapses"

// of selects the records of a stage and a split.
func of(records []Record, stage, split string) (picked []Record) {
	for _, r := range records {
		if r.Stage == stage && r.Split == split {
			picked = append(picked, r)
		}
	}
	return picked
}

// adversarialAlerts returns an alert if the discriminator is nearly always right while
// samples do not improve, and one if samples are nearly all alike.
func adversarialAlerts(records []Record) (now alerts) {
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
	latest := last[patience-1]
	if wins && latest.Criterion() >= last[0].Criterion() {
		now = append(now, alert{
			fmt.Sprintf("the discriminator ranks %.3g %% of its pairs correctly, and the samples do not improve; hint: try a lower --discriminator-learning-rate or a higher --learning-rate", 100*latest.Measures[WinRate]),
			"resolved: the discriminator no longer ranks nearly all pairs correctly, or the samples improve",
		})
	}
	if alike {
		now = append(now, alert{
			fmt.Sprintf("samples are nearly all alike, because their spread is %.3g times that of the images; hint: try another --seed, --adversarial-loss or --learning-rate", latest.Measures[SampleSpread]),
			"resolved: samples are no longer nearly all alike",
		})
	}
	return now
}

// collapseWarning returns a warning once if posteriors stay collapsed for several epochs,
// or are collapsed after the last epoch. It waits until all terms of the loss have risen.
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
