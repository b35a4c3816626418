package recipes

import (
	"fmt"
	"strings"

	"gaetrain/graph/layer"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

// Fitted lists the settings that Fit can change.
var Fitted = []string{"loss", "output-activation"}

// Fit sets the settings of a model that a user has not given to values that fit the data.
// For rows of numbers, and for images with values outside [0, 1], the loss is gaussian for
// a model with a posterior and else squared-error, and the last layer of a decoder is
// linear. Fit records the origin of what it has changed, and returns a sentence about it;
// "" for nothing. Settings that need values from 0 to 1 are refused for training data with
// other values, with an error that wraps settings.ErrConfiguration.
func Fit(m trainer.Model, c *trainer.Config, data *loaders.Dataset, origins map[string]settings.Origin) (note string, err error) {
	of, numbers := data.Range, data.Scaling != nil && !data.Train.Shape.IsImage()
	fields := settings.Fields(m)
	if of.IsUnit() && (!numbers || c.Binarise) {
		return "", nil
	}
	if c.Binarise {
		return "", outside(of, "binarise samples 0 or 1 with the value as the probability of 1", "--binarise=false, or --scale minmax")
	}
	if f, ok := settings.Named(fields, "corruption"); ok {
		corruption, err := loaders.ParseCorruption(f.String())
		if err == nil {
			err = corruption.Fits(of)
		}
		if err != nil {
			return "", err
		}
	}
	if p, ok := m.(interface{ perceives() bool }); ok && p.perceives() && !of.IsUnit() {
		return "", outside(of, "the terms of --ssim and --perceptual compare images with values from 0 to 1", "leave them out, or --scale minmax")
	}
	loss := squaredError
	if _, ok := m.(trainer.Posterior); ok {
		loss = gaussian
	}
	var changed []string
	for _, s := range []struct{ name, unfit, fit, why string }{
		{"loss", string(crossEntropy), string(loss), "cross-entropy is the likelihood of values from 0 to 1"},
		{"output-activation", fmt.Sprint(layer.Sigmoid), fmt.Sprint(layer.LinearUnits), "the output of sigmoid units is from 0 to 1"},
	} {
		f, ok := settings.Named(fields, s.name)
		switch {
		case s.name == "output-activation" && NeedsUnit(m): // it is sigmoid then
			continue
		case !ok || f.String() != s.unfit || of.IsUnit() && origins[s.name].Explicit():
			continue
		case origins[s.name].Explicit():
			return "", outside(of, fmt.Sprintf("%s is %s, and %s", s.name, s.unfit, s.why), fmt.Sprintf("--%s %s, or --scale minmax", s.name, s.fit))
		}
		if err := f.Set(s.fit); err != nil {
			return "", err
		}
		origins[s.name] = settings.FromData
		changed = append(changed, fmt.Sprintf("--%s is %s", s.name, s.fit))
	}
	switch {
	case changed == nil:
		return "", nil
	case of.IsUnit():
		return strings.Join(changed, " and ") + ", because the data are rows of numbers", nil
	}
	return fmt.Sprintf("%s, because the data have values from %.4g to %.4g", strings.Join(changed, " and "), of.Low, of.High), nil
}

// outside is the error about a setting that needs values from 0 to 1.
func outside(of loaders.Range, why, hint string) error {
	return fmt.Errorf("%w: %s, but the data have values from %.4g to %.4g; hint: %s", settings.ErrConfiguration, why, of.Low, of.High, hint)
}

// NeedsUnit reports whether the loss of a model is the likelihood of values from 0 to 1.
func NeedsUnit(m trainer.Model) bool {
	f, ok := settings.Named(settings.Fields(m), "loss")
	return ok && f.String() == string(crossEntropy)
}
