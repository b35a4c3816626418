package measure_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// oneClass trains a model on the squares at the left. It returns the model and its data.
func oneClass(t *testing.T, name string) (*trainer.Trained, *loaders.Dataset) {
	t.Helper()
	recipe, err := recipes.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	m, c := recipe.New(), trainer.Defaults()
	if recipe.Defaults != nil {
		recipe.Defaults(&c)
	}
	set(t, m, "hidden", "8")
	set(t, m, "code", "3")
	if name == "vae" {
		set(t, m, "beta", "0.02") // else the posterior collapses on so few images
	}
	c.Dataset, c.BatchSize, c.Patience, c.Epochs, c.LearningRate, c.Validation = "squares", 10, 0, 60, 0.01, 0
	data := dataset()
	if err := data.KeepClasses("left", 0); err != nil {
		t.Fatal(err)
	}
	e, err := trainer.NewExperiment(c, recipe.Name, m, data)
	if err != nil {
		t.Fatal(err)
	}
	run, err := trainer.CreateRun(t.TempDir()+"/run", e, settings.Record(nil, &c, m))
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	loop, err := trainer.NewLoop(t.Context(), e, run)
	if err != nil {
		t.Fatal(err)
	}
	if err := loop.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	return e.Trained(), data
}

// scored returns all scores that a model can have, of the normal test images and then of
// the anomalies.
func scored(t *testing.T, model *trainer.Trained, data *loaders.Dataset) (names []string, scores map[string][]float64, anomaly []bool) {
	t.Helper()
	s, err := measure.NewScorer(t.Context(), model, data.Train, measure.PossibleScores(model), measure.ScoreOptions{Neighbours: 2, Draws: 8})
	if err != nil {
		t.Fatal(err)
	}
	if scores, err = s.Score(t.Context(), data.Test.Join(data.Others)); err != nil {
		t.Fatal(err)
	}
	anomaly = append(make([]bool, data.Test.Len()), slices.Repeat([]bool{true}, data.Others.Len())...)
	for _, name := range s.Names {
		if len(scores[name]) != len(anomaly) {
			t.Fatalf("%d scores %s of %d images", len(scores[name]), name, len(anomaly))
		}
	}
	return s.Names, scores, anomaly
}

func auroc(t *testing.T, scores []float64, anomaly []bool) float64 {
	t.Helper()
	d, err := evaluate.NewDetector(scores, anomaly)
	if err != nil {
		t.Fatal(err)
	}
	return d.Measure().AUROC
}

// TestScores checks that images of a class that the model was not trained on have higher
// scores than those of the class that it was trained on.
func TestScores(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		model string
		want  []string
		weak  []string // scores that need not separate such small images
	}{
		{"dense", []string{measure.MSEScore, measure.CrossEntropyScore, measure.PathwayScore, measure.MahalanobisScore, measure.NeighboursScore, measure.CombinedScore}, []string{measure.CrossEntropyScore}},
		{"vae", []string{measure.MSEScore, measure.CrossEntropyScore, measure.ELBOScore, measure.LikelihoodScore, measure.MahalanobisScore, measure.NeighboursScore},
			[]string{measure.CrossEntropyScore, measure.MahalanobisScore, measure.NeighboursScore}},
	} {
		model, data := oneClass(t, c.model)
		names, scores, anomaly := scored(t, model, data)
		for _, name := range c.want {
			if !slices.Contains(names, name) {
				t.Errorf("%s has no score %s, only %q", c.model, name, names)
				continue
			}
			if a := auroc(t, scores[name], anomaly); a < 0.9 && !slices.Contains(c.weak, name) {
				t.Errorf("%s: the AUROC of %s is %.3f", c.model, name, a)
			}
		}
	}
}

// TestCombinedScore checks that the combination grows with each of its scores, and that it
// is the same if no other score is requested.
func TestCombinedScore(t *testing.T) {
	t.Parallel()
	m, data := model(t, "dense"), dataset()
	names := []string{measure.PathwayScore, measure.NeighboursScore, measure.CombinedScore}
	o := measure.ScoreOptions{Neighbours: 2}
	score := func(names []string, split loaders.Split) map[string][]float64 {
		s, err := measure.NewScorer(t.Context(), m, data.Train, names, o)
		if err != nil {
			t.Fatal(err)
		}
		scores, err := s.Score(t.Context(), split)
		if err != nil {
			t.Fatal(err)
		}
		return scores
	}
	scores := score(names, data.Test)
	alone := score(names[2:], data.Test)
	if len(alone) != 1 || !slices.Equal(alone[measure.CombinedScore], scores[measure.CombinedScore]) {
		t.Errorf("alone: %d scores, %v", len(alone), alone[measure.CombinedScore])
	}
	for i, a := range scores[measure.CombinedScore] {
		for j, b := range scores[measure.CombinedScore] {
			if scores[measure.PathwayScore][i] < scores[measure.PathwayScore][j] && scores[measure.NeighboursScore][i] < scores[measure.NeighboursScore][j] && a >= b {
				t.Fatalf("both scores of image %d are lower than those of image %d, but not the combination", i, j)
			}
		}
	}
	o.Neighbours = 60
	if _, err := measure.NewScorer(t.Context(), m, data.Train, names[2:], o); !errors.Is(err, trainer.ErrConfiguration) {
		t.Errorf("as many neighbours as training images: %v", err)
	}
}

