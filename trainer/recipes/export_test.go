package recipes

import (
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

// TwoStages is the recipe of a dense model that is trained by the squared error
// first and then by its own loss: a run of several stages without pretraining.
var TwoStages = trainer.Recipe{Name: "two-stages", New: func() trainer.Model { return &twoStages{defaultDense()} }}

type twoStages struct{ Plain }

func (m *twoStages) Stages(c trainer.Config) ([]trainer.Stage, error) {
	before := m.Plain
	before.Reconstruction.Loss = squaredError
	first, err := before.stage("first", c, &before)
	if err != nil {
		return nil, err
	}
	second, err := m.stage("second", c, m)
	return []trainer.Stage{first, second}, err
}

// EncoderText is the text of the layers of a model's encoder, for a code of the given
// size. It is "" for a model whose layers have no text.
func EncoderText(m trainer.Model, code int) string {
	if l, ok := m.(interface{ text(code int) string }); ok {
		if _, ok := settings.Named(settings.Fields(m), "encoder"); ok {
			return l.text(code)
		}
	}
	return ""
}
