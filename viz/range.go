package viz

import (
	"math"
	"slices"
)

// axisRange is the range of the vertical axis of a panel.
type axisRange struct {
	span
	logarithmic bool
}

// flattening is the share of the axis that the other values must have, so that the first ones are on it too.
const flattening = 0.5

// axis is the range of the vertical axis. In training, the first values of a stage are often far from all others: without the first
// place of each stage, the remaining values would then take less than half of the axis. Such places are outside the axis,
// up to a quarter of those of a stage.
func (p *panel) axis() axisRange {
	whole := p.values(0)
	positive := whole.low > 0
	hidden, r := 0, axisRange{whole, positive && whole.high/100 > whole.low}
	for {
		rest := axisRange{p.values(hidden + 1), r.logarithmic}
		if height := rest.height(); !(height > 0) || height >= flattening*r.height() {
			return r
		}
		hidden++
		r = axisRange{rest.span, positive && rest.high/100 > rest.low}
	}
}

// height is the length of the axis.
func (r axisRange) height() float64 {
	if r.logarithmic {
		return math.Log(r.high) - math.Log(r.low)
	}
	return r.high - r.low
}

// padded returns the range with a margin at both ends.
func (r axisRange) padded() (low, high float64) {
	switch {
	case r.low > r.high:
		return 0, 1
	case r.low == r.high:
		pad := math.Max(math.Abs(r.low)*0.1, 1e-3)
		return r.low - pad, r.high + pad
	case r.logarithmic:
		pad := math.Pow(10, 0.04*(math.Log10(r.high)-math.Log10(r.low)))
		return math.Max(r.low/pad, math.SmallestNonzeroFloat64), math.Min(r.high*pad, math.MaxFloat64)
	}
	pad := math.Max((r.high-r.low)*0.05, math.Abs(r.high)*1e-12)
	return r.low - pad, r.high + pad
}

// values is the range of all finite values. The first hidden places of each stage are left out, but at most a quarter of
// its places.
func (p *panel) values(hidden int) span {
	first := make(map[float64]bool) // places that are left out
	for _, places := range p.places() {
		if len(p.stages) > 0 {
			for _, x := range places[:min(hidden, len(places)/4)] {
				first[x] = true
			}
		}
	}
	all := emptyRange()
	p.each(func(x, y float64) {
		if !first[x] {
			all.include(y)
		}
	})
	return all
}

// each calls visit for all finite points.
func (p *panel) each(visit func(x, y float64)) {
	for _, s := range p.series {
		for i := range min(len(s.X), len(s.Y)) {
			if finite(s.X[i]) && finite(s.Y[i]) {
				visit(s.X[i], s.Y[i])
			}
		}
	}
}

// places lists, for each stage, the places that have values, in ascending order.
func (p *panel) places() [][]float64 {
	all := make([][]float64, max(1, len(p.stages)))
	p.each(func(x, _ float64) {
		at := p.stageAt(x)
		all[at] = append(all[at], x)
	})
	for i := range all {
		slices.Sort(all[i])
		all[i] = slices.Compact(all[i])
	}
	return all
}

// stageAt is the index of the stage at a place.
func (p *panel) stageAt(x float64) int {
	for i := range p.stages {
		if i == len(p.stages)-1 || x < (p.stages[i].To+p.stages[i+1].From)/2 {
			return i
		}
	}
	return 0
}

// constant reports whether the panel has values at several places, which are all equal.
func (p *panel) constant() bool {
	places := 0
	for _, of := range p.places() {
		places += len(of)
	}
	all := p.values(0)
	return places > 1 && all.low == all.high
}

// outside labels the farthest value above the axis and the farthest one below it, if there are any.
func (p *panel) outside() (labels []Mark) {
	low, high := p.scale.low, p.scale.high
	var below, above Mark
	p.each(func(x, y float64) {
		if y > high {
			high, above = y, Mark{x, "↑ " + figures(y)}
		}
		if y < low {
			low, below = y, Mark{x, "↓ " + figures(y)}
		}
	})
	for _, label := range []Mark{above, below} {
		if label.Label != "" {
			labels = append(labels, label)
		}
	}
	return labels
}
