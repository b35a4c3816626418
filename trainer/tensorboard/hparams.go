package tensorboard

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"gaetrain/trainer"
	"gaetrain/trainer/settings"
	"gaetrain/trainer/wire"
)

// Field numbers of plugin_data.proto and api.proto of the plugin hparams, and of
// struct.proto of protobuf.
const (
	hparamsStart, hparamsEnd        = 3, 4
	startHparams, startTime         = 1, 5
	endStatus, endTime              = 1, 2
	entryKey, entryValue            = 1, 2
	kindNumber, kindText, kindTruth = 2, 3, 4
)

// status says how a run ended.
type status int64

const (
	success status = 1
	failure status = 2
)

// hparamsStarted holds the hyperparameters of a run: all settings that can change the
// weights. There is no summary of the experiment, because TensorBoard would use that of
// one run for all. Without it, TensorBoard collects the hyperparameters and the figures of
// all runs.
func hparamsStarted(info trainer.RunInfo) value {
	var start wire.Message
	for _, name := range slices.Sorted(maps.Keys(info.Configuration)) {
		if slices.Contains(trainer.Harmless, name) {
			continue
		}
		var entry wire.Message
		entry.Text(entryKey, name)
		entry.Inside(entryValue, settingValue(info.Configuration[name]))
		start.Inside(startHparams, entry)
	}
	start.Double(startTime, seconds(info.Created))
	return hparams("_hparams_/session_start_info", hparamsStart, start)
}

// hparamsEnded says how and when a run ended.
func hparamsEnded(how status, at time.Time) value {
	var end wire.Message
	end.Number(endStatus, int64(how))
	end.Double(endTime, seconds(at))
	return hparams("_hparams_/session_end_info", hparamsEnd, end)
}

// hparams is a value of the plugin hparams. All that it says is in its metadata.
func hparams(tag string, field wire.Field, content wire.Message) (v value) {
	var data wire.Message
	data.Inside(field, content)
	v.Text(valueTag, tag)
	v.Inside(valueTensor, tensor(floatType, nil, 0))
	describe(&v, hparamsPlugin, data, "")
	return v
}

// settingValue is a setting as a number, a truth value or a text.
func settingValue(s settings.Setting) (m wire.Message) {
	var number float64
	var truth bool
	switch {
	case json.Unmarshal(s.Value, &truth) == nil:
		n := int64(0)
		if truth {
			n = 1
		}
		m.Number(kindTruth, n)
	case json.Unmarshal(s.Value, &number) == nil:
		m.Double(kindNumber, number)
	default:
		m.Text(kindText, s.String())
	}
	return m
}

func seconds(at time.Time) float64 { return float64(at.UnixNano()) / 1e9 }
