package main

import "math"

// tied compares tied weights with weights of their own.
var tied = experiment{
	name:  "tied",
	title: "tied on Fashion-MNIST",
	about: `
784-512-256-32 and back, ELU, cross-entropy, 20 epochs: with tied weights and with weights of their own, by the two models'
defaults. Squared error per pixel on the 10,000 test images. The seconds are of a machine that was busy with much other work; where it
was not, they were 56 and 48.`,
	seeds: 3,
	run: func(l *lab) error {
		share := l.row(row{claim: "parameters, as a share of those of dense", format: "%.4f", bound: atMost(0.51)})
		more := l.row(row{claim: "test mse above that of dense, %", format: "%.1f", bound: atMost(pick(l, 5.0, 10))})
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
