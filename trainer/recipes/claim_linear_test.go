package recipes_test

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"

	"gaetrain/graph/kernel"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// TestLinearFindsComponents holds a linear autoencoder against exact principal
// components of the embedded sample.
func TestLinearFindsComponents(t *testing.T) {
	const first = 10 // components that must be found, of those of the code
	data, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	c := find("linear").Configure()
	c.Epochs, c.BatchSize, c.LearningRate, c.Pictures = 40, 64, 5e-3, 0 // as many steps as on the full set
	e, _ := trained(t, c, data, find("linear"))
	weights, _ := e.Parameters.Get("encoder/1/weights")
	w := mat.NewDense(weights.Shape()[0], weights.Shape()[1], nil)
	for i, v := range weights.Values() {
		w.RawMatrix().Data[i] = float64(v)
	}

	components, err := evaluate.NewPCA(evaluate.Pixels(data.Train), c.Code)
	if err != nil {
		t.Fatal(err)
	}
	alignment, err := components.Align(w)
	if err != nil {
		t.Fatal(err)
	}
	for i, cosine := range alignment.Cosines[:first] {
		if cosine <= 0.99 {
			t.Errorf("component %d: cosine %.4f, want more than 0.99", i+1, cosine)
		}
	}
	figures, err := e.Model().Evaluate(context.Background(), data.Test)
	if err != nil {
		t.Fatal(err)
	}
	_, exact := components.Errors(evaluate.Pixels(data.Test))
	if gap := figures.MSE/exact - 1; gap < 0 || gap >= 0.01 {
		t.Errorf("mse %g, of the components %g: %.2f %% more, want less than 1 %%", figures.MSE, exact, 100*gap)
	}
}

// TestTiedHalves compares tied weights with those of a dense autoencoder of the
// same widths, trained for as long.
func TestTiedHalves(t *testing.T) {
	data, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	count, mse := make(map[string]int), make(map[string]float64)
	for _, name := range []string{"dense", "tied"} {
		c := find(name).Configure()
		c.Hidden, c.Epochs, c.Pictures = []int{128, 64}, 10, 0
		e, _ := trained(t, c, data, find(name))
		figures, err := e.Model().Evaluate(context.Background(), data.Test)
		if err != nil {
			t.Fatal(err)
		}
		count[name], mse[name] = e.Parameters.Count(), figures.MSE
	}
	t.Logf("parameters %v, test mse %v", count, mse)
	if share := float64(count["tied"]) / float64(count["dense"]); share > 0.51 {
		t.Errorf("tied weights leave %.3f of the parameters, want half", share)
	}
	if more := mse["tied"]/mse["dense"] - 1; more > 0.05 {
		t.Errorf("mse %v: %.1f %% more with tied weights, want at most 5 %%", mse, 100*more)
	}
}

// TestRefusals tells linear and tied to be what they are not.
func TestRefusals(t *testing.T) {
	for name, change := range map[string]func(*trainer.Config){
		"linear": func(c *trainer.Config) { c.CodeActivation = kernel.ReLU },
		"tied":   func(c *trainer.Config) { c.Tied = false },
	} {
		c, data := small(find(name))
		change(&c)
		if _, err := experiment(c, data, find(name)); !errors.Is(err, trainer.ErrConfiguration) {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
}
