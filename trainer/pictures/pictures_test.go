package pictures_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image/gif"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/graph"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
	"gaetrain/viz"
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

func TestRun(t *testing.T) {
	dir := t.TempDir()
	trained(t, dir, configure(), dense)
	t.Run("files", func(t *testing.T) { checkFiles(t, dir) })
	t.Run("report", func(t *testing.T) { checkReport(t, dir) })
	t.Run("stopped", func(t *testing.T) { checkStopped(t, dir) })
}

func checkFiles(t *testing.T, dir string) {
	want := []string{"filters.png", "reconstructions-0000.png", "reconstructions-0001.png", "reconstructions-0002.png", "reconstructions.gif"}
	if diff := cmp.Diff(want, drawn(t, dir)); diff != "" {
		t.Error(diff)
	}
	sizes := make(map[string][2]int)
	for _, name := range append(want[:4:4], "../curves.png") {
		img, err := viz.ReadPNG(filepath.Join(dir, "pictures", name))
		if err != nil {
			t.Fatal(err)
		}
		sizes[name] = [2]int{img.Bounds().Dx(), img.Bounds().Dy()}
	}
	for name, least := range map[string][2]int{
		"reconstructions-0000.png": {16 * 28, 4 * 28}, // 32 test images over their reconstructions
		"filters.png":              {16 * 28, 2 * 28}, // of 20 units
		"../curves.png":            {300, 200},
	} {
		if s := sizes[name]; s[0] < least[0] || s[1] < least[1] || s[0] > 3000 || s[1] > 3000 {
			t.Errorf("%s is %v, want at least %v", name, s, least)
		}
	}
	if a, b := sizes["reconstructions-0000.png"], sizes["reconstructions-0002.png"]; a != b {
		t.Errorf("the pictures of two epochs have the sizes %v and %v", a, b)
	}
	if bytes.Equal(read(t, dir, "pictures", "reconstructions-0000.png"), read(t, dir, "pictures", "reconstructions-0002.png")) {
		t.Error("training does not change the reconstructions")
	}
	animation, err := gif.DecodeAll(bytes.NewReader(read(t, dir, "pictures", "reconstructions.gif")))
	if err != nil {
		t.Fatal(err)
	}
	if s := sizes["reconstructions-0000.png"]; len(animation.Image) != 3 || animation.Config.Width != s[0] || animation.Config.Height < s[1]/3 || animation.Config.Height > s[1]*2/3 {
		t.Errorf("the animation has %d frames of %d×%d", len(animation.Image), animation.Config.Width, animation.Config.Height)
	}
	wellFormed(t, filepath.Join(dir, "curves.svg"), "svg")
	wellFormed(t, filepath.Join(dir, "graph.svg"), "svg")
	if dot := string(read(t, dir, "graph.dot")); !strings.HasPrefix(dot, "digraph") || !strings.Contains(dot, "784") {
		t.Errorf("graph.dot is %.100q", dot)
	}
}

func checkReport(t *testing.T, dir string) {
	page := string(read(t, dir, "report.html"))
	for _, part := range []string{
		"dense on sample", "one line", "A paragraph of two lines.", "A. Uthor: Paper", "gaetrain train --code 3",
		"Zalando", "MIT", "test reconstruction", "nats per image", "learning-rate", "code of 3 values",
		"Reconstructions", "Curves", "Codes", "Where it fails", "Filters", "Expression graph", "data:image/png;base64,", "data:image/svg",
		"The model encodes each image of 784 values as 3 values", "PCA with 3 components (0.0456)",
	} {
		if !strings.Contains(page, part) {
			t.Errorf("the report does not mention %q", part)
		}
	}
	records, err := trainer.ReadRecords(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Lower is better.", "0 is best: every unit of the code responds to the images.", "PCA with the same number of components (3) has 0.0456."} {
		if !strings.Contains(page, text) {
			t.Errorf("the report does not say %q", text)
		}
	}
	for _, r := range records[len(records)-2:] {
		if value := fmt.Sprintf("%.5g", r.Terms["reconstruction"]); !strings.Contains(page, value) {
			t.Errorf("the report does not contain the %s reconstruction %s", r.Split, value)
		}
	}
	if strings.Contains(page, `src="http`) || strings.Contains(page, `href="http://`) && !strings.Contains(page, "<a ") {
		t.Error("the report loads a file from another place")
	}
}

