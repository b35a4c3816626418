package trainer

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gaetrain/graph"
	"gaetrain/loaders"
)

func TestOpenData(t *testing.T) {
	c := small()
	c.Dataset, c.TrainImages, c.TestImages, c.Validation = "sample", 30, 0, 29
	data, err := OpenData(context.Background(), c, loaders.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if data.Train.Len() != 30 || data.Test.Len() != 1000 {
		t.Errorf("%d and %d images, want 30 and 1000", data.Train.Len(), data.Test.Len())
	}
	c.Validation = 30
	_, err = OpenData(context.Background(), c, loaders.Options{})
	fails(t, err, ErrConfiguration, "validation is 30 of 30", "hint: ")
	c.Dataset = "samples"
	_, err = OpenData(context.Background(), c, loaders.Options{})
	fails(t, err, loaders.ErrUnknown, "sample")
}

// corrupted is a stage whose inputs are corrupted and whose code is drawn.
func corrupted(c Config, image graph.Shape) ([]Stage, error) {
	stages, err := stages(c, image)
	if err != nil {
		return nil, err
	}
	s := &stages[0]
	s.Corruption = loaders.Corruption{Kind: loaders.Masking, Level: 0.5}
	s.Architecture.Code = graph.Gaussian
	s.Architecture.Encoder[len(s.Architecture.Encoder)-1].Units *= 2
	s.Objective.Penalties = []graph.Penalty{{Term: graph.Divergence, Weight: 0.5}}
	return stages, s.Architecture.Validate()
}

// TestModel compares what a model does outside its run with what the run
// recorded, with and without noise.
func TestModel(t *testing.T) {
	for name, build := range map[string]func(Config, graph.Shape) ([]Stage, error){"plain": stages, "corrupted": corrupted} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			e, err := NewExperiment(small(), dataset(), build)
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
			m, err := OpenModel(dir, LastCheckpoint)
			if err != nil {
				t.Fatal(err)
			}
			for _, model := range []*Model{m, e.Model()} {
				figures, err := model.Evaluate(context.Background(), e.Data.Test)
				if err != nil || figures.Loss != last.Loss || figures.MSE != last.MSE || len(figures.Terms) != len(last.Terms) {
					t.Errorf("figures are %+v, recorded were %+v, %v", figures, last.Figures, err)
				}
			}
			loss := 0.0
			for term, value := range last.Terms {
				weight := map[string]float64{"reconstruction": 1, graph.Divergence: 0.5}[term]
				loss += weight * value
			}
			if math.Abs(loss-last.Loss) > 1e-9*loss {
				t.Errorf("loss is %g, the weighted terms sum up to %g", last.Loss, loss)
			}
			r, err := m.Reconstruct(e.Data.Test)
			if err != nil {
				t.Fatal(err)
			}
			checkReconstructed(t, r, name == "corrupted", last.MSE)
			if name == "plain" {
				checkDecoded(t, m, e.Data.Test)
			}
			cancelled, cancel := context.WithCancel(context.Background())
			cancel()
			if _, err := m.Evaluate(cancelled, e.Data.Test); !errors.Is(err, context.Canceled) {
				t.Errorf("a cancelled evaluation gives %v", err)
			}
			if _, err := m.Encode(cancelled, e.Data.Test); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled encoding gives %v", err)
			}
			if _, err := m.Evaluate(context.Background(), loaders.Split{Shape: e.Data.Test.Shape}); !errors.Is(err, loaders.ErrData) {
				t.Errorf("no images give %v", err)
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
		t.Errorf("squared error %g of the images, %g as told, %g recorded", total, mean, mse)
	}
	if corrupted && (len(r.Input) != n || slices.Equal(r.Input, r.Original)) {
		t.Error("the inputs are not corrupted")
	}
}

// checkDecoded holds that decoded codes are the reconstructions.
func checkDecoded(t *testing.T, m *Model, split loaders.Split) {
	t.Helper()
	codes, err := m.Encode(t.Context(), split)
	if err != nil {
		t.Fatal(err)
	}
	images, err := m.Decode(t.Context(), codes, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.Reconstruct(split)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(images, r.Reconstruction) {
		t.Error("decoded codes are not the reconstructions")
	}
	_, err = m.Decode(t.Context(), codes, make([]uint8, split.Len()))
	fails(t, err, ErrConfiguration, "not conditional", "hint: ")
}
