package trainer

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/loaders"
	"gaetrain/loaders/files"
	"gaetrain/trainer/settings"
)

// runFormat is the format of run.json. Runs in other formats cannot be read.
const runFormat = 4

// RunInfo is the content of run.json, which holds all that is needed to repeat a run.
type RunInfo struct {
	Format        int                         `json:"format"`
	ID            string                      `json:"id"` // random; also in the checkpoints of the run
	Version       string                      `json:"version"`
	Kernel        string                      `json:"kernel"` // path of the kernels; another one rounds differently
	Created       time.Time                   `json:"created"`
	Model         string                      `json:"model"`
	Configuration map[string]settings.Setting `json:"configuration"` // of the trainer and of the model
	Encoder       *EncoderInfo                `json:"encoder,omitempty"`
	Features      *EncoderInfo                `json:"features,omitempty"`   // of FeatureNetwork
	LabelList     string                      `json:"label_list,omitempty"` // Experiment.LabelList
	Data          DataInfo                    `json:"data"`
	Image         graph.Shape                 `json:"image"`
	Stages        []StageInfo                 `json:"stages"`
	Changes       []Change                    `json:"changes,omitempty"` // of settings, when the run was resumed
	Parameters    int                         `json:"parameters"`        // trainable numbers
	Machine       MachineInfo                 `json:"machine"`
}

// selects reports whether the run has a validation set, which selects an epoch.
func (info RunInfo) selects() bool { return info.Configuration["validation"].String() != "0" }

// EncoderInfo describes the model whose encoder a classifier or a loss uses.
type EncoderInfo struct {
	Model    string                      `json:"model"`
	Settings map[string]settings.Setting `json:"settings"`          // of that model
	Weights  string                      `json:"weights,omitempty"` // Trained.Digest of that model; "": training starts from random weights
}

// StageInfo names a stage of a run and the units of its figures.
type StageInfo struct {
	Name      string            `json:"name"`
	Epochs    int               `json:"epochs"`
	Objective string            `json:"objective,omitempty"` // Stage.Objective
	Units     map[string]string `json:"units"`               // by figure, such as "nats per image"
}

// DataInfo describes the data that a run was trained on.
type DataInfo struct {
	Name        string            `json:"name"`
	Shape       string            `json:"shape"`
	Train       int               `json:"train"`
	Test        int               `json:"test"`
	Classes     []string          `json:"classes,omitempty"`         // by label
	Trained     []string          `json:"trained_classes,omitempty"` // apart from contamination; none: all
	Digest      map[string]string `json:"digest,omitempty"`
	Attribution string            `json:"attribution,omitempty"`
	Features    []string          `json:"features,omitempty"` // names of the values of a row
	Scaling     *loaders.Scaling  `json:"scaling,omitempty"`  // that every input of the run gets
	Range       *loaders.Range    `json:"range,omitempty"`    // of the scaled training values; nil: pixels from 0 to 1
}

// Reading returns options with which a data set is read as the data of the run: with its
// features and its scaling. A run on images has none, so numbers stay as they are.
func (d DataInfo) Reading(o loaders.Options, dataset string) loaders.Options {
	o.Features, o.Scaling = d.Features, d.Scaling
	if o.Scaling == nil && loaders.IsArray(dataset) {
		o.Scaling = &loaders.Scaling{Kind: loaders.ScaleNone}
	}
	return o
}

// Values is the range of the scaled training values, the zero Range for pixels.
func (d DataInfo) Values() loaders.Range {
	if d.Range == nil {
		return loaders.Range{}
	}
	return *d.Range
}

// MachineInfo describes the machine on which a run was started.
type MachineInfo struct {
	System    string `json:"system"`
	Processor string `json:"processor"`
	Threads   int    `json:"threads"`
	Go        string `json:"go"`
}

// ReadRunInfo reads run.json of a run folder. Errors wrap ErrRun. If the folder holds no
// run, they also wrap fs.ErrNotExist.
func ReadRunInfo(dir string) (RunInfo, error) {
	var info RunInfo
	path := filepath.Join(dir, runFile)
	data, err := files.ReadRegular(path, largestSealed)
	if errors.Is(err, fs.ErrNotExist) {
		return info, noRunError{dir}
	}
	if err != nil {
		return info, fmt.Errorf("%w: %s: %w; hint: give --run the folder of a run", ErrRun, path, files.Reason(err))
	}
	var written struct {
		Format  int    `json:"format"`
		Version string `json:"version"`
	}
	if err := json.Unmarshal(data, &written); err != nil {
		return info, fmt.Errorf("%w: %s: %w", ErrRun, path, err)
	}
	if written.Format != runFormat {
		return info, fmt.Errorf("%w: %s was written by another version of gaetrain (format %d, version %q), and this version reads format %d; hint: train the model again, or use that version",
			ErrRun, path, written.Format, written.Version, runFormat)
	}
	if err := decodeSealed(data, &info); err != nil {
		return info, fmt.Errorf("%w: %s: %w", ErrRun, path, err)
	}
	if info.ID == "" || len(info.Stages) == 0 {
		return info, fmt.Errorf("%w: %s has no id or no stages", ErrRun, path)
	}
	return info, nil
}

// HasCheckpoint reports whether a run folder has a checkpoint to continue from.
func HasCheckpoint(dir string) bool {
	run := Run{Dir: dir}
	_, err := os.Stat(run.Path(lastCheckpoint))
	return err == nil
}

// KernelOf returns the kernel path that a run began with. A resumed run is
// bit-identical only if kernel.Use selects this path before anything is
// computed. Errors are those of ReadRunInfo.
func KernelOf(dir string) (string, error) {
	info, err := ReadRunInfo(dir)
	return info.Kernel, err
}

// describe returns the content of run.json for an experiment.
func describe(e *Experiment, configuration map[string]settings.Setting) RunInfo {
	info := RunInfo{
		Format: runFormat, ID: rand.Text(), Version: Version(), Kernel: kernel.Path(), Created: time.Now().UTC().Truncate(time.Second),
		Model: e.Name, Configuration: configuration, Encoder: e.Encoder, Features: featuresOf(e.Model), LabelList: e.LabelList, Data: describeData(e.Data), Image: graph.Shape(e.Data.Train.Shape),
		Parameters: e.Parameters.Count(),
		Machine:    MachineInfo{runtime.GOOS + "/" + runtime.GOARCH, processor(), runtime.GOMAXPROCS(0), runtime.Version()},
	}
	for _, s := range e.Stages {
		info.Stages = append(info.Stages, StageInfo{s.Name, s.Epochs, s.Objective, s.units})
	}
	return info
}

func describeData(d *loaders.Dataset) DataInfo {
	info := DataInfo{
		Name: d.Name, Shape: d.Train.Shape.String(), Train: d.Train.Len(), Test: d.Test.Len(), Classes: d.Classes, Trained: d.TrainedClasses(), Digest: d.Digest,
		Attribution: d.Attribution, Features: d.Features, Scaling: d.Scaling,
	}
	if d.Range != (loaders.Range{}) {
		info.Range = &d.Range
	}
	return info
}