// TestSettingsInReport checks that the report escapes the text of settings.
func TestSettingsInReport(t *testing.T) {
	c, dir := configure(), t.TempDir()
	c.Epochs, c.Pictures = 1, 1
	c.DataDir = `a "quoted" & <marked> \path`
	trained(t, dir, c, dense)
	if page := string(read(t, dir, "report.html")); !strings.Contains(page, `a &#34;quoted&#34; &amp; &lt;marked&gt; \path`) {
		i := strings.Index(page, "data-dir")
		t.Errorf("the report says %.200q", page[max(0, i):])
	}
}

func TestEvery(t *testing.T) {
	for _, test := range []struct {
		pictures, epochs, patience int
		want                       []string
	}{
		{0, 2, 0, nil},
		{2, 5, 0, []string{"0000", "0002", "0004", "0005"}},
		{2, 5, 2, []string{"0000", "0002", "0003"}}, // stopped early
	} {
		c, dir := configure(), t.TempDir()
		c.Pictures, c.Epochs, c.Patience = test.pictures, test.epochs, test.patience
		if test.patience > 0 {
			c.MinDelta, c.Validation = 1e6, 8
		}
		trained(t, dir, c, dense)
		var want []string
		if test.want != nil {
			want = append(want, "filters.png")
			for _, epoch := range test.want {
				want = append(want, "reconstructions-"+epoch+".png")
			}
			want = append(want, "reconstructions.gif")
		}
		if diff := cmp.Diff(want, drawn(t, dir)); diff != "" {
			t.Errorf("every %d of %d epochs: %s", test.pictures, test.epochs, diff)
		}
		if _, err := os.Stat(filepath.Join(dir, "report.html")); (err == nil) != (want != nil) {
			t.Errorf("every %d epochs: report: %v", test.pictures, err)
		}
	}
}

func TestTwoStages(t *testing.T) {
	dir := t.TempDir()
	config := configure()
	config.Validation = 8
	trained(t, dir, config, twoStages)
	want := []string{
		"filters.png", "reconstructions-1-first-0000.png", "reconstructions-1-first-0001.png", "reconstructions-1-first-0002.png",
		"reconstructions-2-second-0001.png", "reconstructions-2-second-0002.png", "reconstructions.gif",
	}
	if diff := cmp.Diff(want, drawn(t, dir)); diff != "" {
		t.Error(diff)
	}
	animation, err := gif.DecodeAll(bytes.NewReader(read(t, dir, "pictures", "reconstructions.gif")))
	if err != nil || len(animation.Image) != 5 {
		t.Errorf("the animation has %d frames, %v", len(animation.Image), err)
	}
	records, err := trainer.ReadRecords(dir)
	if err != nil {
		t.Fatal(err)
	}
	curves := pictures.Curves(records, nil)
	if diff := cmp.Diff([]viz.Stage{{Name: "first", From: 1, To: 2}, {Name: "second", From: 3, To: 4}}, curves.Stages); diff != "" {
		t.Error(diff)
	}
	for _, s := range curves.Series {
		if !slices.Equal(s.X, []float64{1, 2, 3, 4}) || len(s.Y) != 4 {
			t.Errorf("%s of %s is at %v", s.Name, s.Split, s.X)
		}
	}
	for _, text := range []string{"first", "second", "best epoch 2", "nats per image", "squared error per image"} {
		if !strings.Contains(string(read(t, dir, "curves.svg")), ">"+text+"<") {
			t.Errorf("curves.svg does not say %q", text)
		}
	}
}

