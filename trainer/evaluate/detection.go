package evaluate

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

// Detection says how well scores separate anomalies from normal items. A higher score is
// more anomalous.
type Detection struct {
	// AUROC is the probability that an anomaly has a higher score than a normal item; equal
	// scores count ½ (area under the ROC curve).
	AUROC float64 `json:"auroc"`
	// AveragePrecision is Σ (R_i − R_{i−1})·P_i over the thresholds i, with the recall R and
	// the precision P.
	AveragePrecision float64 `json:"average_precision"`
	// FPR95 is the least share of normal items that are flagged by a threshold that flags
	// 95 % of the anomalies.
	FPR95 float64 `json:"fpr_at_95_recall"`
}

// OperatingPoint is what a threshold between two different scores gives.
type OperatingPoint struct {
	Recall            float64 // share of the anomalies that are flagged, the true-positive rate
	FalsePositiveRate float64 // share of the normal items that are flagged
	Precision         float64 // share of the flagged items that are anomalies
}

// Detector ranks N items by their scores, so that measures of several samples of the items
// need no further sorting.
type Detector struct {
	order   []int // of the items, highest score first
	scores  []float64
	anomaly []bool
}

// NewDetector ranks items. There must be at least one anomaly and one normal item, and the
// scores must be numbers. Errors wrap ErrInput.
func NewDetector(scores []float64, anomaly []bool) (*Detector, error) {
	if len(scores) != len(anomaly) {
		return nil, fmt.Errorf("%w: %d scores for %d items", ErrInput, len(scores), len(anomaly))
	}
	if slices.ContainsFunc(scores, math.IsNaN) {
		return nil, fmt.Errorf("%w: a score is not a number", ErrInput)
	}
	if !slices.Contains(anomaly, true) || !slices.Contains(anomaly, false) {
		return nil, fmt.Errorf("%w: anomalies and normal items are both needed", ErrInput)
	}
	d := &Detector{order: make([]int, len(scores)), scores: scores, anomaly: anomaly}
	for i := range d.order {
		d.order[i] = i
	}
	slices.SortStableFunc(d.order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	return d, nil
}

// Measure measures all items.
func (d *Detector) Measure() Detection { return d.weighted(nil) }

// Curve returns the points of all thresholds, from the highest to the lowest.
func (d *Detector) Curve() (points []OperatingPoint) {
	d.sweep(nil, func(p OperatingPoint) { points = append(points, p) })
	return points
}

// sweep visits the thresholds from the highest to the lowest. Item i counts weights[i]
// times; nil: once.
func (d *Detector) sweep(weights []int, visit func(OperatingPoint)) {
	weight := func(i int) float64 {
		if weights == nil {
			return 1
		}
		return float64(weights[i])
	}
	var anomalies, normal, hits, alarms float64
	for i, anomaly := range d.anomaly {
		if anomaly {
			anomalies += weight(i)
		} else {
			normal += weight(i)
		}
	}
	for rank, i := range d.order {
		if d.anomaly[i] {
			hits += weight(i)
		} else {
			alarms += weight(i)
		}
		if next := rank + 1; hits+alarms > 0 && (next == len(d.order) || d.scores[d.order[next]] != d.scores[i]) {
			visit(OperatingPoint{hits / anomalies, alarms / normal, hits / (hits + alarms)})
		}
	}
}

func (d *Detector) weighted(weights []int) (m Detection) {
	const recall = 0.95
	m.FPR95 = 1
	var last OperatingPoint
	d.sweep(weights, func(p OperatingPoint) {
		m.AUROC += (p.FalsePositiveRate - last.FalsePositiveRate) * (p.Recall + last.Recall) / 2
		m.AveragePrecision += (p.Recall - last.Recall) * p.Precision
		if p.Recall >= recall {
			m.FPR95 = min(m.FPR95, p.FalsePositiveRate)
		}
		last = p
	})
	return m
}

// Decision says what a threshold, above which items are flagged, gives.
type Decision struct {
	F1          float64 `json:"f1"`                    // harmonic mean of precision and recall; 0 if no anomaly is flagged
	FalseAlarms float64 `json:"observed_false_alarms"` // share of the normal items that are flagged
	Recall      float64 `json:"recall"`                // share of the anomalies that are flagged
}

// At measures the decision of a threshold.
func (d *Detector) At(threshold float64) Decision { return d.at(threshold, nil) }

// at measures a decision. Item i counts weights[i] times; nil: once.
func (d *Detector) at(threshold float64, weights []int) Decision {
	var hits, anomalies, alarms, normal int
	for i, score := range d.scores {
		weight := 1
		if weights != nil {
			weight = weights[i]
		}
		switch flagged := score > threshold; {
		case d.anomaly[i] && flagged:
			hits, anomalies = hits+weight, anomalies+weight
		case d.anomaly[i]:
			anomalies += weight
		case flagged:
			alarms, normal = alarms+weight, normal+weight
		default:
			normal += weight
		}
	}
	return Decision{
		F1:          2 * float64(hits) / float64(max(hits+alarms+anomalies, 1)),
		FalseAlarms: float64(alarms) / float64(max(normal, 1)),
		Recall:      float64(hits) / float64(max(anomalies, 1)),
	}
}

// Intervals are the confidence intervals of a Detection and of a Decision: those of shares
// by ShareOf, the others by a bootstrap.
type Intervals struct {
	AUROC            Interval `json:"auroc"`
	AveragePrecision Interval `json:"average_precision"`
	FPR95            Interval `json:"fpr_at_95_recall"`
	F1               Interval `json:"f1"`
	FalseAlarms      Interval `json:"observed_false_alarms"`
	Recall           Interval `json:"recall"`
}

// Intervals returns the intervals of the figures of all items. Each bootstrap sample has as
// many anomalies and as many normal items as there are. Errors are those of the context.
func (d *Detector) Intervals(ctx context.Context, b Bootstrap, threshold float64) (of Intervals, err error) {
	var groups [2][]int // normal items, anomalies
	for i, anomaly := range d.anomaly {
		if anomaly {
			groups[1] = append(groups[1], i)
		} else {
			groups[0] = append(groups[0], i)
		}
	}
	weights, into := make([]int, len(d.scores)), []*Interval{&of.AUROC, &of.AveragePrecision, &of.FPR95, &of.F1}
	all, err := b.Each(ctx, len(into), func(drawn [][]int) ([]float64, error) {
		for k, group := range groups {
			for j, i := range group {
				weights[i] = drawn[k][j]
			}
		}
		m := d.weighted(weights)
		return []float64{m.AUROC, m.AveragePrecision, m.FPR95, d.at(threshold, weights).F1}, nil
	}, len(groups[0]), len(groups[1]))
	if err != nil {
		return of, err
	}
	for k, interval := range into {
		*interval = all[k].Interval
	}
	at := d.At(threshold)
	for k, share := range []struct {
		value float64
		into  *Interval
	}{{at.FalseAlarms, &of.FalseAlarms}, {at.Recall, &of.Recall}} {
		n := len(groups[k])
		*share.into = ShareOf(int(math.Round(share.value*float64(n))), n).Interval
	}
	return of, nil
}
