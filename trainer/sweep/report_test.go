package sweep

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/trainer"
)

// figures are those of a split with a loss of one term.
func figures(loss, mse float64) trainer.Figures {
	return trainer.Figures{Loss: loss, Terms: map[string]float64{"reconstruction": loss}, MSE: mse}
}

// result is a finished job whose validation loss is better than its last one.
func result(job Job, loss float64) Result {
	r := Result{Job: job, Folder: "out/" + job.Name(), Final: &trainer.Final{
		Epochs: 3, BestEpoch: 2, Seconds: 1.5, Parameters: 7, Weights: map[string]float64{"reconstruction": 1},
		Best: map[string]trainer.Figures{"validation": figures(loss, loss/1000), "test": figures(loss+1, loss/900)},
		Last: map[string]trainer.Figures{"validation": figures(loss+5, loss/800), "test": figures(loss+6, loss/700)},
	}}
	r.State.Phase = trainer.Done
	r.Info.Stages = []trainer.StageInfo{{Name: "train", Units: map[string]string{"reconstruction": "nats per image"}}}
	return r
}

// results are those of two settings with two seeds, of which one job is not done.
func results(t *testing.T) (*Sweep, []Result) {
	t.Helper()
	s, err := New(Plan{Grid: []Axis{axis("code", "2", "8|9")}, Seeds: []uint64{1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	list := []Result{result(s.Job(0), 120), result(s.Job(1), 100), result(s.Job(2), 124), {Job: s.Job(3)}}
	list[3].State.Phase = trainer.Diverged
	return s, list
}

func TestReport(t *testing.T) {
	s, list := results(t)
	r, err := s.NewReport(list, "")
	if err != nil {
		t.Fatal(err)
	}
	want := Rows{
		{"code", "runs", "validation loss", "test loss"},
		{"8|9", "1 of 2", "100", "101"},
		{"2", "2 of 2", "122 ± 2.8", "123 ± 2.8"},
	}
	if diff := cmp.Diff(want, r.Combinations()); diff != "" {
		t.Error(diff)
	}
	want = Rows{
		{"job", "code", "seed", "state", "epochs", "best epoch", "validation loss", "last validation loss", "test loss", "seconds"},
		{"0", "2", "1", "done", "3", "2", "120", "125", "121", "1.5"},
		{"1", "8|9", "1", "done", "3", "2", "100", "105", "101", "1.5"},
		{"2", "2", "2", "done", "3", "2", "124", "129", "125", "1.5"},
		{"3", "8|9", "2", "diverged", "–", "–", "–", "–", "–", "–"},
	}
	if diff := cmp.Diff(want, r.Jobs()); diff != "" {
		t.Error(diff)
	}
	if r.Done() != 3 || r.Combined[1].Figure.Spread != math.Sqrt(8) || !strings.HasPrefix(r.Words(), "ranked by the loss on the validation set after its best epoch") {
		t.Errorf("%d done, %+v, %s", r.Done(), r.Combined, r.Words())
	}

	var text bytes.Buffer
	if err := errors.Join(r.Details().CSV(&text)); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&text).ReadAll()
	if err != nil || len(rows) != 5 || rows[2][1] != "8|9" || !strings.Contains(strings.Join(rows[0], " "), "best_epoch seconds parameters last_test_loss last_test_mse") || rows[4][4] != "diverged" {
		t.Errorf("%q, %v", rows, err)
	}
	if err := r.Markdown(&text); err != nil || !strings.Contains(text.String(), `| 8\|9 | 1 of 2 |`) {
		t.Errorf("%v: %s", err, text.String())
	}
	var object struct {
		Combinations []struct {
			Settings map[string]string
			Selected Statistic
		}
		Jobs []struct{ State string }
	}
	text.Reset()
	if err := r.JSON(&text); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text.Bytes(), &object); err != nil || object.Combinations[1].Selected.Count != 2 || object.Jobs[3].State != "diverged" || object.Combinations[0].Settings["code"] != "8|9" {
		t.Errorf("%+v, %v", object, err)
	}
}

// TestChoose checks which figure compares jobs.
func TestChoose(t *testing.T) {
	choose := func(name string, change func([]Result)) (Figure, error) {
		_, list := results(t)
		if change != nil {
			change(list)
		}
		return Choose(list, name)
	}
	each := func(change func(f *trainer.Final)) func([]Result) {
		return func(list []Result) {
			for _, r := range list {
				if r.Done() {
					change(r.Final)
				}
			}
		}
	}
	for name, test := range map[string]struct {
		figure string
		change func([]Result)
		want   Figure
	}{
		"same objective":    {"", nil, Figure{Name: "loss", Split: "validation"}},
		"other weights":     {"", func(l []Result) { l[0].Final.Weights["reconstruction"] = 2 }, Figure{Name: "mse", Split: "validation"}},
		"other terms":       {"", func(l []Result) { l[0].Final.Weights["kl"] = 1 }, Figure{Name: "mse", Split: "validation"}},
		"other units":       {"", func(l []Result) { l[1].Info.Stages[0].Units = nil }, Figure{Name: "mse", Split: "validation"}},
		"older program":     {"", each(func(f *trainer.Final) { f.Weights = nil }), Figure{Name: "mse", Split: "validation"}},
		"named":             {"reconstruction", nil, Figure{Name: "reconstruction", Split: "validation", Unit: "nats per image"}},
		"nothing is done":   {"", func(l []Result) { clear(l) }, Figure{Split: "test"}},
		"no validation set": {"", each(func(f *trainer.Final) { f.BestEpoch = 0; delete(f.Last, "validation") }), Figure{Name: "loss", Split: "test"}},
		"adversarial": {"", each(func(f *trainer.Final) {
			v := f.Best["validation"]
			v.Set(trainer.SampleDistance, 2)
			f.Best["validation"] = v
		}), Figure{Name: trainer.SampleDistance, Split: "validation"}},
		"accuracy": {trainer.Accuracy, each(func(f *trainer.Final) {
			v := f.Best["validation"]
			v.Set(trainer.Accuracy, 0.5)
			f.Best["validation"] = v
		}), Figure{Name: trainer.Accuracy, Split: "validation", Higher: true}},
	} {
		if got, err := choose(test.figure, test.change); err != nil || got != test.want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, test.want)
		}
	}
	if _, err := choose("beauty", nil); err == nil || !strings.Contains(err.Error(), "no job has the figure beauty; hint: one of loss, reconstruction, mse") {
		t.Error(err)
	}
	if _, err := choose("", each(func(f *trainer.Final) {
		f.Weights = nil
		for _, split := range []map[string]trainer.Figures{f.Best, f.Last} {
			for name, v := range split {
				v.MSE = 0
				split[name] = v
			}
		}
	})); err == nil || !strings.Contains(err.Error(), "different objectives and no common figure") {
		t.Error(err)
	}
}

// TestRanking checks that the test set ranks nothing, and that the direction is kept.
func TestRanking(t *testing.T) {
	_, list := results(t)
	order := func(f Figure) (codes []string) {
		for _, c := range Combine(list, f) {
			codes = append(codes, c.Value("code"))
		}
		return codes
	}
	for _, test := range []struct {
		figure Figure
		want   string
	}{
		{Figure{Name: "loss", Split: "validation"}, "8|9 2"}, {Figure{Name: "loss", Split: "validation", Higher: true}, "2 8|9"}, {Figure{Name: "loss", Split: "test"}, "2 8|9"},
	} {
		if got := strings.Join(order(test.figure), " "); got != test.want {
			t.Errorf("%+v has the order %s, want %s", test.figure, got, test.want)
		}
	}
	list[1].Final.Best["validation"] = figures(math.NaN(), 0)
	if got := strings.Join(order(Figure{Name: "loss", Split: "validation"}), " "); got != "2 8|9" {
		t.Errorf("NaN is ranked as %s", got)
	}
}
