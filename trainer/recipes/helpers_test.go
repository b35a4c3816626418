package recipes_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/graph"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/settings"
)

var sample = sync.OnceValues(func() (*loaders.Dataset, error) {
	return loaders.Open(context.Background(), "sample", loaders.Options{})
})

// data is some training and test images of the embedded sample, 0 for all,
// in pairs if the setup needs pairs.
func data(t testing.TB, u setup, train, test int) *loaders.Dataset {
	t.Helper()
	whole, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	d := *whole
	d.Train, d.Test = whole.Train.Stratified(train).Pairs(u.Motion, u.Seed), whole.Test.Stratified(test).Pairs(u.Motion, u.Seed)
	return &d
}

// halfData is the images of data at half their size, on which training takes a third of the time.
func halfData(t testing.TB, u setup, train, test int) *loaders.Dataset {
	t.Helper()
	whole, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	d := *whole
	d.Train, d.Test = halved(whole.Train.Stratified(train)).Pairs(u.Motion, u.Seed), halved(whole.Test.Stratified(test)).Pairs(u.Motion, u.Seed)
	return &d
}

// tinyData is 60 training, 12 validation and 21 test images of 8×8 pixels.
func tinyData(u setup) *loaders.Dataset {
	d := shrunk()
	d.Train, d.Test = d.Train.Pairs(u.Motion, u.Seed), d.Test.Pairs(u.Motion, u.Seed)
	return &d
}

// shrunk is the data set of tinyData without motion.
var shrunk = sync.OnceValue(func() loaders.Dataset {
	whole, err := sample()
	if err != nil {
		panic(err)
	}
	d := *whole
	d.Train, d.Test = shrink(whole.Train, 72), shrink(whole.Test, 21)
	return d
})

// shrink keeps every third pixel of the middle of the first n images: 1×8×8.
func shrink(s loaders.Split, n int) loaders.Split {
	const side, first, every = 8, 3, 3
	values, image := make([]float32, 0, n*side*side), make([]float32, s.Shape.Size())
	for i := range n {
		if err := s.Read(image, i, 0); err != nil {
			panic(err)
		}
		for y := range side {
			for x := range side {
				values = append(values, image[(first+every*y)*s.Shape.Width+first+every*x])
			}
		}
	}
	small := loaders.Values(loaders.Shape{Channels: 1, Height: side, Width: side}, values)
	small.Labels = s.Labels[:n]
	return small
}

// halved is a split of images of half the size, 1×14×14, of means of four pixels.
func halved(s loaders.Split) loaders.Split {
	shape := loaders.Shape{Channels: 1, Height: s.Shape.Height / 2, Width: s.Shape.Width / 2}
	image, values := make([]float32, s.Shape.Size()), make([]float32, 0, s.Len()*shape.Size())
	for i := range s.Len() {
		if err := s.Read(image, i, 0); err != nil {
			panic(err)
		}
		for y := range shape.Height {
			for x := range shape.Width {
				at := 2*y*s.Shape.Width + 2*x
				values = append(values, (image[at]+image[at+1]+image[at+s.Shape.Width]+image[at+s.Shape.Width+1])/4)
			}
		}
	}
	small := loaders.Values(shape, values)
	small.Labels = s.Labels
	return small
}

// train trains in a run folder, from its checkpoint if it has one.
func train(ctx context.Context, dir string, u setup, data *loaders.Dataset, hooks ...trainer.Hook) (*trainer.Experiment, error) {
	e, err := u.experiment(data)
	if err != nil {
		return nil, err
	}
	return e, trainIn(ctx, dir, e, u.settings(), hooks...)
}

func trainIn(ctx context.Context, dir string, e *trainer.Experiment, recorded map[string]settings.Setting, hooks ...trainer.Hook) error {
	run, err := trainer.CreateRun(dir, e, recorded)
	if err != nil {
		return err
	}
	defer run.Close()
	l, err := trainer.NewLoop(ctx, e, run, hooks...)
	if err != nil {
		return err
	}
	return l.Train(ctx)
}

// trained trains to the end in a new folder and returns the folder.
func trained(t testing.TB, u setup, data *loaders.Dataset) (*trainer.Experiment, string) {
	t.Helper()
	dir := t.TempDir()
	e, err := train(context.Background(), dir, u, data)
	if err != nil {
		t.Fatal(err)
	}
	return e, dir
}

