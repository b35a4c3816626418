package recipes

import (
	"gaetrain/graph"
	"gaetrain/trainer/settings"
)

// EMA is the exponential moving average of a part's weights, which that part uses
// outside training (Yazıcı 2019). The weights themselves oscillate from step to step.
type EMA struct {
	Decay float64 `toml:"ema-decay" group:"model" help:"Decay of the generator's EMA weights, which make the samples, from 0 to below 1; 0 for no EMA"`
}

// Validate implements settings.Validator.
func (e *EMA) Validate() error {
	return settings.Numbers(settings.Number{OK: e.Decay >= 0 && e.Decay < 1, Name: "ema-decay", Value: e.Decay, Hint: "0 for no EMA, or below 1"})
}

// Averaged is the scope on which trainable parameters have averages. A training
// program updates the averages, and all other programs use them as the weights.
func (e *EMA) Averaged(s *graph.Scope) *graph.Scope {
	if e.Decay == 0 {
		return s
	}
	if !s.Training() {
		return s.Replacing(func(_ *graph.Scope, spec graph.Spec) graph.Spec { return average(spec, nil) })
	}
	var weights, means []graph.Parameter
	steps := s.Statistic(graph.Spec{Name: "average/steps", Part: "average", Shape: []int{1}})
	s.After(func() { e.update(&steps[0], weights, means) })
	return s.Observing(func(s *graph.Scope, p graph.Parameter) {
		weights = append(weights, p)
		means = append(means, s.StatisticParameter(average(p.Spec, p.Values())))
	})
}

// average is the spec of the average of a parameter. Its initial values are values.
func average(spec graph.Spec, values []float32) graph.Spec {
	spec.Name, spec.Role = "average/"+spec.Name, graph.Statistic
	spec.Fill = func(mean []float32, _ uint64) { copy(mean, values) }
	return spec
}

// update updates the averages from the weights,
//
//	mean ← d·mean + (1 − d)·weight, d = min(decay, (1 + t)/(10 + t)),
//
// after t steps. The smaller decay at the start removes the initial weights quickly.
func (e *EMA) update(t *float32, weights, means []graph.Parameter) {
	fresh := float32(1 - min(e.Decay, float64(1+*t)/float64(10+*t)))
	for i, of := range means {
		mean := of.Values()
		for j, w := range weights[i].Values() {
			mean[j] += float32(fresh * (w - mean[j]))
		}
	}
	*t++
}
