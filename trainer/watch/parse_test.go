package watch

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"gaetrain/trainer"
)

const line = `{"stage":"train","epoch":3,"step":9,"split":"test","loss":1.5,"mse":0.25,"measures":{"sample_distance":0.125,"x":{"y":[1]}},` +
	`"kl_units":[1,2],"standard_errors":{"mse":9},"kl":2,"learning_rate":1e-3,"seconds":0.5,"images_per_second":100,"timestamp":"2026-01-02T03:04:05Z"}` + "\n"

func TestParse(t *testing.T) {
	distance := 0.125
	want := record{stage: "train", epoch: 3, split: "test", loss: 1.5, mse: 0.25, distance: &distance, seconds: 0.5, rate: 100, end: 1767323045}
	got, err := parse([]byte(line))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("parse gives %+v, %v", got, err)
	}
	if c := got.criterion(); c != distance {
		t.Errorf("criterion %g, want the distance of samples", c)
	}
	for _, damaged := range []string{"", "{}", "[]", "null", line[:40], strings.Replace(line, `"epoch":3`, `"epoch":0`, 1), strings.Replace(line, "test", "tset", 1), strings.Replace(line, "1.5", `"1.5"`, 1)} {
		if r, err := parse([]byte(damaged)); err == nil {
			t.Errorf("%q is the record %+v", damaged, r)
		}
	}
}

// FuzzParse compares parse with encoding/json.
func FuzzParse(f *testing.F) {
	f.Add([]byte(line))
	f.Add([]byte(` { "loss" : -1e-2 , "a":{"b":[{}]}, "stage":"x\"y", "split":"train","epoch":1,"epoch":2 } `))
	f.Add([]byte(`{"measures":null,"mse":[1],"epoch":true}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := parse(data)
		var all map[string]json.RawMessage
		if json.Unmarshal(data, &all) != nil || all == nil {
			if err == nil {
				t.Fatalf("%q is the record %+v", data, got)
			}
			return
		}
		if err != nil || bytes.ContainsRune(data, '\\') {
			return // keys count as they are spelled
		}
		var want trainer.Record
		if err := json.Unmarshal(data, &want); err != nil {
			return // of a field that parse does not take
		}
		for key, value := range map[string]any{"stage": got.stage, "split": got.split, "epoch": got.epoch, "loss": got.loss, "mse": got.mse, "seconds": got.seconds, "images_per_second": got.rate} {
			raw, ok := all[key]
			if !ok {
				continue
			}
			read := reflect.New(reflect.TypeOf(value))
			if err := json.Unmarshal(raw, read.Interface()); err != nil || read.Elem().Interface() != value {
				t.Fatalf("%q: %s is %v, want %s", data, key, value, raw)
			}
		}
	})
}

// add adds all lines of a text.
func (p *progress) addText(text string) {
	p.add(Chunk{Lines: []byte(text), Next: Position{Offset: p.at.Offset + int64(len(text))}})
}

// written writes a record.
func written(stage string, epoch int, split string, loss float64) string {
	data, err := json.Marshal(trainer.Record{Stage: stage, Epoch: epoch, Split: split, Figures: trainer.Figures{Loss: loss, MSE: loss / 100, Terms: map[string]float64{"reconstruction": loss}}, Seconds: 2, ImagesPerSecond: 50, Timestamp: "2026-01-02T03:04:05Z"})
	if err != nil {
		panic(err)
	}
	return string(data) + "\n"
}

func TestProgress(t *testing.T) {
	var p progress
	p.addText(written("layer 1", 1, "train", 9) + written("layer 1", 1, "test", 8) + "damaged\n" + written("layer 1", 2, "test", 7))
	if p.before+p.epoch != 2 || p.split() != "test" || p.best["test"].loss != 7 || p.damaged != 1 || p.first != 3 || !strings.Contains(p.problem(), "line 3") {
		t.Errorf("after one stage: %+v", p)
	}
	p.addText(written("layer 2", 1, "train", 90) + written("layer 2", 1, "validation", 80) + written("layer 2", 1, "test", 70))
	if p.before+p.epoch != 3 || p.split() != "validation" || p.best["validation"].loss != 80 || p.best["test"].loss != 70 || p.seconds != 12 {
		t.Errorf("after two stages: %+v", p)
	}
	if left := p.left(13); left != 10*12.0/3 {
		t.Errorf("%g s left, want 40", left)
	}
	p.ends = []int64{100, 110}
	p.addEnd(120)
	if left := p.left(13); left != 10*10 {
		t.Errorf("with 10 s between epochs, %g s are left, want 100", left)
	}
	if p.addEnd(7320); len(p.ends) != 1 {
		t.Errorf("the times before a pause are kept: %v", p.ends)
	}
	p.add(Chunk{Reset: true, Lines: []byte(written("layer 1", 1, "train", 9))})
	if p.epoch != 1 || p.before != 0 || p.seconds != 2 || p.damaged != 0 {
		t.Errorf("after a reset: %+v", p)
	}
}
