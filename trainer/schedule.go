package trainer

import "math"

// schedules return the factor of the learning rate after a share of a stage, from 0 to
// 1. The parameter epoch is the same point in epochs, with a fraction.
var schedules = []struct {
	name   string
	factor func(c Config, share, epoch float64) float64
}{
	{"constant", func(Config, float64, float64) float64 { return 1 }},
	{"step", func(c Config, _, epoch float64) float64 {
		return math.Pow(c.StepFactor, c.drops(epoch))
	}},
	// Loshchilov & Hutter 2017, without restarts.
	{"cosine", func(_ Config, share, _ float64) float64 { return (1 + math.Cos(math.Pi*share)) / 2 }},
}

// drops is the number of drops of the schedule step after the given number of epochs.
func (c Config) drops(epoch float64) float64 {
	if len(c.StepAt) == 0 {
		return math.Floor(epoch / float64(c.StepEpochs))
	}
	drops := 0.0
	for _, at := range c.StepAt {
		if epoch >= float64(at) {
			drops++
		}
	}
	return drops
}

func scheduleNames() (names []string) {
	for _, s := range schedules {
		names = append(names, s.name)
	}
	return names
}

// rate is the learning rate of one update of a stage with the given number of epochs.
// Updates are counted from 0, and perEpoch is the number of updates per epoch. The warm-up
// multiplies the schedule by a factor that rises linearly to 1 over Warmup epochs.
func rate(c Config, update, perEpoch, epochs int) float64 {
	epoch := float64(update) / float64(perEpoch)
	factor := 1.0
	for _, s := range schedules {
		if s.name == c.Schedule {
			factor = s.factor(c, epoch/float64(epochs), epoch)
		}
	}
	if ramp := c.Warmup * float64(perEpoch); float64(update+1) < ramp {
		factor *= float64(update+1) / ramp
	}
	return c.LearningRate * factor
}
