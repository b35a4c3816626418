package pictures_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/recipes"
)

// find finds the recipe of the small model of these tests.
func find(string) (trainer.Recipe, error) {
	r, err := recipes.Find("dense")
	r.New = func() trainer.Model {
		m, err := dense()
		if err != nil {
			panic(err)
		}
		return m
	}
	return r, err
}

// subject reads a run and its data.
func subject(t *testing.T, dir string) pictures.Subject {
	t.Helper()
	model, err := trainer.OpenModel(find, dir, trainer.LastCheckpoint)
	if err != nil {
		t.Fatal(err)
	}
	data, err := trainer.OpenData(context.Background(), model.Config, loaders.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return pictures.Subject{About: about, Dir: dir, Model: model, Data: data}
}

// written writes the page of a run and returns it.
func written(t *testing.T, s pictures.Subject) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := pictures.WriteReport(context.Background(), path, s); err != nil {
		t.Fatal(err)
	}
	return string(read(t, path))
}

// explored is the data that the scripts of a page read.
type explored struct {
	Films []struct {
		Frames, Fixed, Rows, Names []string
		Across                     int
	}
	Curves struct{ Series []struct{ Values []float64 } }
	Points struct {
		Places []struct {
			Name string
			X    []float64
		}
		Labels []int
		Errors []float64
	}
}

func explore(t *testing.T, page string) (e explored) {
	t.Helper()
	_, text, ok := strings.Cut(page, `id="data">`)
	text, _, _ = strings.Cut(text, "</script>")
	if err := json.Unmarshal([]byte(text), &e); err != nil || !ok {
		t.Fatal(ok, err)
	}
	return e
}

func TestReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	trained(t, dir, configure(), dense)
	s := subject(t, dir)
	whole := written(t, s)
	t.Run("same bytes", func(t *testing.T) {
		if written(t, s) != whole {
			t.Error("two pages of the same run differ")
		}
		if !bytes.Equal(read(t, dir, "report.html"), []byte(whole)) {
			t.Error("training has written another page")
		}
	})
	t.Run("data", func(t *testing.T) {
		e := explore(t, whole)
		if len(e.Films) != 1 || len(e.Films[0].Frames) != 3 || e.Films[0].Across != 16 || len(e.Films[0].Names) != 16 || e.Films[0].Fixed[0] != "original" {
			t.Errorf("the films are %v", e.Films)
		}
		if len(e.Points.Places) != 2 || e.Points.Places[1].Name != "t-SNE" || len(e.Points.Places[0].X) != 40 || len(e.Points.Labels) != 40 || len(e.Points.Errors) != 40 {
			t.Errorf("the points are %v", e.Points)
		}
	})
	t.Run("without data", func(t *testing.T) {
		s := s
		s.Data, s.Notes = nil, []string{"the data are gone"}
		page := written(t, s)
		if e := explore(t, page); len(e.Films) != 1 || len(e.Points.Places) > 0 || len(e.Curves.Series) == 0 {
			t.Errorf("without data, the page has %v", e)
		}
		for text, want := range map[string]bool{"the data are gone": true, "The model encodes": true, "Where it fails": false, "Try the model": false} {
			if strings.Contains(page, text) != want {
				t.Errorf("%q is on the page: %t, want %t", text, !want, want)
			}
		}
	})
	t.Run("brief", func(t *testing.T) {
		s := s
		s.Brief = true
		page := written(t, s)
		if e := explore(t, page); len(e.Points.Places) != 1 || strings.Contains(page, "Try the model") || strings.Contains(page, "PCA with") {
			t.Error("a brief page has what takes long")
		}
	})
	t.Run("without frames", func(t *testing.T) {
		if err := os.RemoveAll(filepath.Join(dir, "pictures")); err != nil {
			t.Fatal(err)
		}
		if e := explore(t, written(t, s)); len(e.Films) != 1 || len(e.Films[0].Frames) != 1 || e.Films[0].Frames[0] != "epoch 2" {
			t.Errorf("the films are %v", e.Films)
		}
	})
}

// TestReportSize checks that the page of the default model with all its weights is small.
func TestReportSize(t *testing.T) {
	t.Parallel()
	const most = 3_000_000 // bytes
	r, err := recipes.Find("dense")
	if err != nil {
		t.Fatal(err)
	}
	c := trainer.Defaults()
	r.Defaults(&c)
	c.Epochs, c.TrainImages, c.TestImages, c.BatchSize, c.Validation = 12, 256, 400, 128, 0
	dir := t.TempDir()
	trained(t, dir, c, func() (trainer.Model, error) { return r.New(), nil })
	page := string(read(t, dir, "report.html"))
	if len(page) > most {
		t.Errorf("the page has %d bytes, want at most %d", len(page), most)
	}
	if e := explore(t, page); len(e.Films[0].Frames) != 12 || len(e.Points.Places[0].X) != 400 || !strings.Contains(page, "explore-data") {
		t.Error("a part of the page is missing")
	}
}
