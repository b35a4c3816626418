package recipes

import (
	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/trainer/settings"
)

// EMA is the exponential moving average of a part's weights, which that part uses
// outside training (Yazıcı 2019). The weights themselves oscillate from step to step.
// Batch normalisation outside training then needs the statistics of a part with these
// averages. Those of the weights themselves would not fit: PyTorch's update_bn computes
// them again for that reason.
type EMA struct {
	Decay float64 `toml:"ema-decay" group:"model" help:"Decay of the generator's EMA weights, which make the samples, from 0 to below 1; 0 for no EMA"`
}

// Validate implements settings.Validator.
func (e *EMA) Validate() error {
	return settings.Numbers(settings.Number{OK: e.Decay >= 0 && e.Decay < 1, Name: "ema-decay", Value: e.Decay, Hint: "0 for no EMA, or below 1"})
}

// On declares y = part(x) with averages of its trainable parameters. A training program
// computes y with the weights and updates the averages. If the part has batch
// normalisation, it also computes y with the averages, only for their running statistics.
// All other programs compute y with the averages.
func (e *EMA) On(s *graph.Scope, part *layer.Stack, x graph.Value) graph.Value {
	if e.Decay == 0 {
		return part.On(s, x)
	}
	averaged := s.Frozen().Replacing(func(_ *graph.Scope, spec graph.Spec) graph.Spec { return average(spec, nil) })
	if !s.Training() {
		return part.On(averaged, x)
	}
	var weights, means []graph.Parameter
	steps := s.Statistic(graph.Spec{Name: "average/steps", Part: "average", Shape: []int{1}})
	s.After(func() { e.update(&steps[0], weights, means) })
	raw := s.Observing(func(s *graph.Scope, p graph.Parameter) {
		weights = append(weights, p)
		means = append(means, s.StatisticParameter(average(p.Spec, p.Values())))
	})
	if !part.HasBatchNorm() {
		return part.On(raw, x)
	}
	y := part.On(raw.KeepingStatistics(), x)
	part.On(averaged, x)
	return y
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
