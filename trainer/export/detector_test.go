package export_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"gaetrain/trainer"
	"gaetrain/trainer/export"
)

// TestDetector compares the scores of a detector, and their p-values, with the program's.
func TestDetector(t *testing.T) {
	m, test := model(t, "dense", map[string]string{"hidden": "8", "code": "2"}), images(6, 1)
	r, err := m.Reconstruct(t.Context(), test)
	if err != nil {
		t.Fatal(err)
	}
	codes, err := m.Encode(t.Context(), test)
	if err != nil {
		t.Fatal(err)
	}
	var mse, distances []float32
	for i, v := range r.MSE {
		mse = append(mse, float32(v))
		x, y := float64(codes[2*i])-1, float64(codes[2*i+1])
		distances = append(distances, float32(math.Hypot(2*x, 3*x+y)))
	}
	d := &export.Detector{
		Normal: map[string][]float64{export.MSEScore: {-1, 1.0001 * r.MSE[0], 9}, export.MahalanobisScore: {0, 1e9}},
		Source: "2 of normal items", Mean: []float64{1, 0}, Whitening: []float64{2, 0, 3, 1},
	}
	list, err := export.Files(t.Context(), m, export.Context{Checkpoint: trainer.LastCheckpoint, Detector: d, Recipe: trainer.Recipe{New: func() trainer.Model { return m.Stage.Model.(trainer.Model) }}})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	for _, f := range list {
		if f.Name == "detector.onnx" {
			err = errors.Join(err, f.Fill(&file))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	n := read(t, file.Bytes())
	wellFormed(t, n)
	if len(n.outputs) != 4 || len(n.outputs["mse"]) != 0 || n.metadata["normal_items"] != d.Source {
		t.Errorf("outputs are %v, metadata %v", n.outputs, n.metadata)
	}
	input := array{shape: []int{6, 1, side, side}}
	for _, v := range r.Original {
		input.values = append(input.values, float64(v)*255)
	}
	got := n.run(t, map[string]array{"input": input})
	near(t, "mse", got["mse"].values, mse)
	near(t, "distances", got["mahalanobis"].values, distances)
	for i, p := range got["mse_p_value"].values {
		want := 2.0 / 4 // one of three normal items has a higher score
		if r.MSE[i] <= 1.0001*r.MSE[0] {
			want = 3.0 / 4
		}
		if math.Abs(p-want) > 1e-9 {
			t.Errorf("the p-value of item %d is %g, want %g", i, p, want)
		}
	}
	near(t, "p-values", got["mahalanobis_p_value"].values, []float32{2. / 3, 2. / 3, 2. / 3, 2. / 3, 2. / 3, 2. / 3})
}
