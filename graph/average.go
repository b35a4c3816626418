package graph

import (
	"fmt"
	"slices"
	"strings"
)

// The running mean of a generator's weights (Yazıcı 2019), with which it is
// evaluated and gives samples: its last weights swing around what they learn.
const (
	averages     = "average/"      // before the name of a parameter
	averageSteps = "average/steps" // in the mean so far, one number
	generator    = "decoder/"      // begins the names of what is averaged
)

// addAverages adds the mean of each weight of the decoder, at first the weight
// itself.
func (p *Parameters) addAverages(a Architecture) error {
	if a.Averaged == 0 {
		return nil
	}
	for _, parameter := range slices.Clone(p.list) {
		if !strings.HasPrefix(parameter.Name, generator) || parameter.Statistic {
			continue
		}
		set := func(mean []float32) { copy(mean, parameter.Values()) }
		if err := p.addStatistic(averages+parameter.Name, set, parameter.Shape()...); err != nil {
			return err
		}
	}
	return p.addStatistic(averageSteps, func([]float32) {}, 1)
}

// average returns how to bring the means up to date with the weights,
//
//	mean ← d·mean + (1 − d)·weight, d = min(decay, (1 + t)/(10 + t)),
//
// after t steps, so that the first weights are soon forgotten.
func (n *Network) average(decay float64, all *Parameters) (func(), error) {
	steps, ok := all.Get(averageSteps)
	if !ok {
		return nil, fmt.Errorf("%w: no statistic %q", ErrArchitecture, averageSteps)
	}
	var weights, means [][]float32
	for _, parameter := range n.used {
		if strings.HasPrefix(parameter.Name, generator) {
			mean, ok := all.Get(averages + parameter.Name)
			if !ok {
				return nil, fmt.Errorf("%w: no mean of %q", ErrArchitecture, parameter.Name)
			}
			weights, means = append(weights, parameter.Values()), append(means, mean.Values())
		}
	}
	return func() {
		t := &steps.Values()[0]
		fresh := float32(1 - min(decay, float64(1+*t)/float64(10+*t)))
		for i, mean := range means {
			for j, w := range weights[i] {
				mean[j] += fresh * (w - mean[j])
			}
		}
		*t++
	}, nil
}
