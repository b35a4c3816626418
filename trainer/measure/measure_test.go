package measure_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/compression"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// squares returns n images of 1×6×6 of two classes: a bright square on the left or on the
// right.
func squares(n, first int) loaders.Split {
	const side = 6
	var pixels []uint8
	var labels []loaders.Label
	for i := first; i < first+n; i++ {
		class := i % 2
		labels = append(labels, loaders.Label(class))
		for y := range side {
			for x := range side {
				pixel := (i*31 + y*17 + x*7) % 50
				if x/3 == class && y >= i%4 && y < i%4+3 {
					pixel += 150
				}
				pixels = append(pixels, uint8(pixel))
			}
		}
	}
	s := loaders.Pixels(loaders.Shape{Channels: 1, Height: side, Width: side}, pixels)
	s.Labels = labels
	return s
}

func dataset() *loaders.Dataset {
	return &loaders.Dataset{Name: "squares", Train: squares(60, 0), Test: squares(20, 60), Classes: []string{"left", "right"}}
}

// model is a model of squares with initial weights.
func model(t *testing.T, name string, change ...func(*trainer.Config)) *trainer.Trained {
	t.Helper()
	recipe, err := recipes.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	m := recipe.New()
	set(t, m, "hidden", "8")
	set(t, m, "code", "3")
	return build(t, recipe, m, change...)
}

// set sets a setting of a model.
func set(t *testing.T, m trainer.Model, name, text string) {
	t.Helper()
	f, ok := settings.Named(settings.Fields(m), name)
	if !ok {
		t.Fatalf("no setting %s", name)
	}
	if err := f.Set(text); err != nil {
		t.Fatal(err)
	}
}

// classifier is a classifier of squares.
func classifier(t *testing.T) *trainer.Trained {
	t.Helper()
	dense, err := recipes.Find("dense")
	if err != nil {
		t.Fatal(err)
	}
	encoder := dense.New()
	set(t, encoder, "hidden", "8")
	set(t, encoder, "code", "3")
	m := recipes.Classifier.New().(trainer.Transfer)
	if err := m.SetEncoder(encoder); err != nil {
		t.Fatal(err)
	}
	return build(t, recipes.Classifier, m)
}

func build(t *testing.T, recipe trainer.Recipe, m trainer.Model, change ...func(*trainer.Config)) *trainer.Trained {
	t.Helper()
	c := trainer.Defaults()
	if recipe.Defaults != nil {
		recipe.Defaults(&c)
	}
	c.Dataset, c.BatchSize, c.Patience = "squares", 20, 0
	for _, f := range change {
		f(&c)
	}
	e, err := trainer.NewExperiment(c, recipe.Name, m, dataset())
	if err != nil {
		t.Fatal(err)
	}
	trained := e.Trained()
	trained.Info.Data.Classes = []string{"left", "right"}
	return trained
}

