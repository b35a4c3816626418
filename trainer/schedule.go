package trainer

import "math"

// schedules return the factor of the learning rate at a point of a stage. Both
// parameters are epochs: the point, with a fraction, and the length of the stage.
var schedules = []struct {
	name   string
	factor func(c Config, epoch, epochs float64) float64
}{
	{"constant", func(Config, float64, float64) float64 { return 1 }},
	{"step", func(c Config, epoch, _ float64) float64 {
		return math.Pow(c.StepFactor, c.drops(epoch))
	}},
	// Loshchilov & Hutter 2017, without restarts.
	{"cosine", func(_ Config, epoch, epochs float64) float64 { return (1 + math.Cos(math.Pi*(epoch/epochs))) / 2 }},
	// With a warm-up and decay epochs: warmup-stable-decay (Hu 2024, arXiv:2404.06395).
	{"linear", func(c Config, epoch, epochs float64) float64 {
		decay := epochs
		if c.DecayEpochs > 0 {
			decay = min(c.DecayEpochs, epochs)
		}
		return min(1, (epochs-epoch)/decay)
	}},
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
			factor = s.factor(c, epoch, float64(epochs))
		}
	}
	if ramp := c.Warmup * float64(perEpoch); float64(update+1) < ramp {
		factor *= float64(update+1) / ramp
	}
	return c.LearningRate * factor
}
