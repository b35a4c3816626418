package pictures_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/gif"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/viz"
)

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