// evaluated returns the figures of a model on images.
func evaluated(t testing.TB, m *trainer.Trained, split loaders.Split) trainer.Figures {
	t.Helper()
	figures, err := m.Evaluate(t.Context(), split, nil)
	if err != nil {
		t.Fatal(err)
	}
	return figures
}

func records(t testing.TB, dir string) []trainer.Record {
	t.Helper()
	records, err := trainer.ReadRecords(dir)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// outcome returns the results of a run that must not depend on interruptions: weights,
// solver state, position, and metrics without times.
func outcome(t *testing.T, dir string) map[string]string {
	t.Helper()
	result := make(map[string]string)
	for _, name := range []string{"checkpoint/last.safetensors", "checkpoint/best.safetensors", "metrics.jsonl", "metrics.json", "metrics.csv"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(name) == ".csv" {
			result[name] = withoutTimes(t, data)
			continue
		}
		if filepath.Ext(name) == ".safetensors" {
			result[name] = string(withoutRun(data))
			continue
		}
		for decoder := json.NewDecoder(bytes.NewReader(data)); decoder.More(); {
			var object map[string]any
			if err := decoder.Decode(&object); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, time := range []string{"seconds", "images_per_second", "timestamp", "checksum"} {
				delete(object, time)
			}
			line, err := json.Marshal(object)
			if err != nil {
				t.Fatal(err)
			}
			result[name] += string(line) + "\n"
		}
	}
	return result
}

// withoutTimes returns a table without the columns that differ between equal runs.
func withoutTimes(t *testing.T, table []byte) (text string) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for i, name := range rows[0] {
			if name = path.Base(name); name != "timestamp" && name != "seconds" && name != "images_per_second" {
				text += row[i] + ","
			}
		}
		text += "\n"
	}
	return text
}

