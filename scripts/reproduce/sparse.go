package main

import (
	"math"

	"gaetrain/trainer"
)

// sparse measures whether the mean activation reaches its target, and how much the
// penalty increases the squared error.
var sparse = experiment{
	name:  "sparse",
	title: "sparse on Fashion-MNIST",
	about: `
The model is 784-256-784 with a sigmoid code, cross-entropy, Adam 0.01 and 20 epochs. The penalty is KL(ρ‖ρ̂) with weight 10 and ρ = 0.1.
The same net is also trained without the penalty. Activations are measured on the codes of the 10,000 test images. A unit is dead if it has
the same value for all of them. Accuracies are percentages of the test images, for a logistic regression fitted to the first 10,000 training
images. The machine also did other work during the measured seconds.`,
	seeds: 2,
	run: func(l *lab) error {
		const target = 0.1
		away := l.row(row{claim: "relative deviation of the mean activation from ρ, %", published: "→ 0 (Ng 2011)", format: "%.1f", bound: atMost(5)})
		more := l.row(row{claim: "increase of the Hoyer sparsity by the penalty", format: "%.3f", bound: atLeast(0.1)})
		gain := l.row(row{claim: "accuracy on codes − accuracy on pixels, percentage points", format: "%.2f"})
		type figures struct{ activation, dead, hoyer, mse, accuracy *row }
		rows := func(name string) figures {
			return figures{
				l.row(row{claim: "mean activation, " + name, format: "%.4f"}), l.row(row{claim: "dead units of 256, " + name, format: "%.0f"}),
				l.row(row{claim: "Hoyer sparsity, " + name, format: "%.3f"}), l.row(row{claim: "squared error per pixel, " + name, format: "%.5f"}),
				l.row(row{claim: "accuracy on codes, " + name, format: "%.2f"}),
			}
		}
		with, without := rows("sparse"), rows("without the penalty")
		return l.eachSeed(func(seed int) error {
			measured := func(f figures, flags string) (trained, map[string]float64, error) {
				r, err := l.train(seed, "--model sparse --dataset fashion-mnist"+flags+pick(l, "", " --train-images 10000"))
				if err != nil {
					return r, nil, err
				}
				accuracy, took, err := l.probe(r, pick(l, " --fit-limit 10000", " --fit-limit 4000"))
				test := r.Last["test"]
				f.activation.add(test.Measures[trainer.MeanActivation], r.seconds)
				f.dead.add(test.Measures[trainer.DeadUnits], r.seconds)
				f.hoyer.add(test.Measures[trainer.HoyerSparsity], r.seconds)
				f.mse.add(test.MSE, r.seconds)
				f.accuracy.add(accuracy["codes"], took)
				return r, accuracy, err
			}
			penalised, accuracy, err := measured(with, "")
			if err != nil {
				return err
			}
			free, _, err := measured(without, " --sparsity 0")
			a, b := penalised.Last["test"].Measures, free.Last["test"].Measures
			away.add(100*math.Abs(a[trainer.MeanActivation]/target-1), penalised.seconds)
			more.add(a[trainer.HoyerSparsity]-b[trainer.HoyerSparsity], penalised.seconds+free.seconds)
			gain.add(accuracy["codes"]-accuracy["pixels"], penalised.seconds)
			return err
		})
	},
}
