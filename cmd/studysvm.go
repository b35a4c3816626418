package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/settings"
)

// svmEncoder is the kind of encoder whose frozen codes an SVM classifies.
const svmEncoder = "svm"

// svmFile is the file with the result in the folder of a job.
const svmFile = "svm.json"

// svmResult is the result of a job with an SVM.
type svmResult struct {
	Weights string            `json:"weights"` // digest of those of the model
	Data    map[string]string `json:"data"`    // settings of the data
	Images  int               `json:"images"`  // labelled
	measure.SupportVectors
	Seconds float64 `json:"seconds"`
}

// checkSVM returns an error if an SVM would be fitted to too many images, or if given
// settings have no effect because nothing is trained.
func (o studyOptions) checkSVM(encoders []string, origins map[string]settings.Origin) error {
	if !slices.Contains(encoders, svmEncoder) {
		return nil
	}
	for _, n := range o.Labels {
		if n == 0 || n > evaluate.MaxSVM {
			return fmt.Errorf("%w: an svm is fitted to at most %d labelled images, but labels has %s; hint: --labels 100,1000", errUsage, evaluate.MaxSVM, labelCount(n))
		}
	}
	if slices.ContainsFunc(encoders, func(e string) bool { return e != svmEncoder }) {
		return nil
	}
	for _, f := range settings.Fields(&o) {
		if origins[f.Name].Explicit() && !o.forSVM(f.Name) {
			return fmt.Errorf("%w: %s has no effect with --encoders svm, which trains no network; hint: leave it out", trainer.ErrConfiguration, f.Name)
		}
	}
	return nil
}

// forSVM reports whether a setting has an effect on a study whose jobs all fit an SVM.
func (o studyOptions) forSVM(name string) bool {
	switch name {
	case "runs", "labels", "encoders", "seeds", "out":
		return true
	case "validation", "augment": // only training reads them
		return false
	}
	_, ok := settings.Named(settings.Fields(&o.Output, &o.Data), name)
	return ok
}

// performSVM fits the SVM of a job, or reads its result. It calls begin before it fits.
func (o *finetuneOptions) performSVM(ctx context.Context, model *trainer.Trained, log *console, begin func()) (r svmResult, err error) {
	if model.Conditional() {
		return r, fmt.Errorf("%w: the encoder of %s takes labels as inputs, but an svm predicts them; hint: a run of --model vae can be used", trainer.ErrConfiguration, o.From)
	}
	run := &trainer.Run{Dir: o.Run}
	want := svmResult{Weights: model.Digest(), Data: make(map[string]string)}
	for _, f := range settings.Fields(&o.Data) {
		want.Data[f.Name] = f.String()
	}
	switch err := run.ReadSealed(svmFile, &r); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return r, err
	case r.Weights != want.Weights:
		return r, fmt.Errorf("%w: %s is of other weights of %s, which has been trained since; hint: choose another --out, or remove %s", trainer.ErrConfiguration, run.Path(svmFile), o.From, o.Run)
	default:
		for name, value := range want.Data {
			if r.Data[name] != value {
				return r, fmt.Errorf("%w: %s is %s, but the result in %s is of %s; hint: choose another --out, or remove the folder", trainer.ErrConfiguration, name, value, o.Run, r.Data[name])
			}
		}
		return r, nil
	}
	begin()
	from, err := trainer.ReadRunInfo(o.From)
	if err != nil {
		return r, err
	}
	data, err := openData(ctx, o.Config, from.Data.Reading(loaderOptions(log), o.Dataset))
	if err != nil {
		return r, err
	}
	o.warnOfChanges(data, log)
	train, _ := data.Train.Holdout(data.Validation)
	labelled, err := o.Select(train, o.Seed)
	if err != nil {
		return r, err
	}
	start := time.Now()
	if want.SupportVectors, err = measure.FitSVM(ctx, model, labelled, data.Test); err != nil {
		return r, err
	}
	want.Images, want.Seconds = labelled.Len(), time.Since(start).Seconds()
	if err := os.MkdirAll(o.Run, 0o755); err != nil {
		return r, fmt.Errorf("%w: %w; hint: choose a folder with --out that can be written to", trainer.ErrRun, err)
	}
	return want, run.WriteSealed(svmFile, want)
}
