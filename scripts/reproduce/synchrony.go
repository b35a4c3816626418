package main

import (
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/recipes"
)

// synchrony measures whether the two filters of a gated unit become one filter at two
// phases, and whether the motion can be predicted from codes.
var synchrony = experiment{
	name:  "synchrony",
	title: "synchrony on moving patches of Fashion-MNIST",
	about: `
The data are pairs of frames: patches of 12×12 pixels, and the same patches shifted by up to 2 pixels in each direction. The model has 64
gated units and squared error, and is trained for 20 epochs with the recipe's defaults. If a unit detects a motion, its two filters have
similar spectra and different phases. Accuracies are percentages of the 10,000 test pairs, for a logistic regression fitted to the first
10,000 training pairs. It predicts whether the second frame has moved mainly to the left, to the right, up or down. From pixels, this
needs products of pixels. The machine also did other work during the measured seconds.`,
	seeds: 2,
	run: func(l *lab) error {
		const published = "quadrature pairs (Konda 2014)"
		alike := l.row(row{claim: "cosine of the spectra of a unit's two filters − cosine for two units", published: published, format: "%.3f", bound: atLeast(0.1)})
		inPhase := l.row(row{claim: "cosine of a unit's two filters / cosine of their spectra", published: published, format: "%.3f", bound: atMost(0.6)})
		spectra := l.row(row{claim: "cosine of the spectra of a unit's two filters", format: "%.3f"})
		phase := l.row(row{claim: "phase difference of a unit's two filters, degrees", format: "%.0f"})
		fromCodes := l.row(row{claim: "direction of motion predicted from codes, accuracy", format: "%.2f", bound: atLeast(50)})
		fromPixels := l.row(row{claim: "direction of motion predicted from pixels, accuracy", format: "%.2f"})
		gain := l.row(row{claim: "accuracy from codes − accuracy from pixels, percentage points", format: "%.2f", bound: atLeast(10)})
		return l.eachSeed(func(seed int) error {
			r, err := l.train(seed, "--model synchrony --dataset fashion-mnist"+pick(l, "", " --train-images 10000 --test-images 2000"))
			if err != nil {
				return err
			}
			pairs, accuracy, err := l.motion(r)
			if err != nil {
				return err
			}
			for _, f := range []struct {
				row  *row
				ours float64
			}{
				{alike, pairs.Alike - pairs.Others}, {inPhase, pairs.InPhase / pairs.Alike}, {spectra, pairs.Alike}, {phase, pairs.Phase},
				{fromCodes, accuracy["codes"]}, {fromPixels, accuracy["pixels"]}, {gain, accuracy["codes"] - accuracy["pixels"]},
			} {
				f.row.add(f.ours, r.seconds)
			}
			return nil
		})
	},
}

// motion compares the filters of a gated model. It also returns the percentage of test
// pairs whose direction of motion a logistic regression predicts correctly, from codes
// and from pixels.
func (l *lab) motion(r trained) (pairs evaluate.FilterPairs, accuracy map[string]float64, err error) {
	model, err := trainer.OpenModel(recipes.Find, r.dir, trainer.LastCheckpoint)
	if err != nil {
		return pairs, nil, err
	}
	weights, _ := model.Parameters.Get("encoder/1/weights")
	if pairs, err = evaluate.NewFilterPairs(evaluate.NewMatrix(weights.Values(), model.CodeSize())); err != nil {
		return pairs, nil, err
	}
	config := model.Config
	config.DataDir = l.dataDir
	data, err := trainer.OpenData(l.ctx, config, loaders.Options{})
	if err != nil {
		return pairs, nil, err
	}
	accuracy = make(map[string]float64)
	for name, of := range map[string]features{
		"codes": func(s loaders.Split) (evaluate.Matrix, error) {
			codes, err := model.Encode(l.ctx, s)
			return evaluate.NewMatrix(codes, model.CodeSize()), err
		},
		"pixels": func(s loaders.Split) (evaluate.Matrix, error) { return evaluate.Pixels(s) },
	} {
		if accuracy[name], err = l.direction(of, data.Train.Stratified(10000), data.Test); err != nil {
			return pairs, nil, err
		}
	}
	return pairs, accuracy, nil
}

// features returns L values for each of N pairs of frames, N×L.
type features func(loaders.Split) (evaluate.Matrix, error)

// direction returns the percentage of test pairs whose direction of motion is predicted
// correctly from their features.
func (l *lab) direction(of features, train, test loaders.Split) (percent float64, err error) {
	fitted, err := of(train)
	if err != nil {
		return 0, err
	}
	tested, err := of(test)
	if err != nil {
		return 0, err
	}
	regression, err := evaluate.NewLogisticRegression(l.ctx, fitted, evaluate.Directions(train), 1)
	if err != nil {
		return 0, err
	}
	confusion, err := evaluate.Confuse(regression.Classes, evaluate.Directions(test), regression.Predict(tested))
	return 100 * confusion.Accuracy(), err
}
