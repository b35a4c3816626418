package main

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
)

// stateTries write checkpoints with a correct checksum and a wrong state.
func stateTries(options) (tries []try) {
	for _, name := range sortedNames(badStates) {
		tries = append(tries, try{name, func(a *attempt) error { return a.badState(badStates[name], a.resumeArguments("dense")) }})
	}
	for _, verb := range [][]string{
		{"eval", "--run", "dense"}, {"pca", "--run", "dense"}, {"compress", "--run", "dense"}, {"encode", "--run", "dense"}, {"sample", "--run", "dense"},
		{"probe", "--run", "dense", "--fit-limit", "100"}, {"reconstruct", "--run", "dense"}, {"finetune", "--from", "dense", "--run", "new", "--epochs", "1"},
	} {
		for _, name := range []string{"weights-nan", "weights-inf"} {
			tries = append(tries, try{verb[0] + "-" + name, func(a *attempt) error { return a.badState(badStates[name], verb) }})
		}
	}
	return append(tries, try{"unchanged", func(a *attempt) error { // shows that a checkpoint that is rewritten without a change is accepted
		folder := a.copyOf("dense")
		path := filepath.Join(folder, lastFile)
		c, err := parseCheckpoint(read(path))
		if err != nil {
			return err
		}
		write(path, c.bytes())
		return a.likeLonger(a.gaetrain(a.resumeArguments(folder)...), folder)
	}})
}

// badState changes the last checkpoint of a run. The verb must refuse the run and change
// nothing.
func (a *attempt) badState(change func(c checkpoint, header map[string]any), verb []string) error {
	folder := a.copyOf("dense")
	path := filepath.Join(folder, lastFile)
	c, err := parseCheckpoint(read(path))
	if err != nil {
		return err
	}
	d := json.NewDecoder(strings.NewReader(c.metadata[headerKey]))
	d.UseNumber()
	var header map[string]any
	if err := d.Decode(&header); err != nil {
		return err
	}
	change(c, header)
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	c.metadata[headerKey] = string(text)
	write(path, c.bytes())
	before := contents(a.dir)
	o := a.gaetrain(verb...)
	return first(o.refused(5), unchanged(a.dir, before))
}

// badStates are changes of the tensors or of the header of a checkpoint.
var badStates = map[string]func(c checkpoint, header map[string]any){
	"weights-nan":      func(c checkpoint, _ map[string]any) { c.fill(float32(math.NaN())) },
	"weights-inf":      func(c checkpoint, _ map[string]any) { c.fill(float32(math.Inf(1))) },
	"step-beyond":      func(_ checkpoint, h map[string]any) { position(h)["step"] = 1000 },
	"step-negative":    func(_ checkpoint, h map[string]any) { position(h)["step"] = -1 },
	"step-huge":        func(_ checkpoint, h map[string]any) { position(h)["step"] = 1 << 60 },
	"epoch-huge":       func(_ checkpoint, h map[string]any) { position(h)["epoch"] = 1 << 60 },
	"epoch-beyond":     func(_ checkpoint, h map[string]any) { position(h)["epoch"] = 6 },
	"epoch-negative":   func(_ checkpoint, h map[string]any) { position(h)["epoch"] = -1 },
	"epoch-fraction":   func(_ checkpoint, h map[string]any) { position(h)["epoch"] = 1.5 },
	"stage-beyond":     func(_ checkpoint, h map[string]any) { position(h)["stage"] = 1 },
	"stage-huge":       func(_ checkpoint, h map[string]any) { position(h)["stage"] = 1 << 60 },
	"stage-negative":   func(_ checkpoint, h map[string]any) { position(h)["stage"] = -1 },
	"stage-name":       func(_ checkpoint, h map[string]any) { h["stage"] = "joint" },
	"no-position":      func(_ checkpoint, h map[string]any) { delete(h, "position") },
	"unknown-key":      func(_ checkpoint, h map[string]any) { h["colour"] = "red" },
	"best-epoch":       func(_ checkpoint, h map[string]any) { position(h)["best_epoch"] = 77 },
	"best-epoch-below": func(_ checkpoint, h map[string]any) { position(h)["best_epoch"] = -3 },
	"train-negative": func(_ checkpoint, h map[string]any) {
		position(h)["train"] = map[string]any{"images": -5, "squared": -1}
	},
	"solver-missing": func(c checkpoint, _ map[string]any) {
		for name := range c.tensors {
			if isSolver(name) {
				delete(c.tensors, name)
			}
		}
	},
	"solver-short": func(c checkpoint, _ map[string]any) {
		for name, t := range c.tensors {
			if isSolver(name) {
				c.tensors[name] = tensor{t.dtype, []int{1}, t.data[:4]}
			}
		}
	},
	"weights-missing": func(c checkpoint, _ map[string]any) { delete(c.tensors, c.weights()) },
	"weights-shape": func(c checkpoint, _ map[string]any) {
		t := c.tensors[c.weights()]
		c.tensors[c.weights()] = tensor{t.dtype, []int{len(t.data) / 4}, t.data}
	},
	"weights-other-type": func(c checkpoint, _ map[string]any) {
		t := c.tensors[c.weights()]
		c.tensors[c.weights()] = tensor{"I32", t.shape, t.data}
	},
}

func position(header map[string]any) map[string]any { return header["position"].(map[string]any) }

func isSolver(name string) bool { return strings.HasPrefix(name, "solver/") }

// weights returns the name of a tensor of the model.
func (c checkpoint) weights() string {
	for _, name := range sortedNames(c.tensors) {
		if !isSolver(name) && len(c.tensors[name].shape) == 2 {
			return name
		}
	}
	panic("no weights in the checkpoint")
}

// fill sets a value of a tensor of the model.
func (c checkpoint) fill(value float32) {
	name := c.weights()
	t := c.tensors[name]
	data := append([]byte{}, t.data...)
	binary.LittleEndian.PutUint32(data[len(data)/8*4:], math.Float32bits(value))
	c.tensors[name] = tensor{t.dtype, t.shape, data}
}