func TestCurves(t *testing.T) {
	record := func(stage string, epoch int, split string, terms map[string]float64) trainer.Record {
		r := trainer.Record{Stage: stage, Epoch: epoch, Split: split}
		r.Terms, r.MSE = terms, float64(epoch)/10
		for _, v := range terms {
			r.Loss += v
		}
		return r
	}
	one, two := map[string]float64{"reconstruction": 5}, map[string]float64{"reconstruction": 5, "kl": 2}
	got := pictures.Curves([]trainer.Record{
		record("a", 1, "train", one), record("a", 1, "test", one), record("a", 2, "train", one), record("a", 2, "test", one),
		record("b", 1, "train", one), record("c", 1, "train", two),
	}, nil)
	series := func(name, split string, x, y []float64) viz.Series {
		return viz.Series{Name: name, Split: split, X: x, Y: y}
	}
	want := viz.Curves{
		XLabel: "epoch",
		Series: []viz.Series{
			series("reconstruction", "train", []float64{1, 2, 3, 4}, []float64{5, 5, 5, 5}),
			series("mse", "train", []float64{1, 2, 3, 4}, []float64{.1, .2, .1, .1}),
			series("reconstruction", "test", []float64{1, 2}, []float64{5, 5}),
			series("mse", "test", []float64{1, 2}, []float64{.1, .2}),
			series("loss", "train", []float64{4}, []float64{7}),
			series("kl", "train", []float64{4}, []float64{2}),
		},
		Stages: []viz.Stage{{Name: "a", From: 1, To: 2}, {Name: "b", From: 3, To: 3}, {Name: "c", From: 4, To: 4}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(viz.Curves{XLabel: "epoch"}, pictures.Curves(nil, nil)); diff != "" {
		t.Error(diff)
	}
}

// checkStopped checks that a stopped run has pictures up to the stop. When it is resumed,
// it must end with the same pictures as an uninterrupted run.
func checkStopped(t *testing.T, whole string) {
	c, parts := configure(), t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	stop := trainer.Hook{Name: "stop", Epoch: func(context.Context, *trainer.Loop) error { cancel(); return nil }}
	if err := train(ctx, parts, c, dense, stop); !errors.Is(err, trainer.ErrStopped) {
		t.Fatal(err)
	}
	want := []string{"filters.png", "reconstructions-0000.png", "reconstructions-0001.png", "reconstructions.gif"}
	if diff := cmp.Diff(want, drawn(t, parts)); diff != "" {
		t.Error(diff)
	}
	c.Resume = true
	trained(t, parts, c, dense)
	for _, name := range drawn(t, whole) {
		if !bytes.Equal(read(t, whole, "pictures", name), read(t, parts, "pictures", name)) {
			t.Errorf("%s differs", name)
		}
	}
	for _, name := range []string{"curves.svg", "curves.png", "graph.svg", "graph.dot"} {
		if !bytes.Equal(read(t, whole, name), read(t, parts, name)) {
			t.Errorf("%s differs", name)
		}
	}
}

// TestOddFolder draws into a run folder whose name looks like a pattern of file names.
func TestOddFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run [a-b]*?")
	c := configure()
	c.Epochs = 1
	trained(t, dir, c, dense)
	if names := drawn(t, dir); !slices.Contains(names, "reconstructions.gif") {
		t.Errorf("only the pictures %v were drawn", names)
	}
}

func TestUnwritable(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "curves.svg"), 0o755); err != nil { // a folder is in the way
		t.Fatal(err)
	}
	err := train(context.Background(), dir, configure(), dense)
	if !errors.Is(err, trainer.ErrRun) || !strings.Contains(err.Error(), "hint: ") {
		t.Errorf("error is %v", err)
	}
}