// TestScoresOfGenerators checks the loss of discriminators: of images for a gan, of codes
// for an aae.
func TestScoresOfGenerators(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"gan", "aae"} {
		model, data := oneClass(t, name)
		names, scores, _ := scored(t, model, data)
		if !slices.Contains(names, measure.DiscriminatorScore) || slices.Contains(names, measure.MSEScore) != (name == "aae") {
			t.Fatalf("%s has the scores %q", name, names)
		}
		again, err := model.Discriminate(t.Context(), data.Others)
		if err != nil {
			t.Fatal(err)
		}
		list := scores[measure.DiscriminatorScore]
		if diff := math.Abs(again[0] - list[data.Test.Len()]); diff > 1e-5 {
			t.Errorf("%s: the score depends on the other images: differs by %g", name, diff)
		}
		if name == "aae" {
			continue
		}
		real, err := model.Discriminate(t.Context(), data.Train)
		if err != nil {
			t.Fatal(err)
		}
		made, err := model.Discriminate(t.Context(), generated(t, model))
		if err != nil {
			t.Fatal(err)
		}
		if a := auroc(t, append(real, made...), append(make([]bool, len(real)), slices.Repeat([]bool{true}, len(made))...)); a < 0.6 {
			t.Errorf("gan: the discriminator separates generated images from real ones with an AUROC of %.3f", a)
		}
	}
}

// generated returns images of a generator.
func generated(t *testing.T, model *trainer.Trained) loaders.Split {
	t.Helper()
	made, err := measure.Sample(t.Context(), prior(t, model), measure.SampleOptions{Count: 40, Seed: 1, Temperature: 1})
	if err != nil {
		t.Fatal(err)
	}
	return loaders.Values(model.Shape(), made.Images)
}

// TestLikelihoodScore checks that the mean score is what eval --nll reports for the same
// images, and that its bound is tighter than elbo.
func TestLikelihoodScore(t *testing.T) {
	t.Parallel()
	m, data := model(t, "vae"), dataset()
	const draws = 16
	s, err := measure.NewScorer(t.Context(), m, data.Train, []string{measure.LikelihoodScore, measure.ELBOScore}, measure.ScoreOptions{Draws: draws})
	if err != nil {
		t.Fatal(err)
	}
	scores, err := s.Score(t.Context(), data.Test)
	if err != nil {
		t.Fatal(err)
	}
	want, err := measure.EstimateLikelihood(t.Context(), m.Treated(trainer.Treatment{Sample: true}), data.Test, draws, nil)
	if err != nil {
		t.Fatal(err)
	}
	mean := func(list []float64) (sum float64) {
		for _, v := range list {
			sum += v / float64(len(list))
		}
		return sum
	}
	if got := mean(scores[measure.LikelihoodScore]); math.Abs(got-want.NLL) > 1e-9*want.NLL || mean(scores[measure.ELBOScore]) < got {
		t.Errorf("likelihood %v, want %v; elbo %v", got, want.NLL, mean(scores[measure.ELBOScore]))
	}
}

