package watch

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// trained is the folder of a small run of two epochs, which is trained once.
var trained = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "watch-")
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "run")
	recipe, err := recipes.Find("dense")
	if err != nil {
		return "", err
	}
	c := trainer.Defaults()
	recipe.Defaults(&c)
	c.Model, c.Epochs, c.TrainImages, c.TestImages, c.Validation = "dense", 2, 64, 16, 16
	data, err := trainer.OpenData(context.Background(), c, loaders.Options{})
	if err != nil {
		return "", err
	}
	model := recipe.New()
	experiment, err := trainer.NewExperiment(c, recipe.Name, model, data)
	if err != nil {
		return "", err
	}
	run, err := trainer.CreateRun(dir, experiment, settings.Record(nil, &c, model))
	if err != nil {
		return "", err
	}
	defer run.Close()
	loop, err := trainer.NewLoop(context.Background(), experiment, run)
	if err != nil {
		return "", err
	}
	return dir, loop.Train(context.Background())
})

// TestMain removes the run that was trained.
func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := trained(); err == nil {
		os.RemoveAll(filepath.Dir(dir))
	}
	os.Exit(code)
}

// addRun makes a finished run in a folder, with a report and a picture.
func addRun(t *testing.T, dir string) {
	t.Helper()
	from, err := trained()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "pictures"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"run.json", "state.json", "metrics.jsonl"} {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, name), string(data))
	}
	put(t, filepath.Join(dir, "report.html"), "<script>report</script>")
	for _, name := range []string{"reconstructions-0001.png", "reconstructions-0002.png", "samples-2-joint-0002.png", "samples-2.png", "filters.png", "x-0001.html"} {
		put(t, filepath.Join(dir, "pictures", name), "picture")
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// appendTo adds text to metrics.jsonl of a run.
func appendTo(t *testing.T, dir, text string) {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(dir, "metrics.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
}
