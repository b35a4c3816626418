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

// symptoms are what the alerts need to know about the finished epochs of a stage, whatever
// their number.
type symptoms struct {
	recent    []Record // of the split that selects the epoch, after the last epochs, at most patience
	last      Record   // of the last split
	collapsed int      // number of the last epochs, one after the other, with a collapsed posterior
}

// add adds the records of an epoch. Epochs in which terms of the loss still rise do not
// count as collapsed.
func (s *symptoms) add(stage Stage, latest []Record) {
	if len(s.recent) == patience {
		s.recent = slices.Delete(s.recent, 0, 1)
	}
	s.recent, s.last = append(s.recent, latest[1]), latest[len(latest)-1]
	s.collapsed++
	if s.last.Collapse() == "" || float64(s.last.Epoch) <= stage.Rising {
		s.collapsed = 0
	}
}

// warnings finds alerts in the records of the stage. Each alert is reported once, and
// again when it no longer holds.
func warnings() Hook {
	var before alerts
	var seen symptoms
	return Hook{
		Name: "warnings",
		Start: func(_ context.Context, l *Loop) error {
			if !l.Resumed {
				return nil
			}
			records, err := l.Records()
			if err != nil {
				return err
			}
			for _, e := range Epochs(records) {
				if first := e.Records[0]; first.Stage == l.Stage.Name && len(e.Records) > 1 {
					seen.add(l.Stage, e.Records)
					if first.Epoch == l.Position.Epoch {
						l.Latest = e.Records
					}
				}
			}
			if len(l.Latest) == 0 {
				return nil
			}
			for _, s := range l.alerts(seen, nil) {
				l.Warnings = append(l.Warnings, s.warning)
			}
			return nil
		},
		Epoch: func(_ context.Context, l *Loop) error {
			if l.Position.Epoch == 0 {
				before, seen = nil, symptoms{} // those of an earlier stage
			}
			seen.add(l.Stage, l.Latest)
			now := l.alerts(seen, before)
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
func (l *Loop) alerts(s symptoms, before alerts) (now alerts) {
	if _, drawn := s.last.Measures[ActiveUnits]; l.opponent == nil && !drawn {
		return nil
	}
	now = adversarialAlerts(s.recent)
	warning := s.collapse(l.Stage)
	if slices.ContainsFunc(before, func(s alert) bool { return s.resolved == collapseResolved }) {
		warning = s.last.Collapse() // because collapse reports it only once
	}
	if warning != "" {
		now = append(now, alert{warning, collapseResolved})
	}
	return now
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
		wins = wins && measured && r.Measures[WinRate] > won
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

// collapse returns a warning once if posteriors stay collapsed for several epochs, or are
// collapsed after the last epoch of the stage.
func (s symptoms) collapse(stage Stage) string {
	if s.collapsed == patience || s.last.Epoch == stage.Epochs && s.collapsed > 0 && s.collapsed < patience {
		return s.last.Collapse()
	}
	return ""
}
