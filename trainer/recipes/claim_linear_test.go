package recipes_test

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"gaetrain/trainer/evaluate"
)

// TestLinearFindsComponents compares a linear autoencoder with the exact principal
// components of the embedded sample.
func TestLinearFindsComponents(t *testing.T) {
	t.Parallel()
	const first = 10                                                          // number of components that must be found
	u := find("linear").plain("epochs=40; batch-size=64; learning-rate=5e-3") // as many steps as on the full set
	d := data(t, u, 0, 0)
	e, _ := trained(t, u, d)
	weights, _ := e.Parameters.Get("encoder/1/weights")
	w := mat.NewDense(weights.Shape[0], weights.Shape[1], nil)
	for i, v := range weights.Values() {
		w.RawMatrix().Data[i] = float64(v)
	}

	components, err := evaluate.NewPCA(t.Context(), pixels(d.Train), weights.Shape[1])
	if err != nil {
		t.Fatal(err)
	}
	alignment, err := components.Align(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	for i, cosine := range alignment.Cosines[:first] {
		if cosine <= 0.99 {
			t.Errorf("component %d: cosine %.4f, want more than 0.99", i+1, cosine)
		}
	}
	figures := evaluated(t, e.Trained(), d.Test)
	_, exact, err := components.Errors(t.Context(), evaluate.Images(d.Test))
	if err != nil {
		t.Fatal(err)
	}
	if gap := figures.MSE/exact - 1; gap < 0 || gap >= 0.01 {
		t.Errorf("mse %g, mse of the components %g: %.2f %% more, want less than 1 %%", figures.MSE, exact, 100*gap)
	}
	if !e.Trained().LinearDecoder() {
		t.Error("the decoder is not reported as linear")
	}
}

// TestTiedHalves compares tied weights with a dense autoencoder of the same widths and
// the same number of epochs.
func TestTiedHalves(t *testing.T) {
	t.Parallel()
	count, mse := make(map[string]int), make(map[string]float64)
	for _, name := range []string{"dense", "tied"} {
		u := find(name).plain("hidden=128,64; epochs=10; batch-size=32")
		d := halfData(t, u, 1500, 300)
		e, _ := trained(t, u, d)
		count[name], mse[name] = e.Parameters.Count(), evaluated(t, e.Trained(), d.Test).MSE
	}
	t.Logf("parameters %v, test mse %v", count, mse)
	if share := float64(count["tied"]) / float64(count["dense"]); share > 0.51 {
		t.Errorf("tied weights leave %.3f of the parameters, want half", share)
	}
	if more := mse["tied"]/mse["dense"] - 1; more > 0.05 {
		t.Errorf("mse %v: %.1f %% more with tied weights, want at most 5 %%", mse, 100*more)
	}
}