// sameOutcome fails if two runs have different results, or if one of them left temporary
// files.
func sameOutcome(t *testing.T, gotDir, wantDir string) {
	t.Helper()
	got, want := outcome(t, gotDir), outcome(t, wantDir)
	for name := range want {
		if got[name] != want[name] {
			if filepath.Ext(name) == ".safetensors" {
				t.Errorf("%s differs: %.300q…, want %.300q…", name, got[name], want[name])
			} else {
				t.Errorf("%s differs:\n%s", name, cmp.Diff(strings.Split(want[name], "\n"), strings.Split(got[name], "\n")))
			}
		}
	}
	for _, pattern := range []string{".*", "*/.*"} {
		hidden, err := filepath.Glob(filepath.Join(gotDir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range hidden {
			if filepath.Base(path) != ".lock" {
				t.Errorf("temporary file not removed: %s", path)
			}
		}
	}
}

// ofRun are the parts of a checkpoint's header that differ between equal runs: the id of
// the run, the extent of metrics.jsonl, which has times, and the checksum.
var ofRun = regexp.MustCompile(`\\"run\\":\\"\w*\\"|\\"(bytes|crc32c)\\":\d+|"gaetrain-crc32c":"\w*"`)

// withoutRun returns a checkpoint without the parts that differ between equal runs.
func withoutRun(checkpoint []byte) []byte {
	end := 8 + binary.LittleEndian.Uint64(checkpoint)
	header := bytes.TrimRight(ofRun.ReplaceAll(checkpoint[8:end], nil), " ")
	return append(header, checkpoint[end:]...)
}

// batch returns the first images of a split as a batch of n rows for a program of
// a stage.
func batch(t testing.TB, stage trainer.Stage, parameters *graph.Parameters, program *graph.Program, split loaders.Split, n int) graph.Batch {
	t.Helper()
	if stage.Below != nil {
		split = below(t, stage, parameters, split.Stratified(n))
	}
	noise := program.Width(trainer.Noise)
	if o := stage.Opponent; o != nil && o.Real == trainer.Noise && program.Has(o.Made) {
		noise = max(noise, program.Shape(o.Made).Size())
	}
	o := loaders.StreamOptions{
		BatchSize: n, Corruption: stage.Corruption, Mask: true, Noise: max(1, noise), Binarise: stage.Binarise && stage.Below == nil,
	}
	if program.Width(trainer.Example) > 0 {
		o.Examples, o.Labelled = true, split.Balanced(stage.Labelled, 0)
	}
	stream, err := loaders.NewStream(split, o)
	if err != nil {
		t.Fatal(err)
	}
	for b, err := range stream.Epoch(0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		known := make([]float32, b.Rows)
		for i := range known {
			if b.Known == nil || b.Known[i] {
				known[i] = 1
			}
		}
		inputs := map[string][]float32{
			trainer.Input: b.Input, trainer.Target: b.Clean, trainer.Mask: b.Mask, trainer.Noise: b.Noise, trainer.Labels: asNumbers(b.Labels), trainer.Known: known,
		}
		if e := b.Examples; e != nil {
			inputs[trainer.Example], inputs[trainer.ExampleLabel] = e.Input, asNumbers(e.Labels)
		}
		return graph.Batch{Rows: b.Rows, Key: b.Key, Inputs: inputs}
	}
	t.Fatal("no batch")
	return graph.Batch{}
}

func asNumbers(labels []loaders.Label) (values []float32) {
	for _, label := range labels {
		values = append(values, float32(label))
	}
	return values
}

// below returns the codes of images by the part below a stage.
func below(t testing.TB, stage trainer.Stage, p *graph.Parameters, split loaders.Split) loaders.Split {
	t.Helper()
	n, size := split.Len(), split.Shape.Size()
	program := compile(t, p, graph.Options{Batch: n, Outputs: []string{trainer.Code}}, func(s *graph.Scope) {
		s.Output(trainer.Code, stage.Below.Encode(s, s.Input(trainer.Input, graph.Data, graph.Shape(split.Shape))))
	})
	images := make([]float32, n*size)
	for i := range n {
		if err := split.Read(images[i*size:(i+1)*size], i, 0); err != nil {
			t.Fatal(err)
		}
	}
	run(t, program, graph.Batch{Rows: n, Inputs: map[string][]float32{trainer.Input: images}})
	codes := loaders.Shape{Channels: 1, Height: 1, Width: program.Shape(trainer.Code).Size()}
	made := loaders.Values(codes, slices.Clone(program.Output(trainer.Code)))
	made.Labels = split.Labels
	return made
}

func compile(t testing.TB, p *graph.Parameters, o graph.Options, d graph.Declaration) *graph.Program {
	t.Helper()
	o.Name = "test"
	program, err := graph.Compile(p, o, d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return program
}

// training compiles the program that trains a stage.
func training(t testing.TB, stage trainer.Stage, p *graph.Parameters, rows int) *graph.Program {
	t.Helper()
	o := graph.Options{Batch: rows, Training: true}
	if stage.Opponent != nil {
		o.Outputs = []string{stage.Opponent.Made}
	}
	return compile(t, p, o, stage.Network.Declare)
}

// evaluation compiles the program that evaluates a stage, with the outputs code and
// reconstruction if it has them.
func evaluation(t testing.TB, stage trainer.Stage, p *graph.Parameters, rows int) *graph.Program {
	t.Helper()
	outputs := []string{trainer.Reconstruction}
	if _, ok := stage.Model.(trainer.Encoder); ok {
		outputs = append(outputs, trainer.Code)
	}
	return compile(t, p, graph.Options{Batch: rows, Outputs: outputs}, stage.Network.Declare)
}

func run(t testing.TB, p *graph.Program, b graph.Batch) {
	t.Helper()
	if err := p.Run(context.Background(), b); err != nil {
		t.Fatal(err)
	}
}

func setThreads(t *testing.T, threads int) {
	old := runtime.GOMAXPROCS(threads)
	t.Cleanup(func() { runtime.GOMAXPROCS(old) })
}

// refused fails unless an error wraps another one and contains a text.
func refused(t *testing.T, err, wrapped error, text string) {
	t.Helper()
	if !errors.Is(err, wrapped) || !strings.Contains(err.Error(), text) {
		t.Errorf("error %v, want one that wraps %q with %q in it", err, wrapped, text)
	}
}

// pixels returns the images of a split in memory as a matrix N×D.
func pixels(s loaders.Split) evaluate.Matrix {
	m, err := evaluate.Pixels(s)
	if err != nil {
		panic(err)
	}
	return m
}
