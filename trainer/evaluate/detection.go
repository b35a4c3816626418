package evaluate

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
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

// F1 is the harmonic mean of precision and recall of a threshold, above which items are
// flagged. It is 0 if no anomaly is flagged.
func (d *Detector) F1(threshold float64) float64 { return d.f1(threshold, nil) }

func (d *Detector) f1(threshold float64, weights []int) float64 {
	var hits, flagged, anomalies int
	for i, score := range d.scores {
		weight := 1
		if weights != nil {
			weight = weights[i]
		}
		if d.anomaly[i] {
			anomalies += weight
		}
		if score > threshold {
			flagged += weight
			if d.anomaly[i] {
				hits += weight
			}
		}
	}
	return 2 * float64(hits) / float64(max(flagged+anomalies, 1))
}

// Interval is a 95 % confidence interval.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Intervals are the confidence intervals of a Detection and of F1.
type Intervals struct {
	AUROC            Interval `json:"auroc"`
	AveragePrecision Interval `json:"average_precision"`
	FPR95            Interval `json:"fpr_at_95_recall"`
	F1               Interval `json:"f1"`
}

// Bootstrap returns percentile intervals (Efron 1979): the figures of the given number of
// samples with replacement, as many anomalies and normal items as there are. The samples
// depend only on the seed. Errors are those of the context.
func (d *Detector) Bootstrap(ctx context.Context, threshold float64, samples int, seed uint64) (Intervals, error) {
	random := rand.New(rand.NewPCG(seed, 0))
	var groups [2][]int
	for i, anomaly := range d.anomaly {
		if anomaly {
			groups[1] = append(groups[1], i)
		} else {
			groups[0] = append(groups[0], i)
		}
	}
	weights := make([]int, len(d.scores))
	var figures [4][]float64
	for range samples {
		if err := ctx.Err(); err != nil {
			return Intervals{}, err
		}
		clear(weights)
		for _, group := range groups {
			for range group {
				weights[group[random.IntN(len(group))]]++
			}
		}
		m := d.weighted(weights)
		for k, v := range [...]float64{m.AUROC, m.AveragePrecision, m.FPR95, d.f1(threshold, weights)} {
			figures[k] = append(figures[k], v)
		}
	}
	var of [4]Interval
	for k := range of {
		slices.Sort(figures[k])
		of[k] = Interval{quantile(figures[k], 0.025), quantile(figures[k], 0.975)}
	}
	return Intervals{of[0], of[1], of[2], of[3]}, nil
}

// quantile interpolates between the sorted values.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}
