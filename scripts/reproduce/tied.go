package main

import "math"

// tied compares tied weights with weights of their own.
var tied = experiment{
	name:  "tied",
	title: "tied on Fashion-MNIST",
	about: `
Both models are 784-512-256-32 and the mirror image, with ELU, cross-entropy and 20 epochs: model tied has tied weights, model dense has
untied weights. The other settings are the defaults of the two models. The squared error is per pixel on the 10,000 test images. The machine
also did other work during the measured seconds. On an idle machine, the two trainings took 56 and 48 seconds.`,
	seeds: 3,
	run: func(l *lab) error {
		share := l.row(row{claim: "parameters of tied / parameters of dense", format: "%.4f", bound: atMost(0.51)})
		more := l.row(row{claim: "increase of the test mse over dense, %", format: "%.1f", bound: atMost(pick(l, 5.0, 10))})
		own := l.row(row{claim: "test mse of tied", format: "%.5f"})
		others := l.row(row{claim: "test mse of dense", format: "%.5f"})
		const both = " --code 32 --dataset fashion-mnist"
		size := pick(l, "", " --epochs 5 --train-images 20000")
		return l.eachSeed(func(seed int) error {
			tied, err := l.train(seed, "--model tied"+both+size)
			if err != nil {
				return err
			}
			dense, err := l.train(seed, "--model dense"+both+size)
			if err != nil {
				return err
			}
			seconds := math.Max(tied.seconds, dense.seconds)
			share.add(float64(tied.Parameters)/float64(dense.Parameters), tied.seconds)
			more.add(100*(tied.Last["test"].MSE/dense.Last["test"].MSE-1), seconds)
			own.add(tied.Last["test"].MSE, tied.seconds)
			others.add(dense.Last["test"].MSE, dense.seconds)
			return nil
		})
	},
}
