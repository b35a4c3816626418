package trainer

import "gaetrain/trainer/settings"

// ClassOptions choose the classes that a model is trained on. Test images of other classes
// are then anomalies.
type ClassOptions struct {
	Classes     string  `toml:"classes" group:"data" help:"Classes to train on, by name or number, separated by commas, such as Sneaker,9; empty: all classes"`
	Contaminate float64 `toml:"contaminate" group:"data" help:"Share of training images of other classes than --classes, from 0 to below 1, such as 0.05"`
}

func (o ClassOptions) validate() error {
	return settings.Numbers(settings.Number{OK: o.Contaminate >= 0 && o.Contaminate < 1, Name: "contaminate", Value: o.Contaminate, Hint: "from 0 to below 1, such as 0.05"})
}

// without lists the settings that have no effect.
func (o ClassOptions) without() []settings.Without {
	if o.Classes != "" {
		return nil
	}
	return []settings.Without{{Name: "contaminate", Why: "without --classes; hint: --classes 0 trains on one class"}}
}
