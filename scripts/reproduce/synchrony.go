package main

import (
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/recipes"
)

// synchrony asks whether the two filters of a gated unit become one filter at
// two phases, and whether codes tell the motion.
var synchrony = experiment{
	name:  "synchrony",
	title: "synchrony on moving patches of Fashion-MNIST",
	about: `
Patches of 12×12 pixels and the same shifted by up to 2 pixels either way, 64 gated units, squared error, 20 epochs of the recipe's
defaults. The filters of a unit that detects a motion have spectra that are alike, and phases that are not. Accuracies, in percent of the
10,000 test pairs, are those of a logistic regression on the first 10,000 training pairs; it has to tell whether the second
frame has moved most to the left, to the right, up or down, which is to be had from pixels only by their products. The seconds are of
a machine that was busy with other work too.`,
	seeds: 2,
	run: func(l *lab) error {
		const published = "quadrature pairs (Konda 2014)"
		alike := l.row(row{claim: "cosine of the spectra of a unit's filters, less that of two units'", published: published, format: "%.3f", bound: atLeast(0.1)})
		inPhase := l.row(row{claim: "cosine of a unit's filters, as a share of that of their spectra", published: published, format: "%.3f", bound: atMost(0.6)})
		spectra := l.row(row{claim: "cosine of the spectra of a unit's filters", format: "%.3f"})
		phase := l.row(row{claim: "difference of their phases, degrees", format: "%.0f"})
		fromCodes := l.row(row{claim: "direction of motion from codes", format: "%.2f", bound: atLeast(50)})
		fromPixels := l.row(row{claim: "direction of motion from pixels", format: "%.2f"})
		gain := l.row(row{claim: "from codes less from pixels, points", format: "%.2f", bound: atLeast(10)})
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

// motion compares the filters of a gated model, and returns the percentage of
// test pairs whose direction of motion a logistic regression tells from codes
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
		"pixels": func(s loaders.Split) (evaluate.Matrix, error) { return evaluate.Pixels(s), nil },
	} {
		if accuracy[name], err = l.direction(of, data.Train.Stratified(10000), data.Test); err != nil {
			return pairs, nil, err
		}
	}
	return pairs, accuracy, nil
}

// features describe pairs of frames by some values, N×L.
type features func(loaders.Split) (evaluate.Matrix, error)

// direction is the percentage of test pairs whose direction of motion is told
// from their features.
func (l *lab) direction(of features, train, test loaders.Split) (percent float64, err error) {
	known, err := of(train)
	if err != nil {
		return 0, err
	}
	asked, err := of(test)
	if err != nil {
		return 0, err
	}
	regression, err := evaluate.NewLogisticRegression(l.ctx, known, evaluate.Directions(train), 1)
	if err != nil {
		return 0, err
	}
	confusion, err := evaluate.Confuse(regression.Classes, evaluate.Directions(test), regression.Predict(asked))
	return 100 * confusion.Accuracy(), err
}
