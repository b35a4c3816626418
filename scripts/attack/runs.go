package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"sync"
)

// models are the small runs that are attacked: each has a verb and flags.
var models = map[string][]string{
	"dense":    {"train", "--hidden", "24", "--code", "4"},
	"other":    {"train", "--hidden", "24", "--code", "4", "--seed", "4"}, // the same shapes, other values
	"vae":      {"train", "--model", "vae", "--hidden", "24", "--code", "4"},
	"conv":     {"train", "--model", "conv", "--encoder", "conv:3,3,s2 dense:4"},
	"gan":      {"train", "--model", "gan", "--hidden", "24", "--code", "4"},
	"stacked":  {"train", "--model", "stacked", "--hidden", "24,12", "--code", "4", "--epochs", "2", "--pretrain-epochs", "2"},
	"finetune": {"finetune", "--labels", "200"},
}

// common are the flags of all runs. A model can have its own value.
var common = []string{
	"--train-images", "400", "--test-images", "100", "--batch-size", "40", "--epochs", "5", "--pictures", "3",
	"--seed", "3", "--checkpoint-every", "20ms", "--quiet",
}

// trainArguments returns the arguments that train a model with a run folder. The flags
// in more take precedence over the flags of the model.
func (l *lab) trainArguments(model, folder string, more ...string) []string {
	list := append([]string{}, models[model][:1]...)
	list = append(list, common...)
	list = append(list, models[model][1:]...)
	if model == "finetune" {
		list = append(list, "--from", l.base("dense"))
	}
	return append(append(list, "--run", folder), more...)
}

// baseRun is an undisturbed run, trained when it is first needed.
type baseRun struct {
	once    sync.Once
	folder  string
	seconds float64
	err     error
}

// base returns the folder of the undisturbed run of a model. It is only read.
func (l *lab) base(model string) string { return l.trained(model).folder }

func (l *lab) trained(model string) *baseRun {
	r := l.runs[model]
	r.once.Do(func() {
		r.folder = filepath.Join(l.folder, "base", model)
		a := &attempt{lab: l, dir: l.folder}
		o := a.gaetrain(l.trainArguments(model, r.folder)...)
		r.seconds = o.seconds
		if r.err = o.ends(0); r.err != nil {
			r.err = fmt.Errorf("the undisturbed run of %s failed: %w: %s", model, r.err, a.last)
		}
	})
	if r.err != nil {
		panic(r.err)
	}
	return r
}

// copyOf copies the undisturbed run of a model into the folder of the try.
func (a *attempt) copyOf(model string) (folder string) {
	folder = filepath.Join(a.dir, model)
	copyFolder(a.base(model), folder)
	return folder
}

// Files of a run folder.
const (
	runFile     = "run.json"
	recordsFile = "metrics.jsonl"
	finalFile   = "metrics.json"
	lastFile    = "checkpoint/last.safetensors"
	bestFile    = "checkpoint/best.safetensors"
)

// sameRun returns how two finished runs differ in weights, solver state or
// figures. Times may differ.
func sameRun(got, want string) error {
	for _, name := range []string{lastFile, bestFile, recordsFile, finalFile} {
		one, err := os.ReadFile(filepath.Join(got, name))
		if err != nil {
			return err
		}
		two, err := os.ReadFile(filepath.Join(want, name))
		if err != nil {
			return err
		}
		compare := sameTensors
		if name == recordsFile || name == finalFile {
			compare = sameFigures
		}
		if err := compare(one, two); err != nil {
			return fmt.Errorf("%s differs from the file of an undisturbed run: %w", name, err)
		}
	}
	return leftovers(got)
}

// sealed gives run.json or metrics.json a correct checksum if it has one. The checksum
// is the value of the first key: a CRC-32C of all lines below it.
func sealed(data []byte) []byte {
	const key = "{\n  \"checksum\": \""
	head, rest, found := bytes.Cut(data[min(len(data), 2):], []byte("\n"))
	if !found || !bytes.HasPrefix(append([]byte("{\n"), head...), []byte(key)) {
		return data
	}
	sum := crc32.Checksum(rest, crc32.MakeTable(crc32.Castagnoli))
	return append(fmt.Appendf(nil, "%s%08x\",\n", key, sum), rest...)
}

// times are the keys of the figures that may differ between equal runs, and the
// checksum over them.
var times = []string{"seconds", "images_per_second", "timestamp", "checksum"}

// sameFigures returns how two files of JSON objects differ.
func sameFigures(one, two []byte) error {
	a, err := timeless(one)
	if err != nil {
		return err
	}
	b, err := timeless(two)
	if err != nil {
		return err
	}
	if len(a) != len(b) {
		return fmt.Errorf("the files have %d and %d objects", len(a), len(b))
	}
	if len(a) == 0 {
		return errors.New("the files have no objects")
	}
	for i := range a {
		if !reflect.DeepEqual(a[i], b[i]) {
			return fmt.Errorf("object %d differs", i+1)
		}
	}
	return nil
}

// timeless decodes JSON objects and drops the keys about time.
func timeless(data []byte) (objects []map[string]any, err error) {
	for d := json.NewDecoder(bytes.NewReader(data)); ; {
		d.UseNumber()
		var object map[string]any
		if err := d.Decode(&object); err == io.EOF {
			return objects, nil
		} else if err != nil {
			return nil, err
		}
		for _, name := range times {
			delete(object, name)
		}
		objects = append(objects, object)
	}
}