// TestCalibration checks when the scores of normal items can be used again, and the share
// of false alarms that a threshold gives on other normal items.
func TestCalibration(t *testing.T) {
	t.Parallel()
	m := model(t, "dense")
	o := measure.ScoreOptions{Neighbours: 3, Draws: 8}
	names := []string{measure.MSEScore, measure.NeighboursScore}
	data := dataset()
	s, err := measure.NewScorer(t.Context(), m, data.Train, names, o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := measure.Calibrate(t.Context(), s, "last", "squares, test", squares(199, 500))
	if err != nil {
		t.Fatal(err)
	}
	if why := c.Outdated(m, names, o); why != "" || c.Items != 199 || !slices.IsSorted(c.Scores[measure.MSEScore]) {
		t.Errorf("%d items, %q", c.Items, why)
	}
	found, err := measure.Detect(t.Context(), s, c, squares(400, 1000), measure.DetectOptions{FalseAlarms: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if share := float64(f.Flagged) / 400; share > 0.2 || f.Labelled != nil || !(f.Expected.Low < 0.1 && f.Expected.High > 0.1) {
			t.Errorf("%s flags %.3f of normal items, expected %v", f.Score, share, f.Expected)
		}
		for i, p := range f.PValues {
			if f.Flag(i) != (p <= 0.1) {
				t.Fatalf("%s: p-value %g, flagged %t", f.Score, p, f.Flag(i))
			}
		}
	}
	if _, err := measure.Detect(t.Context(), s, c, data.Test, measure.DetectOptions{FalseAlarms: 0.001}); !errors.Is(err, evaluate.ErrInput) {
		t.Errorf("a rate that 199 items cannot give: %v", err)
	}
	other := o
	other.Neighbours = 4
	for what, why := range map[string]string{
		"another k":             c.Outdated(m, names, other),
		"k without its score":   c.Outdated(m, names[:1], other),
		"a score that it lacks": c.Outdated(m, []string{measure.SSIMScore}, o),
		"other weights":         c.Outdated(model(t, "dense", func(c *trainer.Config) { c.Seed = 9 }), names, o),
	} {
		if (why == "") != (what == "k without its score") {
			t.Errorf("%s: %q", what, why)
		}
	}
}

// TestDetectLabelled checks the figures by class.
func TestDetectLabelled(t *testing.T) {
	t.Parallel()
	m, data := model(t, "dense"), dataset()
	s, err := measure.NewScorer(t.Context(), m, data.Train, []string{measure.MSEScore}, measure.ScoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := measure.Calibrate(t.Context(), s, "last", "squares", data.Train)
	if err != nil {
		t.Fatal(err)
	}
	anomaly := make([]bool, data.Test.Len())
	for i, label := range data.Test.Labels {
		anomaly[i] = label == 1
	}
	found, err := measure.Detect(t.Context(), s, c, data.Test, measure.DetectOptions{FalseAlarms: 0.5, Anomaly: anomaly, Classes: data.Classes})
	if err != nil {
		t.Fatal(err)
	}
	l := found[0].Labelled
	if l.Normal != 10 || l.Anomalies != 10 || len(l.Classes) != 2 || l.Classes[0].Anomaly || l.Classes[0].AUROC != nil || !l.Classes[1].Anomaly {
		t.Fatalf("%+v", l)
	}
	if *l.Classes[1].AUROC != l.AUROC || l.Intervals.AUROC.Low > l.AUROC || l.Intervals.AUROC.High < l.AUROC {
		t.Errorf("AUROC %v, of the class %v, in %v", l.AUROC, *l.Classes[1].AUROC, l.Intervals.AUROC)
	}
	for i, c := range l.Classes {
		if share := float64(c.Flagged) / float64(c.Items); !(c.FlaggedInterval.Low <= share && share <= c.FlaggedInterval.High) || (c.AUROCInterval != nil) != (i == 1) {
			t.Errorf("class %d: %+v", i, c)
		}
	}
	if h := l.Halves; h == nil || h.AUROC < 0.1 || h.AUROC > 0.9 || h.Intervals.AUROC.Low >= h.Intervals.AUROC.High {
		t.Errorf("halves of the normal items: %+v", h)
	}
	if got := l.Classes[0].Flagged + l.Classes[1].Flagged; got != found[0].Flagged || l.FalseAlarms != float64(l.Classes[0].Flagged)/10 || l.Recall != float64(l.Classes[1].Flagged)/10 {
		t.Errorf("%d flagged, want %d; false alarms %v, recall %v", got, found[0].Flagged, l.FalseAlarms, l.Recall)
	}
}

// TestCanScore checks that scores that a model cannot have are refused with a hint.
func TestCanScore(t *testing.T) {
	t.Parallel()
	dense := model(t, "dense")
	for name, m := range map[string]*trainer.Trained{
		"nothing": dense, measure.SSIMScore: dense, measure.ELBOScore: dense, measure.DiscriminatorScore: dense, measure.MSEScore: classifier(t), measure.PathwayScore: classifier(t),
	} {
		if err := measure.CanScore(m, name); !errors.Is(err, trainer.ErrConfiguration) {
			t.Errorf("%s: %v", name, err)
		}
	}
	dense.Info.Data.Range = &loaders.Range{Low: -3, High: 4}
	if err := measure.CanScore(dense, measure.CrossEntropyScore); !errors.Is(err, trainer.ErrConfiguration) {
		t.Errorf("cross-entropy of other values than pixels: %v", err)
	}
	for m, want := range map[*trainer.Trained]string{
		dense: measure.MSEScore, model(t, "vae"): measure.ELBOScore, model(t, "gan"): measure.DiscriminatorScore, classifier(t): measure.MahalanobisScore, model(t, "aae"): measure.MSEScore,
	} {
		if got := measure.DefaultScore(m); got != want || measure.CanScore(m, got) != nil {
			t.Errorf("the default score of %s is %s, want %s", m.Name, got, want)
		}
	}
}
