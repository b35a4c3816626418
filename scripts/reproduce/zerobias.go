package main

import (
	"fmt"

	"gonum.org/v1/gonum/stat"

	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
)

// zerobias measures in which direction regularisation moves hidden biases, and how a
// model without hidden biases compares.
var zerobias = experiment{
	name:  "zerobias",
	title: "zerobias and hidden biases on Fashion-MNIST",
	about: `
All models are 784-1000-784 with ReLU units, tied weights, squared error and batches of 100. The first is plain. The second has Gaussian
noise of standard deviation 0.5 on its inputs. The third is zerobias: its units have a threshold in place of a bias, and it has no other
regularisation. Biases are means over the 1,000 hidden units. Squared errors are per pixel of the test images without noise. Accuracies are
percentages of the test images, for a logistic regression fitted to the training images. The code of zerobias is thresholded, as the
decoder takes it; the paper's classifiers take the code without the threshold. In the test of the recipe, an L1 penalty makes the biases
negative, as noise does here. The paper says the same of a contraction, but here a contraction leaves the biases near zero.`,
	seeds: 3,
	run: func(l *lab) error {
		const dense = "--model dense --tied --code-activation relu --output-activation linear --loss squared-error --batch-size 100 --schedule constant --learning-rate 0.001"
		size := pick(l, " --epochs 10", " --epochs 3 --train-images 10000 --test-images 2000") + " --dataset fashion-mnist --hidden none --code 1000"
		for _, m := range []struct {
			name, flags, published string
			bias                   bound
		}{{"plain", dense, "", bound{}}, {"with noise", dense + " --corruption gaussian:0.5", "< 0 (Konda 2014)", atMost(0)}} {
			bias := l.row(row{claim: "hidden bias, " + m.name, published: m.published, format: "%.4f", bound: m.bias})
			mse := l.row(row{claim: "squared error, " + m.name, format: "%.5f"})
			if err := l.eachSeed(func(seed int) error {
				r, err := l.train(seed, m.flags+size)
				if err != nil {
					return err
				}
				biases, err := hiddenBiases(r)
				bias.add(stat.Mean(biases, nil), r.seconds)
				mse.add(r.Last["test"].MSE, r.seconds)
				return err
			}); err != nil {
				return err
			}
		}
		count := l.row(row{claim: "number of hidden biases, zerobias", format: "%.0f", bound: atMost(0)})
		mse := l.row(row{claim: "squared error, zerobias", format: "%.5f"})
		accuracies := make(map[string]*row)
		for _, features := range []string{"codes", "pixels"} {
			accuracies[features] = l.row(row{claim: "accuracy on " + features + ", zerobias", format: "%.2f"})
		}
		gain := l.row(row{claim: "accuracy on codes − accuracy on pixels, percentage points", format: "%.2f", bound: atLeast(0)})
		return l.eachSeed(func(seed int) error {
			r, err := l.train(seed, "--model zerobias"+size)
			if err != nil {
				return err
			}
			biases, err := hiddenBiases(r)
			if err != nil {
				return err
			}
			count.add(float64(len(biases)), r.seconds)
			mse.add(r.Last["test"].MSE, r.seconds)
			accuracy, took, err := l.probe(r, pick(l, "", " --fit-limit 4000"))
			for features, row := range accuracies { // not principal components: 1,000 units are more than the 784 pixels
				row.add(accuracy[features], took)
			}
			gain.add(accuracy["codes"]-accuracy["pixels"], took)
			return err
		})
	},
}

// hiddenBiases returns the biases of the units of the first layer. It is nil if the
// layer has no biases.
func hiddenBiases(r trained) ([]float64, error) {
	model, err := trainer.OpenModel(recipes.Find, r.dir, trainer.LastCheckpoint)
	if err != nil {
		return nil, err
	}
	bias, ok := model.Parameters.Get("encoder/1/bias")
	if !ok {
		return nil, nil
	}
	biases := make([]float64, len(bias.Values()))
	for i, b := range bias.Values() {
		biases[i] = float64(b)
	}
	return biases, nil
}

// probe returns the accuracy in percent of a logistic regression on codes,
// pixels and principal components, and how long it took. The flags are passed to
// 'gaetrain probe'.
func (l *lab) probe(r trained, flags string) (accuracy map[string]float64, seconds float64, err error) {
	var probed struct {
		Accuracy []struct {
			Features string
			Logistic float64 `json:"logistic_regression"`
		}
	}
	seconds, err = l.measure(r, "probe --neighbours 1"+flags, &probed)
	accuracy = make(map[string]float64)
	for _, p := range probed.Accuracy {
		accuracy[p.Features] = 100 * p.Logistic
	}
	if err == nil && len(accuracy) == 0 {
		err = fmt.Errorf("%s: the probe has no features", r.dir)
	}
	return accuracy, seconds, err
}
