package pictures

import (
	"encoding/json"
	"errors"
	"image"
	"os"
	"path/filepath"
	"testing"

	"gaetrain/trainer"
	"gaetrain/viz/page"
)

// FuzzReadClassification reads classification.json files with the right checksum. What
// the report says about them must not depend on sizes that do not match.
func FuzzReadClassification(f *testing.F) {
	for _, text := range []string{
		`{"accuracy": 0.75, "classes": ["a", "b"], "confusion": [[3, 1], [0, 0]]}`,
		`{"classes": ["a"], "confusion": [[3, 1], [0]]}`, `{"classes": [], "confusion": [[3, 1], [0, 1]]}`, `{"classes": ["a", "b"], "confusion": [[-3, 1], [0, 1]]}`,
		`{"classes": ["a", "b"], "confusion": null}`, `{}`,
	} {
		f.Add([]byte(text))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		var content Classification
		if json.Unmarshal(data, &content) != nil {
			t.Skip()
		}
		run := trainer.Run{Dir: dir}
		if err := run.WriteSealed(classificationFile, content); err != nil {
			t.Skip(err)
		}
		read, err := ReadClassification(dir)
		if err != nil {
			if !errors.Is(err, trainer.ErrRun) {
				t.Errorf("error %v", err)
			}
			return
		}
		_ = read.Confusion.Accuracy()
		if said, err := (Subject{Dir: dir}).classified(trainer.Record{}); err != nil {
			t.Errorf("%q, %v", said, err)
		}
	})
}

// TestMixedFrames reads a folder of frames with an image and with rows of numbers.
func TestMixedFrames(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rows.json")
	if err := os.WriteFile(path, []byte(`{"lines": [[1, 2]]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	var view View
	err := view.fill(new(page.Film), []strip{{img: image.NewGray(image.Rect(0, 0, 2, 2))}}, []Frame{{Path: path}})
	if !errors.Is(err, trainer.ErrRun) {
		t.Errorf("error is %v", err)
	}
}
