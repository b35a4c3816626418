package pictures_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"gaetrain/graph"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

var about = pictures.About{Summary: "one line", Idea: "A paragraph\nof two lines.", Citation: "A. Uthor: Paper", Command: "gaetrain train --code 3",
	PCA: func(context.Context) (int, float64, error) { return 3, 0.0456, nil }}

// configure is a run of two epochs on few images of the sample.
func configure() trainer.Config {
	c := trainer.Defaults()
	c.BatchSize, c.Epochs, c.CheckpointEvery = 16, 2, 0
	c.TrainImages, c.TestImages, c.Validation = 48, 40, 0
	return c
}

type build = func() (trainer.Model, error)

func dense() (trainer.Model, error) { return denseWith("cross-entropy") }

// denseWith is a small model dense with a loss.
func denseWith(loss string) (trainer.Model, error) {
	r, err := recipes.Find("dense")
	if err != nil {
		return nil, err
	}
	m := r.New()
	for name, value := range map[string]string{"hidden": "20", "code": "3", "loss": loss} {
		f, ok := settings.Named(settings.Fields(m), name)
		if !ok {
			return nil, fmt.Errorf("no setting %s", name)
		}
		if err := f.Set(value); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// twoStages is a model that trains the same network on two losses in turn.
func twoStages() (trainer.Model, error) {
	first, err := denseWith("squared-error")
	if err != nil {
		return nil, err
	}
	second, err := dense()
	return &twice{first, second}, err
}

// twice has two models with the same parameters, which are trained one after the other.
type twice struct{ first, second trainer.Model }

func (m *twice) Declare(s *graph.Scope) { m.second.Declare(s) }

func (m *twice) Place(source trainer.Source) error {
	return errors.Join(m.first.Place(source), m.second.Place(source))
}

func (m *twice) Stages(c trainer.Config) ([]trainer.Stage, error) {
	first, err := m.first.Stages(c)
	if err != nil {
		return nil, err
	}
	second, err := m.second.Stages(c)
	if err != nil {
		return nil, err
	}
	first[0].Name, second[0].Name = "first", "second"
	return append(first, second...), nil
}

func train(ctx context.Context, dir string, c trainer.Config, b build, more ...trainer.Hook) error {
	data, err := trainer.OpenData(ctx, c, loaders.Options{})
	if err != nil {
		return err
	}
	m, err := b()
	if err != nil {
		return err
	}
	e, err := trainer.NewExperiment(c, "dense", m, data)
	if err != nil {
		return err
	}
	run, err := trainer.CreateRun(dir, e, settings.Record(nil, &c, m))
	if err != nil {
		return err
	}
	defer run.Close()
	l, err := trainer.NewLoop(context.Background(), e, run, append([]trainer.Hook{pictures.Hook(about)}, more...)...)
	if err != nil {
		return err
	}
	return l.Train(ctx)
}

func trained(t *testing.T, dir string, c trainer.Config, b build) {
	t.Helper()
	if err := train(context.Background(), dir, c, b); err != nil {
		t.Fatal(err)
	}
}

// drawn lists the files of the pictures folder.
func drawn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "pictures"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names
}

func read(t *testing.T, elements ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// wellFormed checks that a file is XML with the given root.
func wellFormed(t *testing.T, path, root string) {
	t.Helper()
	first := ""
	for d := xml.NewDecoder(bytes.NewReader(read(t, path))); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if start, ok := token.(xml.StartElement); ok && first == "" {
			first = start.Name.Local
		}
	}
	if first != root {
		t.Errorf("%s is a %q, want %q", path, first, root)
	}
}
