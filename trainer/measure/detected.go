package measure

import (
	"cmp"
	"context"
	"slices"

	"gaetrain/loaders"
	"gaetrain/trainer/evaluate"
)

// Detected are the scores of N items with one name, compared with those of normal items.
type Detected struct {
	Score       string            `json:"score"`
	Threshold   float64           `json:"threshold"`            // items with a higher score are flagged
	FalseAlarms float64           `json:"false_alarms"`         // share of new normal items that are flagged at most, on average
	Expected    evaluate.Interval `json:"false_alarm_interval"` // of that share, given the normal items
	Flagged     int               `json:"flagged"`
	Labelled    *Separation       `json:"labelled,omitempty"` // nil without labels

	Values  []float64 `json:"-"` // N
	PValues []float64 `json:"-"` // N
}

// Flag reports whether item i is flagged.
func (d Detected) Flag(i int) bool { return d.Values[i] > d.Threshold }

// Order returns the indices of the items, those with the highest scores first.
func (d Detected) Order() []int {
	order := make([]int, len(d.Values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(d.Values[b], d.Values[a]) })
	return order
}

// Separation says how well scores separate labelled anomalies from normal items.
type Separation struct {
	Normal    int `json:"normal"`    // number of normal items
	Anomalies int `json:"anomalies"` // number of anomalies
	Separated
	Halves  *Separated       `json:"halves_of_normal,omitempty"` // one half of the normal items as if they were anomalies; nil for one normal item
	Classes []ClassDetection `json:"classes"`
}

// Separated has the figures of anomalies and normal items.
type Separated struct {
	evaluate.Detection
	evaluate.Decision
	Intervals evaluate.Intervals `json:"intervals"`

	Curve []evaluate.OperatingPoint `json:"-"`
}

// ClassDetection are the figures of the items of one class.
type ClassDetection struct {
	Class   string   `json:"class"`
	Anomaly bool     `json:"anomaly"`
	Items   int      `json:"items"`
	Flagged int      `json:"flagged"`
	AUROC   *float64 `json:"auroc,omitempty"` // of the anomalies of this class against all normal items; nil for normal classes

	FlaggedInterval evaluate.Interval  `json:"flagged_interval"` // of the share of flagged items
	AUROCInterval   *evaluate.Interval `json:"auroc_interval,omitempty"`

	Curve []evaluate.OperatingPoint `json:"-"`
}

// DetectOptions are the settings of Detect.
type DetectOptions struct {
	FalseAlarms float64  // share of normal items that may be flagged, in (0, 1)
	Anomaly     []bool   // N, which items are anomalies; nil: unknown
	Classes     []string // names by label
	Seed        uint64   // of the bootstrap
}

// bootstraps is the number of bootstrap samples.
const bootstraps = 1000

// Detect computes the scores of items, and compares them with the normal ones of a
// calibration that fits the scorer.
func Detect(ctx context.Context, s *Scorer, c *Calibration, items loaders.Split, o DetectOptions) ([]Detected, error) {
	values, err := s.Score(ctx, items)
	if err != nil {
		return nil, err
	}
	var all []Detected
	for _, name := range s.Names {
		d := Detected{Score: name, FalseAlarms: o.FalseAlarms, Values: values[name]}
		normal, err := c.Conformal(name)
		if err != nil {
			return nil, err
		}
		if d.Threshold, err = normal.Threshold(o.FalseAlarms); err != nil {
			return nil, err
		}
		if d.Expected, err = normal.FalseAlarms(o.FalseAlarms); err != nil {
			return nil, err
		}
		for i, v := range d.Values {
			d.PValues = append(d.PValues, normal.PValue(v))
			if d.Flag(i) {
				d.Flagged++
			}
		}
		if o.Anomaly != nil {
			if err := d.separate(ctx, items.Labels, o); err != nil {
				return nil, err
			}
		}
		all = append(all, d)
	}
	return all, nil
}

// bootstrap estimates the intervals of figures of labelled items.
func (o DetectOptions) bootstrap() evaluate.Bootstrap {
	return evaluate.Bootstrap{Samples: bootstraps, Seed: o.Seed}
}

// separate measures the scores of items with labels.
func (d *Detected) separate(ctx context.Context, labels []loaders.Label, o DetectOptions) error {
	whole, err := d.separated(ctx, o, d.Values, o.Anomaly)
	if err != nil {
		return err
	}
	s := &Separation{Separated: *whole}
	var normal []float64
	for i, anomaly := range o.Anomaly {
		if anomaly {
			s.Anomalies++
			continue
		}
		normal = append(normal, d.Values[i])
		s.Normal++
	}
	if s.Normal > 1 {
		half := make([]bool, s.Normal)
		_, second := evaluate.Halves(s.Normal)
		for _, i := range second {
			half[i] = true
		}
		if s.Halves, err = d.separated(ctx, o, normal, half); err != nil {
			return err
		}
	}
	d.Labelled = s
	return d.byClass(ctx, labels, o)
}

// separated measures how well scores and the threshold separate anomalies.
func (d *Detected) separated(ctx context.Context, o DetectOptions, scores []float64, anomaly []bool) (*Separated, error) {
	detector, err := evaluate.NewDetector(scores, anomaly)
	if err != nil {
		return nil, err
	}
	s := &Separated{Detection: detector.Measure(), Decision: detector.At(d.Threshold), Curve: detector.Curve()}
	s.Intervals, err = detector.Intervals(ctx, o.bootstrap(), d.Threshold)
	return s, err
}

// byClass measures each class that has items. Anomalies of a class are compared with all
// normal items.
func (d *Detected) byClass(ctx context.Context, labels []loaders.Label, o DetectOptions) error {
	for class, name := range o.Classes {
		c := ClassDetection{Class: name}
		var scores []float64
		var anomaly []bool
		for i, label := range labels {
			of := int(label) == class
			if of {
				c.Items++
				if d.Flag(i) {
					c.Flagged++
				}
			}
			if of || !o.Anomaly[i] {
				scores, anomaly = append(scores, d.Values[i]), append(anomaly, o.Anomaly[i])
			}
		}
		if c.Items == 0 {
			continue
		}
		c.FlaggedInterval = evaluate.ShareOf(c.Flagged, c.Items).Interval
		if c.Anomaly = slices.Contains(anomaly, true); c.Anomaly {
			s, err := d.separated(ctx, o, scores, anomaly)
			if err != nil {
				return err
			}
			c.AUROC, c.AUROCInterval, c.Curve = &s.AUROC, &s.Intervals.AUROC, s.Curve
		}
		d.Labelled.Classes = append(d.Labelled.Classes, c)
	}
	return nil
}