func prior(t *testing.T, m *trainer.Trained) *measure.Prior {
	t.Helper()
	p, err := measure.NewPrior(t.Context(), m, dataset().Train)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestRefused checks that invalid options are errors of the configuration, before
// anything is measured.
func TestRefused(t *testing.T) {
	d := dataset()
	vae, dense, cvae := model(t, "vae"), model(t, "dense"), model(t, "cvae")
	ctx, cancel := context.WithCancel(t.Context())
	p := prior(t, vae)
	cancel() // so that a measurement would end with another error
	for name, measured := range map[string]func() error{
		"probe": func() error {
			_, err := measure.Probe(ctx, dense, d.Train, d.Test, measure.ProbeOptions{L2: -1, Neighbours: 1})
			return err
		},
		"cluster": func() error {
			_, err := measure.Cluster(ctx, dense, d.Test, measure.ClusterOptions{On: "colours", Clusters: 2, Restarts: 1})
			return err
		},
		"search": func() error {
			_, err := measure.Search(ctx, dense, d.Train, d.Test, measure.SearchOptions{Neighbours: 60})
			return err
		},
		"pca": func() error { _, err := measure.ComparePCA(ctx, classifier(t), d.Train, d.Test); return err },
		"compress": func() error {
			_, err := measure.Compress(ctx, cvae, d.Test.Shape, evaluate.Matrix{}, 4)
			return err
		},
		"prior":  func() error { _, err := measure.NewPrior(ctx, classifier(t), d.Train); return err },
		"sample": func() error { _, err := measure.Sample(ctx, p, measure.SampleOptions{}); return err },
		"class": func() error {
			_, err := measure.Sample(ctx, p, measure.SampleOptions{Count: 1, Class: "left"})
			return err
		},
		"traverse": func() error {
			_, err := measure.Traverse(ctx, p, d.Test, measure.TraverseOptions{Range: 1, Steps: 3, Dimensions: []int{3}})
			return err
		},
		"interpolate": func() error {
			_, err := measure.Interpolate(ctx, dense, d.Test, measure.InterpolateOptions{From: []int{20}, To: []int{0}, Steps: 2})
			return err
		},
		"judge": func() error {
			_, err := measure.Judge(ctx, vae, classifier(t), d, measure.JudgeOptions{Images: 20, Neighbours: 20})
			return err
		},
		"evaluate": func() error {
			_, err := measure.Evaluate(ctx, vae, d.Test, measure.EvaluateOptions{Draws: -1})
			return err
		},
		"posterior": func() error { _, err := measure.AggregatePosterior(ctx, dense, d.Test); return err },
		"embed":     func() error { return measure.EmbedOptions{Points: 3}.Validate(20) },
	} {
		if err := measured(); !errors.Is(err, trainer.ErrConfiguration) {
			t.Errorf("%s: %v is not an error of the configuration", name, err)
		}
	}
}

// TestCompress checks that a file decompresses to exactly the images of the quantised
// codes.
func TestCompress(t *testing.T) {
	d, m := dataset(), model(t, "dense")
	codes, err := measure.Codes(t.Context(), m, d.Test)
	if err != nil {
		t.Fatal(err)
	}
	var file []byte
	for bits := 1; bits <= compression.MaxBits; bits++ {
		if file, err = measure.Compress(t.Context(), m, d.Test.Shape, codes, bits); err != nil {
			t.Fatal(err)
		}
		q, err := compression.NewQuantiser(t.Context(), codes.Values, codes.Columns, bits, compression.PerUnit)
		if err != nil {
			t.Fatal(err)
		}
		want, err := m.Decode(t.Context(), q.Dequantise(q.Quantise(codes.Values)), nil)
		if err != nil {
			t.Fatal(err)
		}
		images, shape, err := measure.Decompress(t.Context(), m, file)
		if err != nil || shape != d.Test.Shape || !slices.Equal(images, want) {
			t.Errorf("%d bits: %d values of images %v differ from those of the quantised codes (error %v)", bits, len(images), shape, err)
		}
	}
	other := model(t, "dense", func(c *trainer.Config) { c.Seed++ })
	if _, _, err := measure.Decompress(t.Context(), other, file); !errors.Is(err, measure.ErrOtherWeights) || !errors.Is(err, compression.ErrFormat) {
		t.Errorf("other weights: %v", err)
	}
}

func TestTraverse(t *testing.T) {
	d := dataset()
	for _, name := range []string{"vae", "dense", "cvae", "gan"} {
		p := prior(t, model(t, name))
		found, err := measure.Traverse(t.Context(), p, d.Test, measure.TraverseOptions{Image: 4, Range: 2, Steps: 3})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := map[string]string{"vae": "nats", "dense": "variance", "cvae": "nats", "gan": ""}[name]
		if found.Unit != want || len(found.Lines) != p.Model.CodeSize() || len(found.Lines[0].Images) != 3*36 {
			t.Errorf("%s: %d lines of %d values, ranks in %q, want %q", name, len(found.Lines), len(found.Lines[0].Images), found.Unit, want)
		}
		if !slices.Equal(found.Values, []float64{-2, 0, 2}) || (found.Image == nil) != (name == "gan") {
			t.Errorf("%s: values %v, %d pixels", name, found.Values, len(found.Image))
		}
		if name == "vae" { // whose prior is N(0, 1)
			code, err := p.Model.Encode(t.Context(), d.Test.Select([]int{4}))
			if line := found.Lines[0]; err != nil || line.Start != float64(code[line.Dimension]) {
				t.Errorf("the original value %d is %g, want %v, %v", line.Dimension, line.Start, code, err)
			}
		}
		if !slices.IsSortedFunc(found.Lines, func(a, b measure.TraversalLine) int { return int(max(-1, min(1, 1e9*(b.Rank-a.Rank)))) }) {
			t.Errorf("%s: lines are not sorted by rank: %v", name, found.Lines)
		}
	}
}

func TestSample(t *testing.T) {
	p := prior(t, model(t, "cvae"))
	draw := func(o measure.SampleOptions) measure.Samples {
		t.Helper()
		s, err := measure.Sample(t.Context(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	few, more := draw(measure.SampleOptions{Count: 2, Seed: 7, Temperature: 1}), draw(measure.SampleOptions{Count: 5, Seed: 7, Temperature: 1})
	if diff := cmp.Diff(few.Images, more.Images[:2*36]); diff != "" {
		t.Errorf("the first images depend on the number of images:\n%s", diff)
	}
	if diff := cmp.Diff([]loaders.Label{0, 1, 0, 1, 0}, more.Labels); diff != "" {
		t.Error(diff)
	}
	if right := draw(measure.SampleOptions{Count: 2, Class: "right"}); right.Labels[0] != 1 || right.Labels[1] != 1 {
		t.Errorf("samples of the class right have labels %v", right.Labels)
	}
}

func TestJudge(t *testing.T) {
	o := measure.JudgeOptions{Images: 16, Neighbours: 3, Seed: 1, Temperature: 1}
	found, err := measure.Judge(t.Context(), model(t, "vae"), classifier(t), dataset(), o)
	if err != nil {
		t.Fatal(err)
	}
	var sets []string
	for _, s := range found.Sets {
		sets = append(sets, s.Set)
	}
	if diff := cmp.Diff([]string{measure.SampleSet, measure.TrainingSet, measure.GaussianSet, measure.HalvesSet, measure.TestSet}, sets); diff != "" {
		t.Error(diff)
	}
	if found.Images != 16 || found.Samples.Len() != 16 || len(found.Nearest) != 2 || *found.Sets[4].ClassDivergence != 0 {
		t.Errorf("%+v", found)
	}
	for _, s := range found.Sets {
		labelled := s.Set != measure.SampleSet && s.Set != measure.GaussianSet
		if (s.Correct != nil) != labelled {
			t.Errorf("%s: %+v", s.Set, s.Correct)
		}
		for _, name := range uncertain(s, found.Classes) {
			if _, ok := s.Uncertainties[name]; !ok {
				t.Errorf("%s: %s has no interval", s.Set, name)
			}
		}
	}
}

// uncertain lists the figures of a set, all of which have intervals.
func uncertain(s measure.AssessedSet, classes []string) []string {
	names := []string{"confidence"}
	if s.Set != measure.TestSet {
		names = append(names, "frechet", "kernel_distance", "two_sample_accuracy", "precision", "recall", "density", "coverage", "class_kl")
	}
	for i := range s.Nearest {
		names = append(names, measure.NearestIn(measure.Nearnesses[i]))
	}
	for _, class := range classes {
		names = append(names, measure.ShareOf(class))
	}
	if s.Correct != nil {
		names = append(names, "accuracy")
		for i, class := range classes {
			if s.Correct.Classes[i] != nil {
				names = append(names, measure.AccuracyOf(class))
			}
		}
	}
	return names
}

// TestJudgeManyImages checks that both distances are those of the same images, if there are
// too many to search for all. The training images are the test images, so each is nearest
// to itself.
func TestJudgeManyImages(t *testing.T) {
	d := dataset()
	shape := d.Test.Shape
	values := make([]float32, 1020*shape.Size())
	for i := range values {
		values[i] = float32((i*7919+i/shape.Size()*31)%1021) / 1021
	}
	many := loaders.Values(shape, values)
	for i := range many.Len() {
		many.Labels = append(many.Labels, loaders.Label(min(i%5, 1)))
	}
	d.Train, d.Test = many, many
	found, err := measure.Judge(t.Context(), model(t, "vae"), classifier(t), d, measure.JudgeOptions{Images: 1020, Neighbours: 3, Seed: 1, Temperature: 1})
	if err != nil {
		t.Fatal(err)
	}
	test := found.Nearest[0]
	if test.Set != measure.TestSet || test.Images.Len() != 1000 || !slices.Equal(test.Nearest[0], test.Nearest[1]) {
		t.Errorf("%s: %d images, nearest %v in pixels and %v in features", test.Set, test.Images.Len(), test.Nearest[0][:9], test.Nearest[1][:9])
	}
}
