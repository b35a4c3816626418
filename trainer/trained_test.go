package trainer

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"

	"gaetrain/loaders"
)

func TestOpenData(t *testing.T) {
	c := small()
	c.Dataset, c.TrainImages, c.TestImages, c.Validation = "sample", 30, 0, 0
	data, err := OpenData(context.Background(), c.Config, loaders.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if data.Train.Len() != 30 || data.Test.Len() != 1000 {
		t.Errorf("%d training and %d test images, want 30 and 1000", data.Train.Len(), data.Test.Len())
	}
	c.Dataset = "samples"
	_, err = OpenData(context.Background(), c.Config, loaders.Options{})
	fails(t, err, loaders.ErrUnknown, "sample")
}

// TestModel compares the figures of a model that is read from its run folder with those
// that the run recorded, with and without noise.
func TestModel(t *testing.T) {
	for name, model := range map[string]string{"plain": "small", "corrupted": "drawn"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			recipe, err := find(model)
			if err != nil {
				t.Fatal(err)
			}
			e, err := NewExperiment(small().Config, model, recipe.New(), dataset())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := train(context.Background(), dir, e); err != nil {
				t.Fatal(err)
			}
			records, err := ReadRecords(dir)
			if err != nil {
				t.Fatal(err)
			}
			last := records[len(records)-1]
			m, err := OpenModel(find, dir, LastCheckpoint)
			if err != nil {
				t.Fatal(err)
			}
			for _, model := range []*Trained{m, e.Trained()} {
				figures, err := model.Evaluate(context.Background(), e.Data.Test, nil)
				if err != nil || figures.Loss != last.Loss || figures.MSE != last.MSE || len(figures.Terms) != len(last.Terms) {
					t.Errorf("figures are %+v, recorded were %+v, %v", figures, last.Figures, err)
				}
			}
			loss := 0.0
			for term, value := range last.Terms {
				weight := map[string]float64{"reconstruction": 1, "kl": 0.5}[term]
				loss += weight * value
			}
			if math.Abs(loss-last.Loss) > 1e-9*loss {
				t.Errorf("loss is %g, the weighted terms sum up to %g", last.Loss, loss)
			}
			r, err := m.Reconstruct(t.Context(), e.Data.Test)
			if err != nil {
				t.Fatal(err)
			}
			checkReconstructed(t, r, name == "corrupted", last.MSE)
			if m.HasPosterior() {
				checkDecoded(t, m.Treated(Treatment{}), e.Data.Test)
			}
			if name == "plain" {
				checkDecoded(t, m, e.Data.Test)
			}
			cancelled, cancel := context.WithCancel(context.Background())
			cancel()
			if _, err := m.Evaluate(cancelled, e.Data.Test, nil); !errors.Is(err, context.Canceled) {
				t.Errorf("a cancelled evaluation: error %v", err)
			}
			if _, err := m.Encode(cancelled, e.Data.Test); !errors.Is(err, context.Canceled) {
				t.Errorf("a cancelled encoding: error %v", err)
			}
			if _, err := m.Evaluate(context.Background(), loaders.Split{Shape: e.Data.Test.Shape}, nil); !errors.Is(err, loaders.ErrData) {
				t.Errorf("no images: error %v", err)
			}
		})
	}
}

func checkReconstructed(t *testing.T, r Reconstructed, corrupted bool, mse float64) {
	t.Helper()
	n := 21 * 36
	if len(r.Original) != n || len(r.Reconstruction) != n || len(r.MSE) != 21 || (r.Input != nil) != corrupted {
		t.Fatalf("%d originals, %d inputs, %d reconstructions, %d errors", len(r.Original), len(r.Input), len(r.Reconstruction), len(r.MSE))
	}
	total := 0.0
	for i := range r.Original {
		difference := float64(r.Original[i] - r.Reconstruction[i])
		total += difference * difference / float64(n)
	}
	mean := 0.0
	for _, one := range r.MSE {
		mean += one / 21
	}
	if math.Abs(total-mse) > 1e-6*mse || math.Abs(mean-mse) > 1e-6*mse {
		t.Errorf("the squared error of the pixels is %g, the mean of MSE is %g, but %g is recorded", total, mean, mse)
	}
	if corrupted && (len(r.Input) != n || slices.Equal(r.Input, r.Original)) {
		t.Error("the inputs are not corrupted")
	}
}

// checkDecoded checks that decoded codes are the reconstructions.
func checkDecoded(t *testing.T, m *Trained, split loaders.Split) {
	t.Helper()
	codes, err := m.Encode(t.Context(), split)
	if err != nil {
		t.Fatal(err)
	}
	images, err := m.Decode(t.Context(), codes, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.Reconstruct(t.Context(), split)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(images, r.Reconstruction) {
		t.Error("decoded codes are not the reconstructions")
	}
	_, err = m.Decode(t.Context(), codes, make([]loaders.Label, split.Len()))
	fails(t, err, ErrConfiguration, "not conditional", "hint: ")
}

// TestStandardErrors compares the standard errors with those of figures of single images,
// which are evaluated one by one.
func TestStandardErrors(t *testing.T) {
	e := experiment(t, small())
	m := e.Trained()
	all, err := m.Evaluate(t.Context(), e.Data.Test, nil)
	if err != nil {
		t.Fatal(err)
	}
	values := make(map[string][]float64)
	for i := range e.Data.Test.Len() {
		one, err := m.Evaluate(t.Context(), e.Data.Test.Select([]int{i}), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(one.StandardErrors) > 0 {
			t.Fatalf("one image has the standard errors %v", one.StandardErrors)
		}
		values["reconstruction"], values["mse"] = append(values["reconstruction"], one.Terms["reconstruction"]), append(values["mse"], one.MSE)
	}
	for name, list := range values {
		_, deviation := stat.MeanStdDev(list, nil)
		want := deviation / math.Sqrt(float64(len(list)))
		if got := all.StandardErrors[name]; math.Abs(got-want) > 1e-5*want || want == 0 {
			t.Errorf("standard error of %s is %g, want %g", name, got, want)
		}
	}
}
