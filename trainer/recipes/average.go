package recipes

import (
	"gaetrain/graph"
	"gaetrain/trainer/settings"
)

// EMA is the exponential moving average of a part's weights, with which it works
// once training is over (Yazıcı 2019): the last weights swing around what they
// learn.
type EMA struct {
	Decay float64 `toml:"ema-decay" group:"model" help:"Decay of the exponential moving average of the generator's weights, which makes the samples; 0: the weights themselves do"`
}

// Validate implements settings.Validator.
func (e *EMA) Validate() error {
	return settings.Numbers(settings.Number{OK: e.Decay >= 0 && e.Decay < 1, Name: "ema-decay", Value: e.Decay, Hint: "0 for none, or below 1"})
}

// Averaged is the scope on which trainable parameters are averages: a program
// that trains keeps count of them, any other works with them.
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

// average is the spec of the average of a parameter, which begins with its values.
func average(spec graph.Spec, values []float32) graph.Spec {
	spec.Name, spec.Role = "average/"+spec.Name, graph.Statistic
	spec.Fill = func(mean []float32, _ uint64) { copy(mean, values) }
	return spec
}

// update brings the averages up to date with the weights,
//
//	mean ← d·mean + (1 − d)·weight, d = min(decay, (1 + t)/(10 + t)),
//
// after t steps, so that the first weights are soon forgotten.
func (e *EMA) update(t *float32, weights, means []graph.Parameter) {
	fresh := float32(1 - min(e.Decay, float64(1+*t)/float64(10+*t)))
	for i, of := range means {
		mean := of.Values()
		for j, w := range weights[i].Values() {
			mean[j] += fresh * (w - mean[j])
		}
	}
	*t++
}
