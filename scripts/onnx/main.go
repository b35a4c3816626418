// Program onnx writes what the program computes for the test images of a run: codes,
// reconstructions, log-variances, logits or samples. check.py compares them with what
// other programs compute from the exported networks.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"gaetrain/loaders"
	"gaetrain/loaders/files"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
)

func main() {
	run := flag.String("run", "", "folder of a run")
	out := flag.String("out", "", "safetensors file to write")
	flag.Parse()
	if err := write(context.Background(), *run, *out); err != nil {
		fmt.Fprintln(os.Stderr, "onnx:", err)
		os.Exit(1)
	}
}

// write writes the outputs of a model for the test images of its run.
func write(ctx context.Context, run, out string) error {
	model, err := trainer.OpenModel(recipes.Find, run, trainer.LastCheckpoint)
	if err != nil {
		return err
	}
	of := model.Info.Data
	data, err := trainer.OpenData(ctx, model.Config, of.Reading(loaders.Options{}, model.Config.Dataset))
	if err != nil {
		return err
	}
	tensors, err := outputs(ctx, model, data.Test)
	if err != nil {
		return err
	}
	if of.Scaling != nil { // the values of the files
		data, err := trainer.OpenData(ctx, model.Config, loaders.Options{Features: of.Features, Scaling: &loaders.Scaling{Kind: loaders.ScaleNone}})
		if err != nil {
			return err
		}
		raw, err := values(data.Test)
		if err != nil {
			return err
		}
		tensors["raw"] = trainer.Tensor{Shape: tensors["images"].Shape, Values: raw}
		if r, ok := tensors["reconstruction"]; ok {
			of.Unscale(r.Values, data.Test.Shape)
		}
	}
	return files.Write(out, func(w io.Writer) error { return trainer.WriteTensors(w, tensors, nil) })
}

// values reads the values of a split, N×D.
func values(s loaders.Split) ([]float32, error) {
	size := s.Shape.Size()
	all := make([]float32, s.Len()*size)
	for i := range s.Len() {
		if err := s.Read(all[i*size:(i+1)*size], i, 0); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// outputs computes what the exported networks of a model are compared with, by name.
func outputs(ctx context.Context, model *trainer.Trained, test loaders.Split) (tensors, error) {
	t := make(tensors)
	images, err := values(test)
	if err != nil {
		return nil, err
	}
	t.add("images", images, test.Len())
	codes, err := t.encode(ctx, model, test)
	if err != nil || model.IsClassifier() {
		return t, err
	}
	return t, t.decode(ctx, model, test, codes)
}

// tensors are outputs by name.
type tensors map[string]trainer.Tensor

func (t tensors) add(name string, values []float32, rows int) {
	t[name] = trainer.Tensor{Shape: []int{rows, len(values) / rows}, Values: values}
}

// encode adds what is computed from images, and the codes: those of the images, or samples.
func (t tensors) encode(ctx context.Context, model *trainer.Trained, test loaders.Split) (codes []float32, err error) {
	n := test.Len()
	if model.IsClassifier() || model.Classifies() {
		logits, _, err := model.Classify(ctx, test)
		if err != nil {
			return nil, err
		}
		t.add("logits", logits, n)
	}
	if model.IsClassifier() || model.HasEncoder() {
		if codes, err = model.Encode(ctx, test); err != nil {
			return nil, err
		}
	} else {
		codes = trainer.Draw(n, model.CodeSize(), 1, 1)
	}
	t.add("code", codes, n)
	if model.Conditional() && test.Labels != nil {
		numbers := make([]float32, n)
		for i, l := range test.Labels {
			numbers[i] = float32(l)
		}
		t.add("labels", numbers, n)
	}
	if model.HasPosterior() {
		_, logVariances, err := model.Treated(trainer.Treatment{}).Posterior(ctx, test)
		if err != nil {
			return nil, err
		}
		t.add("log_variance", logVariances, n)
	}
	return codes, nil
}

// decode adds the images of codes, or the reconstructions of images if the decoder needs
// them too.
func (t tensors) decode(ctx context.Context, model *trainer.Trained, test loaders.Split, codes []float32) error {
	if model.CanDecodeLabelled() != nil {
		r, err := model.Treated(trainer.Treatment{}).Reconstruct(ctx, test)
		t.add("reconstruction", r.Reconstruction, test.Len())
		return err
	}
	var labels []loaders.Label
	if model.Conditional() {
		labels = test.Labels
	}
	images, err := model.Decode(ctx, codes, labels)
	t.add("reconstruction", images, test.Len())
	return err
}
