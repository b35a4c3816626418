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
	evaluate.Detection
	F1          float64            `json:"f1"`
	FalseAlarms float64            `json:"observed_false_alarms"` // share of the normal items that are flagged
	Recall      float64            `json:"recall"`                // share of the anomalies that are flagged
	Intervals   evaluate.Intervals `json:"intervals"`
	Classes     []ClassDetection   `json:"classes"`

	Curve []evaluate.OperatingPoint `json:"-"`
}

// ClassDetection are the figures of the items of one class.
type ClassDetection struct {
	Class   string   `json:"class"`
	Anomaly bool     `json:"anomaly"`
	Items   int      `json:"items"`
	Flagged int      `json:"flagged"`
	AUROC   *float64 `json:"auroc,omitempty"` // of the anomalies of this class against all normal items; nil for normal classes

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

// separate measures the scores of items with labels.
func (d *Detected) separate(ctx context.Context, labels []loaders.Label, o DetectOptions) error {
	detector, err := evaluate.NewDetector(d.Values, o.Anomaly)
	if err != nil {
		return err
	}
	s := &Separation{Detection: detector.Measure(), F1: detector.F1(d.Threshold), Curve: detector.Curve()}
	if s.Intervals, err = detector.Bootstrap(ctx, d.Threshold, bootstraps, o.Seed); err != nil {
		return err
	}
	for i, anomaly := range o.Anomaly {
		switch {
		case anomaly:
			s.Anomalies++
		default:
			s.Normal++
		}
		if d.Flag(i) && anomaly {
			s.Recall++
		} else if d.Flag(i) {
			s.FalseAlarms++
		}
	}
	s.Recall, s.FalseAlarms = s.Recall/float64(s.Anomalies), s.FalseAlarms/float64(s.Normal)
	d.Labelled = s
	return d.byClass(labels, o)
}

// byClass measures each class that has items. Anomalies of a class are compared with all
// normal items.
func (d *Detected) byClass(labels []loaders.Label, o DetectOptions) error {
	for class, name := range o.Classes {
		c := ClassDetection{Class: name}
		var scores []float64
		var anomaly []bool
		for i, label := range labels {
			switch of := int(label) == class; {
			case of && o.Anomaly[i]:
				c.Anomaly = true
				scores, anomaly = append(scores, d.Values[i]), append(anomaly, true)
			case !o.Anomaly[i]:
				scores, anomaly = append(scores, d.Values[i]), append(anomaly, false)
			}
			if int(label) == class {
				c.Items++
				if d.Flag(i) {
					c.Flagged++
				}
			}
		}
		if c.Items == 0 {
			continue
		}
		if slices.Contains(anomaly, true) {
			detector, err := evaluate.NewDetector(scores, anomaly)
			if err != nil {
				return err
			}
			auroc := detector.Measure().AUROC
			c.AUROC, c.Curve = &auroc, detector.Curve()
		}
		d.Labelled.Classes = append(d.Labelled.Classes, c)
	}
	return nil
}
