package kernel

import "slices"

// A weighting says how one position along an axis is computed: the positions
// that it reads, in ascending order, each with a combination of the taps of the
// kernel.
type weighting []reading

type reading struct {
	at   int
	taps []float32 // a factor for each tap of the kernel
}

// axis is a linear map along the height or the width of images: which inputs
// each output reads, and with which combined taps. Outputs with the same
// combinations, or with consecutive ones of them, share a phase. The number of
// combinations is therefore small: one phase for a convolution, and as many as
// the stride for a transposed convolution.
type axis struct {
	inputs int
	phases [][][]float32 // combined taps, each a factor for each tap of the kernel
	points []point       // by output
}

// point is what one output reads: the combined taps of a phase from a first tap
// on, in runs of neighbouring inputs.
type point struct {
	phase int
	runs  []run
}

type run struct{ input, tap, count int }

// newAxis makes the map from the weighting of each output.
func newAxis(inputs int, outputs []weighting) axis {
	a := axis{inputs: inputs, points: make([]point, len(outputs))}
	order := make([]int, len(outputs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return len(outputs[j]) - len(outputs[i]) })
	for _, i := range order { // the longest first: shorter ones are found within them
		a.points[i] = a.point(outputs[i])
	}
	return a
}

func (a *axis) point(w weighting) point {
	taps := make([][]float32, len(w))
	for i, r := range w {
		taps[i] = r.taps
	}
	phase, first := a.find(taps)
	p := point{phase: phase}
	for i, r := range w {
		if i > 0 && r.at == w[i-1].at+1 {
			p.runs[len(p.runs)-1].count++
			continue
		}
		p.runs = append(p.runs, run{r.at, first + i, 1})
	}
	return p
}

// find returns the phase that contains taps consecutively, and their position
// in it. It adds a phase if there is none.
func (a *axis) find(taps [][]float32) (phase, first int) {
	equal := func(x, y []float32) bool { return slices.Equal(x, y) }
	for phase, all := range a.phases {
		for first := range len(all) - len(taps) + 1 {
			if slices.EqualFunc(all[first:first+len(taps)], taps, equal) {
				return phase, first
			}
		}
	}
	a.phases = append(a.phases, taps)
	return len(a.phases) - 1, 0
}

// adjoint returns, for each input, the outputs that read it.
func adjoint(inputs int, outputs []weighting) []weighting {
	all := make([]weighting, inputs)
	for o, w := range outputs {
		for _, r := range w {
			all[r.at] = append(all[r.at], reading{o, r.taps})
		}
	}
	return all
}

// span is the largest number of inputs from the first to the last one that an
// output reads.
func (a axis) span() int {
	most := 1
	for _, p := range a.points {
		if n := len(p.runs); n > 0 {
			most = max(most, p.runs[n-1].input+p.runs[n-1].count-p.runs[0].input)
		}
	}
	return most
}

// combined is the number of combined taps of all phases.
func (a axis) combined() int {
	n := 0
	for _, p := range a.phases {
		n += len(p)
	}
	return n
}
