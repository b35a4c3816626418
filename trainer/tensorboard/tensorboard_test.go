package tensorboard

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// small is a run of three epochs of a model on few images of the sample.
func small(t *testing.T, model string, values map[string]string) *trainer.Experiment {
	t.Helper()
	r, err := recipes.Find(model)
	if err != nil {
		t.Fatal(err)
	}
	c := trainer.Defaults()
	if r.Defaults != nil {
		r.Defaults(&c)
	}
	m := r.New()
	c.Model, c.TrainImages, c.TestImages, c.Validation, c.BatchSize, c.Epochs, c.CheckpointEvery = model, 60, 30, 12, 16, 3, 0
	c.TensorBoard, c.Patience = true, 0
	for name, value := range values {
		f, ok := settings.Named(settings.Fields(&c, m), name)
		if !ok {
			t.Fatalf("no setting %s", name)
		}
		if err := f.Set(value); err != nil {
			t.Fatal(err)
		}
	}
	data, err := trainer.OpenData(context.Background(), c, loaders.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := trainer.NewExperiment(c, model, m, data)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// dense are the settings of a small model.
func dense(more ...string) map[string]string {
	all := map[string]string{"hidden": "10", "code": "3"}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// train trains an experiment in a folder with the hooks of a run.
func train(dir string, e *trainer.Experiment, more ...trainer.Hook) error {
	run, err := trainer.CreateRun(dir, e, settings.Record(nil, &e.Config, e.Model))
	if err != nil {
		return err
	}
	defer run.Close()
	loop, err := trainer.NewLoop(context.Background(), e, run, append([]trainer.Hook{pictures.Hook(pictures.About{}), Hook()}, more...)...)
	if err != nil {
		return err
	}
	return loop.Train(context.Background())
}

// checkScalars compares the figures in event files with those of metrics.jsonl.
func checkScalars(t *testing.T, list []entry, run string) {
	t.Helper()
	records, err := trainer.ReadRecords(run)
	if err != nil || len(records) == 0 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	info, err := trainer.ReadRunInfo(run)
	if err != nil {
		t.Fatal(err)
	}
	last, want := info.Stages[len(info.Stages)-1].Name, 0
	for _, e := range trainer.Epochs(records) {
		for _, r := range e.Records {
			figures := map[string]float64{"loss": r.Loss, "images_per_second": r.ImagesPerSecond}
			for name, v := range r.All() {
				figures[name] = v
			}
			for name, v := range figures {
				tag := name + "/" + r.Split
				if r.Stage != last {
					tag += "/" + r.Stage
				}
				want++
				found := 0
				for _, p := range of(list, tag) {
					if p.step == e.Step {
						found++
						if p.simple == nil || *p.simple != float32(v) {
							t.Errorf("%s at step %d is %v, want %g", tag, e.Step, p.simple, v)
						}
					}
				}
				if found != 1 {
					t.Errorf("%d values of %s at step %d", found, tag, e.Step)
				}
			}
		}
	}
	got := 0
	for _, p := range list {
		if p.simple != nil && !strings.HasPrefix(p.tag, "learning_rate") {
			got++
		}
	}
	if got != want {
		t.Errorf("%d figures, want %d", got, want)
	}
}

// steps lists the steps of a tag.
func steps(list []entry, tag string) (steps []int) {
	for _, e := range of(list, tag) {
		steps = append(steps, e.step)
	}
	return steps
}

func TestHook(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	e := small(t, "vae", dense())
	if err := train(dir, e); err != nil {
		t.Fatal(err)
	}
	list := readFolder(t, filepath.Join(dir, Folder))
	checkScalars(t, list, dir)
	for tag, want := range map[string][]int{
		"learning_rate": {3, 6, 9}, "reconstructions": {0, 3, 6, 9}, "samples": {0, 3, 6, 9}, "filters": {9}, "encoder/1/weights": {0, 3, 6, 9}, "decoder/2/bias": {0, 3, 6, 9},
		"code/all": {0, 3, 6, 9}, "code/2": {0, 3, 6, 9}, "code/3": nil, "kl_units/test": {3, 6, 9}, "_hparams_/session_start_info": {0}, "_hparams_/session_end_info": {9},
	} {
		if got := steps(list, tag); !slices.Equal(got, want) {
			t.Errorf("%s has the steps %v, want %v", tag, got, want)
		}
	}
	for tag, want := range map[string]float64{"encoder/1/weights": 784 * 10, "decoder/2/bias": 784, "code/all": 30 * 3, "code/0": 30, "kl_units/test": 3} {
		for _, h := range of(list, tag) {
			total := 0.0
			for _, row := range h.rows {
				total += row[2]
			}
			if total != want {
				t.Errorf("the histogram of %s has %g numbers, want %g", tag, total, want)
			}
		}
	}
	if p := of(list, "reconstructions")[0]; p.width < 100 || p.height < 50 {
		t.Errorf("a picture of %d×%d", p.width, p.height)
	}
	checkHparams(t, list)
	if text := string(of(list, layoutTag)[0].text); !strings.Contains(text, "^kl/(train|validation|test)$") || !strings.Contains(text, "kl (nats per image)") {
		t.Errorf("layout %q", text)
	}
}

func checkHparams(t *testing.T, list []entry) {
	t.Helper()
	start := of(list, "_hparams_/session_start_info")[0]
	if start.plugin != "hparams" {
		t.Errorf("plugin %s", start.plugin)
	}
	values := make(map[string]string)
	info := parse(t, parse(t, start.content).bytes(3))
	for _, v := range info[1] {
		pair := parse(t, v.([]byte))
		kind := parse(t, pair.bytes(2))
		switch {
		case kind.has(2):
			values[string(pair.bytes(1))] = fmt.Sprint(kind.double(2))
		case kind.has(4):
			values[string(pair.bytes(1))] = fmt.Sprint(kind.number(4) == 1)
		default:
			values[string(pair.bytes(1))] = "text " + string(kind.bytes(3))
		}
	}
	for name, want := range map[string]string{"hidden": "text 10", "code": "3", "model": "text vae", "batch-size": "16", "binarise": "false", "run": "", "tensorboard": "", "pictures": ""} {
		if values[name] != want {
			t.Errorf("hyperparameter %s is %q, want %q", name, values[name], want)
		}
	}
	end := parse(t, parse(t, of(list, "_hparams_/session_end_info")[0].content).bytes(4))
	if end.number(1) != 1 || end.double(2) < info.double(5) {
		t.Errorf("session from %g to %g with status %d", info.double(5), end.double(2), end.number(1))
	}
}

// TestHookOfStages trains layer by layer. Figures of different stages have different tags,
// and steps count from the start of the run.
func TestHookOfStages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := train(dir, small(t, "stacked", dense("epochs", "2", "pretrain-epochs", "2", "pictures", "0"))); err != nil {
		t.Fatal(err)
	}
	list := readFolder(t, filepath.Join(dir, Folder))
	checkScalars(t, list, dir)
	for tag, want := range map[string][]int{"loss/test/layer-1": {3, 6}, "loss/test/layer-2": {9, 12}, "loss/test": {15, 18}, "code/all": {15, 18}, "encoder/1/weights": {0, 3, 6, 9, 12, 15, 18}} {
		if got := steps(list, tag); !slices.Equal(got, want) {
			t.Errorf("%s has the steps %v, want %v", tag, got, want)
		}
	}
}

// TestResume ends a run after the events of an epoch whose checkpoint is missing, within
// the next record. TensorBoard shows each point of the resumed run once.
func TestResume(t *testing.T) {
	dir, killed := filepath.Join(t.TempDir(), "run"), errors.New("killed")
	err := train(dir, small(t, "dense", dense("pictures", "0")), trainer.Hook{Name: "kill", Epoch: func(_ context.Context, l *trainer.Loop) error {
		if l.Position.Epoch == 1 {
			return killed
		}
		return nil
	}})
	if !errors.Is(err, killed) {
		t.Fatal(err)
	}
	paths, _ := filepath.Glob(filepath.Join(dir, Folder, "*tfevents*"))
	file, err := os.OpenFile(paths[0], os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		_, err = file.Write(appendRecord(nil, make([]byte, 100))[:50])
		file.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := steps(readFolder(t, filepath.Join(dir, Folder)), "loss/test"); !slices.Equal(got, []int{3, 6}) {
		t.Errorf("steps %v before the run is resumed", got)
	}
	for range 2 { // the second time, nothing is left to train
		if err := train(dir, small(t, "dense", dense("resume", "true", "pictures", "0"))); err != nil {
			t.Fatal(err)
		}
	}
	list := readFolder(t, filepath.Join(dir, Folder))
	checkScalars(t, list, dir)
	for tag, want := range map[string][]int{"loss/test": {3, 6, 9}, "encoder/1/weights": {0, 3, 6, 9}, "code/all": {0, 3, 6, 9}, "_hparams_/session_start_info": {0}, "_hparams_/session_end_info": {9}} {
		if got := steps(list, tag); !slices.Equal(got, want) {
			t.Errorf("%s has the steps %v, want %v", tag, got, want)
		}
	}
}

// TestLaterHook resumes a run that had no event files, and loses the event file of a run
// during training.
func TestLaterHook(t *testing.T) {
	dir, killed := filepath.Join(t.TempDir(), "run"), errors.New("killed")
	at := func(epoch int, err error, do func(l *trainer.Loop) error) trainer.Hook {
		return trainer.Hook{Name: "at", Epoch: func(_ context.Context, l *trainer.Loop) error {
			if l.Position.Epoch == epoch {
				return errors.Join(err, do(l))
			}
			return nil
		}}
	}
	remove := func(l *trainer.Loop) error { return os.RemoveAll(l.Run.Path(Folder)) }
	if err := train(dir, small(t, "dense", dense("pictures", "0")), at(1, killed, remove)); !errors.Is(err, killed) {
		t.Fatal(err)
	}
	if err := train(dir, small(t, "dense", dense("resume", "true", "pictures", "0"))); err != nil {
		t.Fatal(err)
	}
	checkScalars(t, readFolder(t, filepath.Join(dir, Folder)), dir)
	if err := train(dir, small(t, "dense", dense("resume", "true", "epochs", "6", "pictures", "0")), at(3, nil, remove)); err != nil {
		t.Fatal(err)
	}
	list := readFolder(t, filepath.Join(dir, Folder))
	if got := steps(list, "loss/test"); !slices.Equal(got, []int{15, 18}) {
		t.Errorf("steps %v in the new file", got)
	}
}

// TestProjector reads the files for the embedding projector.
func TestProjector(t *testing.T) {
	e := small(t, "dense", dense())
	e.Data.Classes = slices.Clone(e.Data.Classes)
	e.Data.Classes[0] = "tab\tand\nline"
	dir := t.TempDir()
	n, err := project(context.Background(), dir, e.Trained(), e.Data.Test, e.Data.Classes)
	if err != nil || n != 30 {
		t.Fatalf("%d items, %v", n, err)
	}
	lines := func(name string) [][]string {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		var rows [][]string
		for line := range strings.Lines(string(data)) {
			rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
		}
		return rows
	}
	codes, names := lines(projectorCodes), lines(projectorNames)
	if len(codes) != 30 || len(codes[0]) != 3 || len(names) != 31 || !slices.Equal(names[0], []string{"class", "index"}) {
		t.Errorf("%d codes of %d values, and %d names %v", len(codes), len(codes[0]), len(names), names[0])
	}
	for i, row := range names[1:] {
		want := e.Data.Classes[e.Data.Test.Labels[i]]
		if want == e.Data.Classes[0] {
			want = `tab\tand\nline`
		}
		if len(row) != 2 || row[0] != want || row[1] != fmt.Sprint(e.Data.Test.Position(i)) {
			t.Errorf("name %d is %q, want %q", i, row, want)
		}
	}
	file, err := os.Open(filepath.Join(dir, projectorImage))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	img, err := png.Decode(file)
	if err != nil || img.Bounds().Dx() != 6*28 || img.Bounds().Dy() != 6*28 {
		t.Errorf("sprites of %v, %v", img.Bounds(), err)
	}
	values := make([]float32, 784)
	if err := e.Data.Test.Read(values, 8, 0); err != nil {
		t.Fatal(err)
	}
	for at, v := range values { // item 8 is in row 1, column 2
		if r, _, _, _ := img.At(2*28+at%28, 28+at/28).RGBA(); r>>8 != uint32(v*255+0.5) {
			t.Fatalf("pixel %d of item 8 is %d, want %g", at, r>>8, v*255)
		}
	}
	test := e.Data.Test
	test.Labels = nil
	if _, err := project(context.Background(), dir, e.Trained(), test, nil); err != nil {
		t.Fatal(err)
	}
	if names := lines(projectorNames); len(names) != 30 || len(names[0]) != 1 {
		t.Errorf("%d names of %d columns without labels, want no names of columns", len(names), len(names[0]))
	}
}

// TestExport writes event files of a finished run.
func TestExport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	e := small(t, "dense", dense())
	if err := train(dir, e); err != nil {
		t.Fatal(err)
	}
	model, err := trainer.OpenModel(recipes.Find, dir, trainer.LastCheckpoint)
	if err != nil {
		t.Fatal(err)
	}
	from, out := Source{dir, model, e.Data.Test, e.Data.Classes}, t.TempDir()
	w, err := Export(context.Background(), from, out)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Written{filepath.Join(out, "run"), 3, 5, 8, 30}); w != want {
		t.Errorf("written %+v, want %+v", w, want)
	}
	list := readFolder(t, w.Dir)
	checkScalars(t, list, dir)
	for tag, want := range map[string][]int{"reconstructions": {0, 3, 6, 9}, "filters": {9}, "encoder/1/weights": {9}, "code/all": {9}, "_hparams_/session_end_info": {9}} {
		if got := steps(list, tag); !slices.Equal(got, want) {
			t.Errorf("%s has the steps %v, want %v", tag, got, want)
		}
	}
	live := readFolder(t, filepath.Join(dir, Folder))
	for _, tag := range []string{"loss/test", "mse/train"} {
		for i, p := range of(list, tag) {
			if q := of(live, tag)[i]; *p.simple != *q.simple || p.time != q.time || p.step != q.step {
				t.Errorf("%s is %+v, but %+v while training", tag, p, q)
			}
		}
	}
	if _, err := Export(context.Background(), from, out); !errors.Is(err, trainer.ErrConfiguration) || !strings.Contains(err.Error(), "exists; hint: ") {
		t.Errorf("error for a folder that exists: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "pictures")); err != nil {
		t.Fatal(err)
	}
	from.Test = loaders.Split{}
	w, err = Export(context.Background(), from, t.TempDir())
	if err != nil || w.Pictures != 0 || w.Codes != 0 || w.Weights != 8 {
		t.Errorf("written %+v without pictures and data, %v", w, err)
	}
	if entries, err := os.ReadDir(w.Dir); err != nil || len(entries) != 1 {
		t.Errorf("%d files, %v", len(entries), err)
	}
}
